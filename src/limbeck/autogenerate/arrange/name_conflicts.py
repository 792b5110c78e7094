"""Names that something new wants while something old still has them: the old goes first."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

    from limbeck.ddl.schema_facts import SchemaFacts

    Name = tuple[str | None, str]

_INLINE = {
    "unique_constraint": "unique",
    "primary_key_constraint": "primarykey",
    "foreign_key_constraint": "foreignkey",
}


def old_names_first(operations: list[MigrateOperation], impl: SchemaFacts) -> list[MigrateOperation]:
    """Take out of ``operations`` the drops of what has a name that is wanted before; they are to come first.

    Where a whole table is in the way, all tables that are dropped come first: among themselves they are in order.

    :param impl: knows which names count in the whole schema.
    """
    wanted: set[Name] = set()
    clashing: list[tuple[ModifyTableOps, MigrateOperation]] = []
    tables_first = False
    for operation in operations:
        inside = operation.ops if isinstance(operation, ModifyTableOps) else [operation]
        for each in inside:
            if not wanted.isdisjoint(_freed(each, impl.names_of_schema)):
                if isinstance(operation, ModifyTableOps):
                    clashing.append((operation, each))
                else:
                    tables_first = True
            wanted.update(_taken(each, impl.names_of_schema))
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


def _taken(operation: MigrateOperation, kinds: frozenset[str]) -> Iterator[Name]:
    """The names that an operation gives away.

    :param kinds: what has a name of its own in a schema.
    """
    if isinstance(operation, CreateTableOp):
        yield operation.schema, operation.table_name
        for item in operation.columns:
            inline = sqla.given_name(item) if _INLINE.get(item.__visit_name__) in kinds else None  # type: ignore[arg-type]
            if inline is not None:
                yield operation.schema, inline
        return
    kind, schema, name = "", None, None
    if isinstance(operation, CreateIndexOp):
        kind, schema, name = "index", operation.schema, operation.index_name
    elif isinstance(operation, CreateUniqueConstraintOp | CreatePrimaryKeyOp):
        kind, schema, name = operation.constraint_type, operation.schema, operation.constraint_name
    elif isinstance(operation, CreateForeignKeyOp):
        kind, schema, name = operation.constraint_type, operation.kw.get("source_schema"), operation.constraint_name
    if name is not None and kind in kinds:
        yield schema, name


def _freed(operation: MigrateOperation, kinds: frozenset[str]) -> Iterator[Name]:
    """The names that nobody has after an operation."""
    if isinstance(operation, DropTableOp | DropIndexOp | DropConstraintOp) and operation._reverse is not None:
        yield from _taken(operation._reverse, kinds)
