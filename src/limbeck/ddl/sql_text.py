"""SQL text: its words, the column names in it, and the text with others in their place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# a string, a comment, a quoted name, a bare name; a bare name before "(" is a function, after ":" a bind
_TOKEN = re.compile(
    r"""(?P<skip>'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/|[\w$]+\s*(?=\()|:\w+|\d[\w.]*)"""
    r"""|"(?P<double>(?:[^"]|"")*)"|`(?P<tick>[^`]*)`|\[(?P<bracket>[^\]]*)\]|(?P<bare>[^\W\d][\w$]*)""",
    re.DOTALL,
)

# blanks and comments; a name, quoted or not; anything else, a string in one piece
_WORD = re.compile(
    r"""(?P<blank>\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)"""
    r"""|(?P<word>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|[^\W\d][\w$]*)"""
    r"""|(?P<other>'(?:[^']|'')*'|[\d.]+(?:[eE][+-]?\d+)?|.)""",
    re.DOTALL,
)


def tokens_of(sql: str) -> list[str]:
    """``sql`` in pieces, white space and comments included: joined, they are ``sql``."""
    return [match.group() for match in _WORD.finditer(sql)]


def is_blank(token: str) -> bool:
    """Whether ``token`` is white space or a comment."""
    return token.isspace() or token.startswith(("--", "/*"))


def words_of(sql: str) -> list[str]:
    """The words, names, literals and signs of ``sql``, without white space and comments."""
    return [token for token in tokens_of(sql) if not is_blank(token)]


def names_in(sql: str) -> set[str]:
    """The names in ``sql`` that may be columns: quoted ones, and bare words other than functions."""
    return {name for match in _TOKEN.finditer(sql) if (name := _name(match)) is not None}


def rename_columns_in(sql: str, names: Mapping[str, str], quote: Callable[[str], str]) -> str:
    """``sql`` with each old name in ``names`` replaced by the new one, but not in strings and comments.

    :param quote: quotes a name for the database of ``sql``; where the old one is quoted, or the new one no word.
    """
    if not names:
        return sql

    def replacement(match: re.Match[str]) -> str:
        new = names.get(_name(match) or "")
        if new is None:
            return match.group()
        is_plain = match["bare"] is not None and re.fullmatch(r"[^\W\d][\w$]*", new) is not None
        return new if is_plain else quote(new)

    return _TOKEN.sub(replacement, sql)


def _name(match: re.Match[str]) -> str | None:
    return None if match["skip"] is not None else match[str(match.lastgroup)]
