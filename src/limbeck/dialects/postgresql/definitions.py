"""Definitions in PostgreSQL's catalogue, parsed: indexes and exclusion constraints as objects of SQLAlchemy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from limbeck import sqla

if TYPE_CHECKING:
    from limbeck.ddl.shape import PartShape

_PLAIN_NAME = re.compile(r'^(?:[a-z_][a-z0-9_$]*|"(?:[^"]|"")+")$')
_CLAUSE = re.compile(r"\s*(INCLUDE|NULLS NOT DISTINCT|WITH|WHERE)\s*")
_TABLESPACE = re.compile(r'TABLESPACE ("(?:[^"]|"")+"|\S+) ')


def split(text: str, at: int) -> tuple[list[str], int]:
    """The items in the parentheses that open at ``at``, and the index after them."""
    items: list[str] = []
    depth, start, quote = 0, at + 1, ""
    for place in range(at, len(text)):
        letter = text[place]
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in "([":
            depth += 1
        elif letter in ")]":
            depth -= 1
            if depth == 0:
                return [*items, text[start:place].strip()], place + 1
        elif letter == "," and depth == 1:
            items.append(text[start:place].strip())
            start = place + 1
    raise ValueError(text)


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _clauses(text: str) -> dict[str, Any]:
    """The clauses after the keys of an index, or after the elements of an exclusion constraint; WHERE is the last."""
    found: dict[str, Any] = {}
    while clause := _CLAUSE.match(text):
        word, text = clause[1], text[clause.end() :]
        if word == "WHERE":
            found[word], text = condition(text), ""
        elif word == "NULLS NOT DISTINCT":
            found[word] = True
        else:
            found[word], end = split(text, 0)
            text = text[end:]
    return found


def index_of(table: sa.Table, part: PartShape) -> sa.Index:
    """The index that ``part`` describes, on ``table``.

    What ``pg_get_indexdef`` does not say, or says before the method, is put before it by the query: UNIQUE, INVALID
    and TABLESPACE.
    """
    unique = part.definition.startswith("UNIQUE ")
    definition = part.definition.removeprefix("UNIQUE ").removeprefix("INVALID ")
    options: dict[str, Any] = {}
    if tablespace := _TABLESPACE.match(definition):
        options["postgresql_tablespace"] = _unquoted(tablespace[1])
        definition = definition[tablespace.end() :]
    method = definition.split(" ", 1)[0]
    keys, end = split(definition, definition.index("("))
    clauses = _clauses(definition[end:])
    if method != "btree":
        options["postgresql_using"] = method
    if "INCLUDE" in clauses:
        options["postgresql_include"] = [_unquoted(name) for name in clauses["INCLUDE"]]
    if "NULLS NOT DISTINCT" in clauses:
        options["postgresql_nulls_not_distinct"] = True
    if "WITH" in clauses:
        options["postgresql_with"] = {
            name: value.strip("'") for name, value in (pair.split("=", 1) for pair in clauses["WITH"])
        }
    if "WHERE" in clauses:
        options["postgresql_where"] = sqla.as_written(clauses["WHERE"])
    expressions = [
        table.c[_unquoted(key)] if _PLAIN_NAME.match(key) and _unquoted(key) in table.c else sa.literal_column(key)
        for key in keys
    ]
    return sqla.index_of(table, sqla.conv(part.name or ""), expressions, unique=unique, **options)


def exclude_of(table: sa.Table, part: PartShape) -> ExcludeConstraint:
    """The exclusion constraint that ``part`` describes, on columns of ``table``."""
    definition = part.definition
    method = definition.removeprefix("EXCLUDE USING ").split(" ", 1)[0]
    elements, end = split(definition, definition.index("("))
    before, _, deferral = definition.rpartition(")")
    clauses = _clauses(f"{before})"[end:])
    pairs = []
    for element in elements:
        expression, _, operator = element.rpartition(" WITH ")
        key: Any = sa.literal_column(expression)
        if _PLAIN_NAME.match(expression) and _unquoted(expression) in table.c:
            key = table.c[_unquoted(expression)]
        pairs.append((key, operator))
    options = {
        "where": sqla.as_written(clauses["WHERE"]) if "WHERE" in clauses else None,
        "deferrable": True if "DEFERRABLE" in deferral else None,
        "initially": "DEFERRED" if "INITIALLY DEFERRED" in deferral else None,
    }
    return ExcludeConstraint(*pairs, name=sqla.conv(part.name or ""), using=method, **options)


def condition(expression: str) -> str:
    """The condition of a check or of a partial index without the parentheses around it."""
    inside = expression.startswith("(") and split(expression, 0)[1] == len(expression)
    return settled(expression[1:-1] if inside else expression)


_CAST_ARRAY = re.compile(r"\(ARRAY(?=\[)")


def settled(definition: str) -> str:
    """``definition`` in the form in which PostgreSQL writes it after it was created from such a definition.

    ``IN ('a', 'b')`` on a varchar is written ``(ARRAY['a'::character varying, ...])::text[]`` at first, and in a
    restored dump or after a rendered script ``ARRAY[('a'::character varying)::text, ...]``; both mean the same.
    """
    while found := next(
        (match for match in _CAST_ARRAY.finditer(definition) if _cast_after(definition, match.end())), None
    ):
        items, end = split(definition, found.end())
        cast = "::text[]"
        spread = ", ".join(f"({item})::text" for item in items)
        definition = f"{definition[: found.start()]}ARRAY[{spread}]{definition[end + 1 + len(cast) :]}"
    return definition


def _cast_after(definition: str, at: int) -> bool:
    _, end = split(definition, at)
    return definition.startswith(")::text[]", end)
