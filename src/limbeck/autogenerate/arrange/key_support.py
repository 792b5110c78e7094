"""What a foreign key stands on at each of its ends: columns, and an index or a unique constraint on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from limbeck.operations.ops import (
    CreateForeignKeyOp,
    CreateIndexOp,
    CreatePrimaryKeyOp,
    CreateUniqueConstraintOp,
    DropConstraintOp,
    DropIndexOp,
    MigrateOperation,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from limbeck.autogenerate.read.catalogue import Catalogue
    from limbeck.autogenerate.read.names import TableName

Support = CreateIndexOp | CreateUniqueConstraintOp | CreatePrimaryKeyOp


class End(NamedTuple):
    """One end of a foreign key: the table and columns that it belongs to, or those that it refers to."""

    table: TableName
    columns: tuple[str, ...]

    def leads(self, columns: Iterable[str]) -> bool:
        """Whether an index on ``columns`` supports this end: it begins with the end's columns, in any order."""
        return set(list(columns)[: len(self.columns)]) == set(self.columns)

    def is_supported_by(self, columns: Iterable[str], *, unique: bool) -> bool:
        """Whether an index or constraint on ``columns`` supports this end.

        :param unique: whether the end needs a unique one, which has the end's columns and no other.
        """
        return set(columns) == set(self.columns) if unique else self.leads(columns)


def source(key: CreateForeignKeyOp) -> TableName:
    """The table that a foreign key belongs to."""
    return key.kw.get("source_schema"), key.source_table


def target(key: CreateForeignKeyOp) -> TableName:
    """The table that a foreign key refers to."""
    return key.kw.get("referent_schema"), key.referent_table


def dropped_key(operation: MigrateOperation) -> CreateForeignKeyOp | None:
    """The foreign key that an operation drops, as the operation that creates it."""
    creation = operation.creation if isinstance(operation, DropConstraintOp) else None
    return creation if isinstance(creation, CreateForeignKeyOp) else None


def dropped_support(operation: MigrateOperation) -> Support | None:
    """What an operation drops and a foreign key may stand on, as the operation that creates it."""
    creation = operation.creation if isinstance(operation, DropIndexOp | DropConstraintOp) else None
    return creation if isinstance(creation, Support) else None


def names_of(columns: Iterable[object]) -> tuple[str, ...]:
    """The names of the columns of an operation, which has them as names or as objects."""
    return tuple(str(getattr(column, "name", column)) for column in columns)


def loses_support(end: End, changes: Iterable[MigrateOperation], catalogue: Catalogue, *, unique: bool) -> bool:
    """Whether ``changes`` drop all that supports one end of a key in the database.

    :param unique: whether the end needs a unique index or constraint.
    """
    dropped = {_name(support) for support in map(dropped_support, changes) if support and _is_on(support, end.table)}
    if not dropped or not catalogue.has(end.table):
        return False
    supporting = {
        name
        for name, columns in _indexes_and_constraints(end.table, catalogue, unique=unique)
        if end.is_supported_by(columns, unique=unique)
    }
    return bool(supporting) and supporting <= dropped


def _is_on(support: Support, table: TableName) -> bool:
    return (support.schema, support.table_name) == table


def _name(support: Support) -> str | None:
    return support.index_name if isinstance(support, CreateIndexOp) else support.constraint_name


def _indexes_and_constraints(
    table: TableName, catalogue: Catalogue, *, unique: bool
) -> list[tuple[str | None, list[str]]]:
    """Names and columns of what is in the database.

    :param unique: leave out indexes that are not unique.
    """
    kinds = ("unique_constraints", "indexes")
    listed = [item for kind in kinds for item in catalogue.of(kind, table) or ()]
    found = [
        (item["name"], item["column_names"])
        for item in listed
        if not unique or item.get("unique", True)  # the list of unique constraints does not say that they are
    ]
    key = catalogue.of("pk_constraint", table)
    return found if key is None else [*found, (key["name"], key["constrained_columns"])]
