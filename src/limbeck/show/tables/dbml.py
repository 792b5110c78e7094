"""A schema in DBML, the language of dbdiagram.io and dbdocs.io."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .facts import references

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.results import ColumnDescription, EnumDescription, SchemaDescription, SchemasResult, TableDescription

    from .facts import Reference

_PLAIN_TYPE = re.compile(r"[A-Za-z]\w*(\(\d+(, ?\d+)*\))?")


def dbml(found: SchemasResult) -> Iterator[str]:
    """Tables, enum types and references; of several databases each table's schema is named after its database."""
    for number, database in enumerate(found.databases, 1):
        names = _Names(f"database{number}" if len(found.databases) > 1 else None)
        yield f"// {database.database}"
        for enum in database.enums:
            yield ""
            yield from names.enum(enum)
        for table in database.tables:
            yield ""
            yield from names.table(table, database)
        yield ""
        yield from names.references(database)


class _Names:
    """Writes what has a name.

    :param place: what stands before the names of one of several databases; None where there is one.
    """

    def __init__(self, place: str | None) -> None:
        self._place = place

    def _name(self, schema: str | None, name: str) -> str:
        places = [one for one in (self._place, schema) if one is not None]
        return _quoted(name) if not places else f"{_quoted('.'.join(places))}.{_quoted(name)}"

    def enum(self, enum: EnumDescription) -> Iterator[str]:
        """An enum type."""
        yield f"Enum {self._name(enum.schema, enum.name)} {{"
        yield from (f"  {_quoted(value)}" for value in enum.values)
        yield "}"

    def table(self, table: TableDescription, database: SchemaDescription) -> Iterator[str]:
        """A table with its columns, its indexes, its checks and its comment."""
        enums = {enum.name: self._name(enum.schema, enum.name) for enum in database.enums}
        yield f"Table {self._name(table.schema, table.name)} {{"
        for column in table.columns:
            settings = list(_settings(table, column))
            kind = enums.get(column.type) or _type(column.type)
            yield f"  {_quoted(column.name)} {kind}{_bracketed(settings)}"
        yield from _block("indexes", list(_indexes(table)))
        yield from _block("checks", [f"{_expression(one.condition)}{_named(one.name)}" for one in table.checks])
        if table.comment:
            yield f"  Note: {_text(table.comment)}"
        yield "}"

    def references(self, database: SchemaDescription) -> Iterator[str]:
        """The foreign keys between tables that are there, those with the same ends once."""
        there = {table.full_name for table in database.tables}
        written = set()
        for one in (one for table in database.tables for one in references(table)):
            ends = frozenset([(one.table.full_name, one.key.columns), (one.referred, one.key.referred_columns)])
            if one.referred not in there or ends in written or len(ends) == 1:
                yield f"// {one.table.full_name} ({', '.join(one.key.columns)}) refers to {one.referred}"
                continue
            written.add(ends)
            yield self._reference(one)

    def _reference(self, one: Reference) -> str:
        key = one.key
        here = f"{self._name(one.table.schema, one.table.name)}.{_columns(key.columns)}"
        there = f"{self._name(key.referred_schema, key.referred_table)}.{_columns(key.referred_columns)}"
        actions = (("delete", key.on_delete), ("update", key.on_update))
        settings = [f"{event}: {action.lower()}" for event, action in actions if action]
        name = f" {_quoted(key.name)}" if key.name else ""
        relation = "-" if one.is_single else ">"
        return f"Ref{name}: {here} {relation} {there}{_bracketed(settings)}"


def _settings(table: TableDescription, column: ColumnDescription) -> Iterator[str]:
    if table.primary_key == (column.name,):
        yield "pk"
    if column.identity:
        yield "increment"
    if not column.nullable:
        yield "not null"
    if column.default is not None:
        yield f"default: {_expression(column.default)}"
    told = [*([] if column.computed is None else [f"generated as {column.computed}"]), *filter(None, [column.comment])]
    if told:
        yield f"note: {_text('; '.join(told))}"


def _indexes(table: TableDescription) -> Iterator[str]:
    if len(table.primary_key) > 1:
        yield f"{_listed(table.primary_key)} [pk]"
    for unique in table.unique_constraints:
        yield f"{_listed(unique.columns)} [unique{_name_setting(unique.name)}]"
    for index in table.indexes:
        keys = ", ".join(_quoted(key.text) if key.is_column else _expression(key.text) for key in index.keys)
        settings = [*(["unique"] if index.unique else []), *([f"name: {_text(index.name)}"] if index.name else [])]
        yield f"({keys}){_bracketed(settings)}"


def _name_setting(name: str | None) -> str:
    return f", name: {_text(name)}" if name else ""


def _named(name: str | None) -> str:
    return f" [name: {_text(name)}]" if name else ""


def _block(name: str, found: list[str]) -> Iterator[str]:
    if found:
        yield ""
        yield f"  {name} {{"
        yield from (f"    {line}" for line in found)
        yield "  }"


def _bracketed(settings: list[str]) -> str:
    return f" [{', '.join(settings)}]" if settings else ""


def _columns(names: tuple[str, ...]) -> str:
    return _quoted(names[0]) if len(names) == 1 else _listed(names)


def _listed(names: tuple[str, ...]) -> str:
    return f"({', '.join(map(_quoted, names))})"


def _type(words: str) -> str:
    return words if _PLAIN_TYPE.fullmatch(words) else _quoted(words or "unknown")


def _quoted(name: str) -> str:
    """A name; DBML has no way to write a double quote in one."""
    return '"' + " ".join(name.replace('"', "'").split()) + '"'


def _text(words: str) -> str:
    escaped = " ".join(words.split()).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _expression(sql: str) -> str:
    """SQL; DBML has no way to write a backtick in it."""
    return "`" + " ".join(sql.replace("`", '"').split()) + "`"
