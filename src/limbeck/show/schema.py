"""Schemas, what leads from one to another, and what made a part of one, as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .paths import from_here

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from limbeck.results import Blamed, BlameResult, DatabaseSchema, DiffResult, SchemaColumn, SchemaTable

_KINDS = {
    "primary": "primary key",
    "unique": "unique",
    "foreign": "foreign key",
    "check": "check",
    "exclude": "exclude",
    "index": "index",
}
"""What the parts of tables are called."""

_USUAL_KEY = "None None not deferrable simple"
"""The end of the definition of a foreign key without actions that is checked at once."""


def schemas(found: Sequence[DatabaseSchema]) -> Iterator[str]:
    """Each database with its tables and whatever else it has."""
    for one in found:
        if len(found) > 1:
            yield f"{one.database} ({one.dialect}):"
        for table in one.tables:
            yield from _table(table)
        for each in one.objects:
            yield f"{each.kind} {_name(each.schema, each.name)}"
            yield from (f"  {line}" for line in each.text.splitlines())
        if not one.tables and not one.objects:
            yield "empty"


def _table(table: SchemaTable) -> Iterator[str]:
    yield f"table {_name(table.schema, table.name)}"
    longest = max((len(column.name) for column in table.columns), default=0)
    yield from (f"  {column.name:<{longest}}  {_column(column)}" for column in table.columns)
    for part in table.parts:
        definition = part.definition.removeprefix(part.kind).removesuffix(_USUAL_KEY).strip()
        yield "  " + " ".join(filter(None, (_KINDS[part.kind], part.name, definition)))
    yield from (f"  {option.name} {option.value}" for option in table.options)


def _column(column: SchemaColumn) -> str:
    facts = [column.type, "" if column.nullable else "NOT NULL"]
    facts += [f"{word} {value}" for word, value in (("DEFAULT", column.default), ("AS", column.computed)) if value]
    facts += ["AUTOINCREMENT" if column.autoincrement else ""]
    facts += [f"IDENTITY {column.identity}" if column.identity is not None else ""]
    facts += [column.extra or "", f"COMMENT {column.comment}" if column.comment else ""]
    return " ".join(filter(None, facts))


def _name(schema: str | None, name: str) -> str:
    return f"{schema}.{name}" if schema else name


def diff(found: DiffResult, *, sql: bool) -> Iterator[str]:
    """Each database with what leads from one schema to the other, and with its statements."""
    for one in found.databases:
        indent = "  " if len(found.databases) > 1 else ""
        if indent:
            yield f"{one.database} ({one.dialect}):"
        if not one.operations:
            yield f"{indent}no difference"
        for operation in one.operations:
            yield f"{indent}{operation.text}"
            yield from _statements(operation.sql if sql else (), f"{indent}  ")


def blame(found: BlameResult, *, sql: bool) -> Iterator[str]:
    """What revisions did, the last first, with date, commit and author; and where that cannot be known."""
    title = ""
    for one in found.done:
        if title != (title := _blamed(one)):
            yield title
        yield f"  {'' if one.is_certain else 'perhaps: '}{one.text} ({from_here(one.file)}:{one.line})"
        yield from _statements(one.sql if sql else (), "    ")
    for each in found.unknown:
        place = "" if each.file is None else f" ({from_here(each.file)}:{each.line})"
        yield f"unknown: {each.what}{place}"


def _blamed(one: Blamed) -> str:
    line = f"{one.revision}, {one.doc}"
    if one.date is not None:
        line += f", {one.date}"
    return line if one.commit is None else f"{line}: {one.commit.id[:8]} by {one.commit.author}, {one.commit.subject}"


def _statements(statements: Sequence[str], indent: str) -> Iterator[str]:
    for statement in statements:
        yield from (f"{indent}{line}" for line in statement.splitlines())
