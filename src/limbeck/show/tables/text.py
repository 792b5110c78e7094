"""A schema as tables of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.show.terminal.layout import Cell, cell_length, one_line

from .facts import column_facts, part_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.results import SchemaDescription, SchemasResult, TableDescription

Line = list[Cell]
_INDENT = "  "


def text(found: SchemasResult) -> Iterator[str]:
    """The tables one below the other, each with its columns, keys and indexes; then what else there is."""
    for line in cells(found):
        yield "".join(cell.text for cell in line).rstrip()


def cells(found: SchemasResult) -> Iterator[Line]:
    """The same lines, in styles."""
    for number, database in enumerate(found.databases):
        if number:
            yield []
        yield [Cell(f"{database.database}{_of(found.source)}: {_counted(database)}", "dim")]
        for table in database.tables:
            yield []
            yield from _table(table)
        if database.enums or database.objects:
            yield []
        for enum in database.enums:
            name = enum.name if enum.schema is None else f"{enum.schema}.{enum.name}"
            yield [Cell("enum type ", "dim"), Cell(name, "bold"), Cell(f": {', '.join(enum.values)}")]
        for each in database.objects:
            name = each.name if each.schema is None else f"{each.schema}.{each.name}"
            of = "" if each.table is None else f" of {each.table}"
            yield [Cell(f"{each.kind.replace('_', ' ')} ", "dim"), Cell(name, "bold"), Cell(of)]


def _of(source: str) -> str:
    return {"database": "", "models": ", as the models are"}.get(source, f", as it is at {source}")


def _counted(database: SchemaDescription) -> str:
    count = len(database.tables)
    return f"{count} table{'' if count == 1 else 's'}"


def _table(table: TableDescription) -> Iterator[Line]:
    comment = f"  {one_line(table.comment)}" if table.comment else ""
    yield [Cell(table.full_name, "bold"), Cell(comment, "dim")]
    names = max((cell_length(column.name) for column in table.columns), default=0)
    types = max((cell_length(column.type) for column in table.columns), default=0)
    for column in table.columns:
        comment = f"  {one_line(column.comment)}" if column.comment else ""
        yield [
            Cell(_INDENT),
            Cell(_padded(column.name, names)),
            Cell(_INDENT),
            Cell(_padded(column.type, types), "cyan"),
            Cell(_INDENT),
            Cell(" ".join(column_facts(table, column))),
            Cell(comment, "dim"),
        ]
    for part, name in part_lines(table):
        yield [Cell(f"{_INDENT}{part}"), Cell(f"  {name}" if name else "", "dim")]


def _padded(words: str, width: int) -> str:
    return words + " " * (width - cell_length(words))
