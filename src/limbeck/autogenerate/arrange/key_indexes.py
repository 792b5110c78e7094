"""Indexes that MySQL and MariaDB create for a foreign key which finds none, and leave behind when the key is dropped.

They are created and dropped by operations of their own, so that upgrade and downgrade end with the indexes that models
and database have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.operations.containers import each_of
from limbeck.operations.ops import (
    CreateForeignKeyOp,
    CreateIndexOp,
    CreateUniqueConstraintOp,
    DropIndexOp,
    DropTableOp,
    MigrateOperation,
    ModifyTableOps,
)

from .edits import changed
from .key_support import End, dropped_key, names_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from limbeck.autogenerate.read.catalogue import Catalogue

    from .edits import Operations
    from .facts import Facts


def add_key_indexes(operations: Operations, facts: Facts) -> Operations:
    """Create the index of a foreign key before the key, and drop it after the key, where nothing else supports this."""
    changes = list(each_of(operations))
    arranged: Operations = []
    for container in operations:
        if not isinstance(container, ModifyTableOps) or not facts.catalogue.has(
            (container.schema, container.table_name)
        ):
            arranged.append(container)
            continue
        ops: Operations = []
        for operation in container.ops:
            before, after = _indexes_of(operation, container, changes, facts)
            changes += before
            ops += [*before, operation, *after]
        arranged.append(changed(container, ops=ops))
    return arranged


def _indexes_of(
    operation: MigrateOperation,
    container: ModifyTableOps,
    changes: Sequence[MigrateOperation],
    facts: Facts,
) -> tuple[list[CreateIndexOp], list[DropIndexOp]]:
    """The creation of an index before ``operation``, and the drop of one after it.

    :param changes: all operations.
    """
    table, schema, catalogue = container.table_name, container.schema, facts.catalogue
    if isinstance(operation, CreateForeignKeyOp):
        end = End((schema, table), tuple(operation.local_cols))
        if any(end.leads(columns) for columns in _columns_of_indexes(end, changes, catalogue)):
            return [], []
        name = operation.constraint_name or operation.local_cols[0]
        return [CreateIndexOp(name, table, list(operation.local_cols), schema=schema)], []
    key = dropped_key(operation)
    if key is None:
        return [], []
    end = End((schema, table), tuple(key.local_cols))
    names = (operation.constraint_name, end.columns[0])  # type: ignore[attr-defined]  # a DropConstraintOp
    left = None if _is_settled(end, names, changes) else _index_left_behind(end, names, catalogue)
    return [], [] if left is None or facts.has_index(schema, table, left.index_name) else [left]


def _columns_of_indexes(end: End, changes: Sequence[MigrateOperation], catalogue: Catalogue) -> Iterator[Sequence[str]]:
    """The columns of each index that a key can use when it is created: that stays, or that is created."""
    schema, table = end.table
    dropped = {op.index_name for op in changes if isinstance(op, DropIndexOp) and op.table_name == table}
    for index in catalogue.of("indexes", end.table) or ():
        if index["name"] not in dropped:
            yield index["column_names"]
    yield (catalogue.of("pk_constraint", end.table) or {}).get("constrained_columns") or []
    for op in changes:
        if isinstance(op, CreateIndexOp | CreateUniqueConstraintOp) and (op.schema, op.table_name) == (schema, table):
            yield names_of(op.columns)


def _is_settled(end: End, names: tuple[str | None, str], changes: Sequence[MigrateOperation]) -> bool:
    """Whether the index of a dropped key is created or dropped already, or used by another key that is created.

    :param names: the names that the server may have given to it.
    """
    for op in changes:
        if isinstance(op, CreateForeignKeyOp) and op.source_table == end.table[1] and end.leads(op.local_cols):
            return True
        if isinstance(op, DropIndexOp | CreateIndexOp) and op.index_name in names:
            return True
    return False


def _index_left_behind(end: End, names: tuple[str | None, str], catalogue: Catalogue) -> DropIndexOp | None:
    """The drop of the index that the server created for a key; None where the database has none."""
    schema, table = end.table
    columns = list(end.columns)
    for index in catalogue.of("indexes", end.table) or ():
        if index["name"] in names and not index["unique"] and list(index["column_names"]) == columns:
            creation = CreateIndexOp(index["name"], table, columns, schema=schema)
            return DropIndexOp(index["name"], table, schema=schema, _reverse=creation)
    return None


def leave_indexes_to_tables(operations: Operations, facts: Facts) -> Operations:
    """Leave out the drops of indexes of tables that are dropped: the server drops no index beneath a foreign key."""
    gone = {(op.schema, op.table_name) for op in operations if isinstance(op, DropTableOp)}
    arranged: Operations = []
    for op in operations:
        if not isinstance(op, ModifyTableOps) or (op.schema, op.table_name) not in gone:
            arranged.append(op)
        elif others := [each for each in op.ops if not isinstance(each, DropIndexOp)]:
            arranged.append(changed(op, ops=others))
    return arranged
