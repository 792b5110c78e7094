"""What the formats of a schema say alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.results import ColumnDescription, ForeignKeyDescription, TableDescription


class Reference(NamedTuple):
    """A foreign key with what follows from the table that it stands in.

    :param table: that table. :param key: the foreign key.
    :param is_optional: whether a row may refer to nothing. :param is_single: whether one row at most refers to another.
    :param is_identifying: whether it is part of the primary key.
    """

    table: TableDescription
    key: ForeignKeyDescription
    is_optional: bool
    is_single: bool
    is_identifying: bool

    @property
    def referred(self) -> str:
        """The table that it refers to, with its schema where that is not the default one."""
        schema = self.key.referred_schema
        return self.key.referred_table if schema is None else f"{schema}.{self.key.referred_table}"


def references(table: TableDescription) -> Iterator[Reference]:
    """The foreign keys of a table."""
    nullable = {column.name for column in table.columns if column.nullable}
    uniques = [set(one.columns) for one in table.unique_constraints]
    uniques += [{key.text for key in one.keys} for one in table.indexes if one.unique]
    for key in table.foreign_keys:
        columns = set(key.columns)
        is_single = columns == set(table.primary_key) or any(unique <= columns for unique in uniques)
        yield Reference(table, key, not columns.isdisjoint(nullable), is_single, columns <= set(table.primary_key))


def column_facts(table: TableDescription, column: ColumnDescription) -> Iterator[str]:
    """What there is to say of a column behind its type, as SQL says it."""
    if table.primary_key == (column.name,):
        yield "PRIMARY KEY"
    elif not column.nullable:
        yield "NOT NULL"
    if column.identity:
        yield "IDENTITY"
    if column.computed is not None:
        yield f"GENERATED AS ({column.computed})"
    if column.default is not None:
        yield f"DEFAULT {column.default}"
    for key in table.foreign_keys:
        if key.columns == (column.name,):
            yield f"REFERENCES {reference(key)}"


def reference(key: ForeignKeyDescription) -> str:
    """What a foreign key refers to, and what it does."""
    schema = "" if key.referred_schema is None else f"{key.referred_schema}."
    does = [
        f"ON {event} {action}" for event, action in (("DELETE", key.on_delete), ("UPDATE", key.on_update)) if action
    ]
    return " ".join([f"{schema}{key.referred_table} ({', '.join(key.referred_columns)})", *does])


def part_lines(table: TableDescription) -> Iterator[tuple[str, str]]:
    """The parts of a table that no column has alone: what each is, and its name; empty where it has none."""
    if len(table.primary_key) > 1:
        yield f"PRIMARY KEY ({', '.join(table.primary_key)})", ""
    for key in table.foreign_keys:
        if len(key.columns) > 1:
            yield f"FOREIGN KEY ({', '.join(key.columns)}) REFERENCES {reference(key)}", key.name or ""
    for unique in table.unique_constraints:
        yield f"UNIQUE ({', '.join(unique.columns)})", unique.name or ""
    for check in table.checks:
        yield f"CHECK ({check.condition})", check.name or ""
    for index in table.indexes:
        keys = ", ".join(key.text for key in index.keys)
        yield f"{'UNIQUE ' if index.unique else ''}INDEX ({keys})", index.name or ""
