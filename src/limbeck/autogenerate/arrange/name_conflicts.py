"""Names that are wanted for something new while something that is dropped still has them."""

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

from .edits import tables_changed, without_empty

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .edits import Operations
    from .facts import Facts

    Name = tuple[str | None, str]  # schema and name

_KINDS_OF_ITEMS = {
    "unique_constraint": "unique",
    "primary_key_constraint": "primarykey",
    "foreign_key_constraint": "foreignkey",
}
"""What stands in a CREATE TABLE, by its visit name."""


def free_names(operations: Operations, facts: Facts) -> Operations:
    """Put drops first of what has a name that is given to something else before.

    Where it is a table that has to go, all drops of tables come first: they are in order among themselves.
    """
    conflicts = list(_conflicts(operations, facts.impl.names_of_schema))
    first: Operations = [
        ModifyTableOps(container.table_name, [drop], schema=container.schema)
        for container, drop in conflicts
        if isinstance(container, ModifyTableOps)
    ]
    moved = {id(drop) for _, drop in conflicts}
    rest = without_empty(tables_changed(operations, lambda changes: [op for op in changes.ops if id(op) not in moved]))
    if any(not isinstance(container, ModifyTableOps) for container, _ in conflicts):
        tables = _drops_of_tables(rest)
        first += tables
        moved = {id(op) for op in tables}
        rest = [op for op in rest if id(op) not in moved]
    return [*first, *rest]


def _conflicts(operations: Operations, kinds: frozenset[str]) -> Iterator[tuple[MigrateOperation, MigrateOperation]]:
    """The drops that come too late, each with its container, or itself where it is in none.

    :param kinds: what has a name of its own in a schema.
    """
    given: set[Name] = set()
    for operation in operations:
        for each in operation.ops if isinstance(operation, ModifyTableOps) else [operation]:
            if not given.isdisjoint(_names_freed(each, kinds)):
                yield operation, each
            given.update(_names_given(each, kinds))


def _drops_of_tables(operations: Operations) -> Operations:
    """The drops of tables, with those of their indexes."""
    dropped = {(op.schema, op.table_name) for op in operations if isinstance(op, DropTableOp)}

    return [
        op
        for op in operations
        if isinstance(op, DropTableOp) or (isinstance(op, ModifyTableOps) and _only_drops_indexes(op, dropped))
    ]


def _only_drops_indexes(changes: ModifyTableOps, tables: set[Name]) -> bool:
    of_tables = (changes.schema, changes.table_name) in tables
    return of_tables and all(isinstance(op, DropIndexOp) for op in changes.ops)


def _names_given(operation: MigrateOperation, kinds: frozenset[str]) -> Iterator[Name]:
    """The names that an operation gives to something."""
    if isinstance(operation, CreateTableOp):
        yield operation.schema, operation.table_name
        for item in operation.columns:
            name = sqla.given_name(item) if _KINDS_OF_ITEMS.get(item.__visit_name__) in kinds else None  # type: ignore[arg-type]
            if name is not None:
                yield operation.schema, name
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


def _names_freed(operation: MigrateOperation, kinds: frozenset[str]) -> Iterator[Name]:
    """The names that are free after an operation."""
    if isinstance(operation, DropTableOp | DropIndexOp | DropConstraintOp) and operation.creation is not None:
        yield from _names_given(operation.creation, kinds)
