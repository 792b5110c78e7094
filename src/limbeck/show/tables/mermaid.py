"""A schema as an erDiagram of Mermaid: tables with their columns, and lines for foreign keys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .facts import references

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.results import ColumnDescription, SchemasResult, TableDescription

    from .facts import Reference

_NO_WORD = re.compile(r"[^\w()]+")


def mermaid(found: SchemasResult) -> Iterator[str]:
    """The diagram; of several databases their tables are named after them.

    A line ends in a fork where many rows may refer to one, and in a circle where a row may refer to nothing; it is
    dashed unless the foreign key is part of the primary key.
    """
    yield "erDiagram"
    for number, database in enumerate(found.databases, 1):
        prefix = f"{number}: " if len(found.databases) > 1 else ""
        if prefix:
            yield f"  %% {prefix}{database.database}"
        for table in database.tables:
            yield from _table(table, prefix)
        for table in database.tables:
            for one in references(table):
                yield f"  {_line(one, prefix)}"


def _table(table: TableDescription, prefix: str) -> Iterator[str]:
    yield f"  {_quoted(prefix + table.full_name)} {{"
    for column in table.columns:
        keys = [
            mark
            for mark, holds in (
                ("PK", column.name in table.primary_key),
                ("FK", any(column.name in key.columns for key in table.foreign_keys)),
                ("UK", any(unique.columns == (column.name,) for unique in table.unique_constraints)),
            )
            if holds
        ]
        words = [_word(column.type), _word(column.name), *([", ".join(keys)] if keys else [])]
        comment = _comment(table, column)
        yield f"    {' '.join(words)}{f' {_quoted(comment)}' if comment else ''}"
    yield "  }"


def _comment(table: TableDescription, column: ColumnDescription) -> str:
    """What the words of a column cannot say: its name and type where they are no words of Mermaid, and more."""
    told = [text for text in (column.name, column.type) if text and _word(text) != text]
    demands = [] if column.nullable or column.name in table.primary_key else ["NOT NULL"]
    return "; ".join([*told, *demands, *([column.comment] if column.comment else [])])


def _line(one: Reference, prefix: str) -> str:
    here = "|o" if one.is_single else "}o"
    there = "o|" if one.is_optional else "||"
    stroke = "--" if one.is_identifying else ".."
    columns = ", ".join(one.key.columns)
    names = _quoted(prefix + one.table.full_name), _quoted(prefix + one.referred)
    return f"{names[0]} {here}{stroke}{there} {names[1]} : {_quoted(columns)}"


def _word(text: str) -> str:
    """``text`` as a word of Mermaid, which has letters, digits, lines and brackets, and begins with a letter."""
    word = _NO_WORD.sub("_", text).strip("_")
    if word in {"PK", "FK", "UK"}:
        return f"{word}_"
    return word if word[:1].isalpha() else f"_{word}"


def _quoted(text: str) -> str:
    return '"' + " ".join(text.replace('"', "'").split()) + '"'
