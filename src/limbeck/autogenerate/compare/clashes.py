"""Names that something new wants while something old still has them: the old goes first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint

from limbeck import sqla
from limbeck.operations.ops import (
    CreateForeignKeyOp,
    CreateIndexOp,
    CreatePrimaryKeyOp,
    CreateTableOp,
    CreateUniqueConstraintOp,
    DropConstraintOp,
    DropIndexOp,
    DropTableOp,
    MigrateOperation,
    ModifyTableOps,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Dialect
    from sqlalchemy.schema import Constraint

    Name = tuple[str | None, str]

# what has a name of its own in a schema; else names count within their table
_INDEXES = frozenset({"postgresql", "sqlite", "oracle"})
_CONSTRAINTS = frozenset({"postgresql", "oracle", "mssql"})
_FOREIGN_KEYS = frozenset({"mysql", "mariadb", "oracle", "mssql"})


def old_names_first(operations: list[MigrateOperation], dialect: Dialect) -> list[MigrateOperation]:
    """Take out of ``operations`` the drops of what has a name that is wanted before; they are to come first.

    Where a whole table is in the way, all tables that are dropped come first: among themselves they are in order.
    """
    wanted: set[Name] = set()
    clashing: list[tuple[ModifyTableOps, MigrateOperation]] = []
    tables_first = False
    for operation in operations:
        inside = operation.ops if isinstance(operation, ModifyTableOps) else [operation]
        for each in inside:
            if not wanted.isdisjoint(_freed(each, dialect)):
                if isinstance(operation, ModifyTableOps):
                    clashing.append((operation, each))
                else:
                    tables_first = True
            wanted.update(_taken(each, dialect))
    first: list[MigrateOperation] = []
    for changes, drop in clashing:
        changes.ops.remove(drop)
        first.append(ModifyTableOps(changes.table_name, [drop], schema=changes.schema))
    if tables_first:
        first += _whole_tables(operations)
    return first


def _whole_tables(operations: list[MigrateOperation]) -> list[MigrateOperation]:
    """Take out the drops of tables, with those of their indexes."""
    gone = {(op.schema, op.table_name) for op in operations if isinstance(op, DropTableOp)}
    out: list[MigrateOperation] = [
        op
        for op in operations
        if isinstance(op, DropTableOp) or (isinstance(op, ModifyTableOps) and _only_drops_indexes_of(op, gone))
    ]
    taken_out = set(map(id, out))
    operations[:] = [op for op in operations if id(op) not in taken_out]
    return out


def _only_drops_indexes_of(changes: ModifyTableOps, tables: set[Name]) -> bool:
    return (changes.schema, changes.table_name) in tables and all(isinstance(op, DropIndexOp) for op in changes.ops)


def _taken(operation: MigrateOperation, dialect: Dialect) -> Iterator[Name]:
    """The names that an operation gives away."""
    if isinstance(operation, CreateTableOp):
        yield operation.schema, operation.table_name
        kinds: tuple[type[Constraint], ...] = (
            (UniqueConstraint, PrimaryKeyConstraint) if dialect.name in _CONSTRAINTS else ()
        )
        kinds += (ForeignKeyConstraint,) if dialect.name in _FOREIGN_KEYS else ()
        named = (sqla.given_name(item) for item in operation.columns if isinstance(item, kinds))
        yield from ((operation.schema, name) for name in named if name is not None)
        return
    name, schema, where = None, None, frozenset[str]()
    if isinstance(operation, CreateIndexOp):
        name, schema, where = operation.index_name, operation.schema, _INDEXES
    elif isinstance(operation, CreateUniqueConstraintOp | CreatePrimaryKeyOp):
        name, schema, where = operation.constraint_name, operation.schema, _CONSTRAINTS
    elif isinstance(operation, CreateForeignKeyOp):
        name, schema, where = operation.constraint_name, operation.kw.get("source_schema"), _FOREIGN_KEYS
    if name is not None and dialect.name in where:
        yield schema, name


def _freed(operation: MigrateOperation, dialect: Dialect) -> Iterator[Name]:
    """The names that nobody has after an operation."""
    if isinstance(operation, DropTableOp | DropIndexOp | DropConstraintOp) and operation._reverse is not None:
        yield from _taken(operation._reverse, dialect)
