"""What a ``CREATE`` statement says about itself: the table that a trigger is on, and the names that it mentions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_WORD = re.compile(
    r"""(?P<skip>--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)"""
    r"""|"(?P<double>(?:[^"]|"")*)"|`(?P<tick>(?:[^`]|``)*)`|\[(?P<bracket>[^\]]*)\]|(?P<bare>[^\W\d][\w$]*)|(?P<sign>\S)""",
    re.DOTALL,
)

_OR_REPLACE = re.compile(r"\A((?:\s+|--[^\n]*\n|/\*.*?\*/)*CREATE)(?!\s+OR\s+REPLACE\b)\s+", re.IGNORECASE | re.DOTALL)


def words_of(sql: str) -> Iterator[tuple[str, bool]]:
    """Names, keywords and signs of ``sql``, without strings and comments; each with whether it is quoted."""
    for match in _WORD.finditer(sql):
        if match["skip"] is None:
            kind = str(match.lastgroup)
            quote = {"double": '"', "tick": "`"}.get(kind)
            yield match[kind].replace(quote * 2, quote) if quote else match[kind], kind not in ("bare", "sign")


def positions_of(sign: str, sql: str) -> list[int]:
    """Where ``sign`` stands in ``sql``, outside of strings, quoted names and comments."""
    return [match.start() for match in _WORD.finditer(sql) if match["sign"] == sign]


def mentioned(sql: str) -> set[str]:
    """All words of ``sql`` that may be names, in lower case; those in strings too, where bodies of functions stand."""
    return {word.lower() for word in re.findall(r"[^\W\d]\w*", sql)}


_PLAIN = re.compile(r"[^\W\d]\w*")


def mentions(sql: str, names: Collection[str]) -> set[str]:
    """Those of ``names`` that ``sql`` may mean: plain ones as words in any case, others as they are quoted."""
    words = mentioned(sql)
    return {
        name for name in names if (name.lower() in words if _PLAIN.fullmatch(name) else name.replace('"', '""') in sql)
    }


def table_of(kind: str, sql: str) -> tuple[str | None, str] | None:
    """Schema and name of the table in the ``CREATE`` statement of a trigger, a policy or a rule."""
    before = "to" if kind == "rule" else "on"  # CREATE RULE name AS ON event TO table
    words = iter(words_of(sql))
    if (before, False) not in ((word.lower(), is_quoted) for word, is_quoted in words):
        return None
    name, sign, after = (next(words, ("", False)) for _ in range(3))
    if not name[0]:
        return None
    return (name[0], after[0]) if sign == (".", False) else (None, name[0])


_KINDS = {
    "VIEW": "view",
    "FUNCTION": "function",
    "PROCEDURE": "procedure",
    "TRIGGER": "trigger",
    "POLICY": "policy",
    "RULE": "rule",
    "EVENT": "event",
    "AGGREGATE": "aggregate",
    "TYPE": "composite_type",
    "TABLE": "virtual_table",
}
"""The kinds of objects by the words after CREATE."""


def head_of(sql: str) -> tuple[str, str | None, str] | None:
    """Kind, schema and name of the object that a ``CREATE`` statement makes; None where it makes none."""
    words = iter(words_of(sql))
    if next(words, ("", False))[0].upper() != "CREATE":
        return None
    before = ""
    for word, _ in words:
        kind = _KINDS.get(word.upper())
        if kind is not None:
            break
        before = word.upper()
    else:
        return None
    name, sign, after = (next(words, ("", False)) for _ in range(3))
    while name[0].upper() in ("IF", "NOT", "EXISTS") and not name[1]:
        name, sign, after = sign, after, next(words, ("", False))
    if kind == "event" and name[0].upper() == "TRIGGER" and not name[1]:
        kind, name, sign, after = "event_trigger", sign, after, next(words, ("", False))
    if kind == "virtual_table" and before != "VIRTUAL":
        return None
    if before == "MATERIALIZED":
        kind = "materialized_view"
    return (kind, name[0], after[0]) if sign == (".", False) else (kind, None, name[0])


def begins_with_create(sql: str) -> bool:
    """Whether ``sql`` is a whole ``CREATE`` statement, not a query."""
    return next(words_of(sql), ("", False))[0].upper() == "CREATE"


def with_or_replace(sql: str) -> str:
    """The statement as ``CREATE OR REPLACE``."""
    return _OR_REPLACE.sub(r"\1 OR REPLACE ", sql, count=1)


def line_of(sql: str, position: int) -> int:
    """The line of the character at ``position``, both counted from 1."""
    return sql.count("\n", 0, max(position - 1, 0)) + 1
