"""MySQL and MariaDB make an index for a foreign key that finds none, and leave it behind when the key goes.

Under an edition such an index comes and goes with its key: by a statement of its own, so that both directions of a
script end where models and database say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.operations.ops import (
    CreateForeignKeyOp,
    CreateIndexOp,
    CreateUniqueConstraintOp,
    DropConstraintOp,
    DropIndexOp,
    DropTableOp,
    MigrateOperation,
    ModifyTableOps,
)

from .suspend_foreign_keys import End, each_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from limbeck.autogenerate.read.catalogue import Catalogue
    from limbeck.autogenerate.read.reflect import TableName
    from limbeck.operations.ops import DowngradeOps, UpgradeOps


def show_key_indexes(upgrade_ops: UpgradeOps, catalogue: Catalogue) -> None:
    """Write out the indexes that the server would make, and those that it would leave."""
    changes = list(each_of(upgrade_ops.ops))
    for container in upgrade_ops.ops:
        table = (getattr(container, "schema", None), getattr(container, "table_name", ""))
        if not isinstance(container, ModifyTableOps) or not catalogue.has(table):
            continue
        for operation in list(container.ops):
            at = container.ops.index(operation)
            if isinstance(operation, CreateForeignKeyOp) and not _is_served(operation, table, changes, catalogue):
                name = operation.constraint_name or operation.local_cols[0]
                made = CreateIndexOp(name, table[1], list(operation.local_cols), schema=table[0])
                container.ops.insert(at, made)
                changes.append(made)
            elif isinstance(operation, DropConstraintOp):
                left = _left_behind(operation, table, changes, catalogue)
                if left is not None:
                    container.ops.insert(at + 1, left)


def leave_indexes_to_their_tables(downgrade_ops: DowngradeOps) -> None:
    """Leave out the drops of indexes of tables that are dropped: the server drops none beneath a foreign key."""
    gone = {(op.schema, op.table_name) for op in downgrade_ops.ops if isinstance(op, DropTableOp)}
    for changes in list(downgrade_ops.ops):
        if isinstance(changes, ModifyTableOps) and (changes.schema, changes.table_name) in gone:
            changes.ops[:] = [op for op in changes.ops if not isinstance(op, DropIndexOp)]
            if changes.is_empty():
                downgrade_ops.ops.remove(changes)


def _is_served(
    key: CreateForeignKeyOp, table: TableName, changes: Sequence[MigrateOperation], catalogue: Catalogue
) -> bool:
    """Whether an index will be there for ``key`` when it is created."""
    end = End(table, tuple(key.local_cols))
    dropped = {op.index_name for op in changes if isinstance(op, DropIndexOp) and op.table_name == table[1]}
    there = [index["column_names"] for index in catalogue.of("indexes", table) or () if index["name"] not in dropped]
    there.append((catalogue.of("pk_constraint", table) or {}).get("constrained_columns") or [])
    there += [
        [str(getattr(column, "name", column)) for column in op.columns]
        for op in changes
        if isinstance(op, CreateIndexOp | CreateUniqueConstraintOp) and (op.schema, op.table_name) == table
    ]
    return any(end.leads(columns) for columns in there)


def _left_behind(
    drop: DropConstraintOp, table: TableName, changes: Sequence[MigrateOperation], catalogue: Catalogue
) -> DropIndexOp | None:
    """The drop of the index that the server made for the key that ``drop`` drops, unless it is needed."""
    key = drop._reverse
    if not isinstance(key, CreateForeignKeyOp):
        return None
    end = End(table, tuple(key.local_cols))
    for op in changes:
        if isinstance(op, CreateForeignKeyOp) and op.source_table == table[1] and end.leads(op.local_cols):
            return None
        if isinstance(op, DropIndexOp | CreateIndexOp) and op.index_name in (drop.constraint_name, end.columns[0]):
            return None
    for index in catalogue.of("indexes", table) or ():
        named = index["name"] in (drop.constraint_name, end.columns[0])
        if named and not index["unique"] and list(index["column_names"]) == list(end.columns):
            made = CreateIndexOp(index["name"], table[1], list(end.columns), schema=table[0])
            return DropIndexOp(index["name"], table[1], schema=table[0], _reverse=made)
    return None
