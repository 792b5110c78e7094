"""The operations on one table in an order in which each finds what it needs, and its reverse does too.

What stands on columns goes first and comes last; computed columns go before, and come after, those they are made of.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKeyConstraint

from limbeck.operations.ops import (
    AddColumnOp,
    AlterColumnOp,
    AlterSequenceOp,
    AlterTableOptionsOp,
    CreateCheckConstraintOp,
    CreateExcludeConstraintOp,
    CreateForeignKeyOp,
    CreateIndexOp,
    CreatePrimaryKeyOp,
    CreateSequenceOp,
    CreateUniqueConstraintOp,
    DropColumnOp,
    DropConstraintOp,
    DropIndexOp,
    DropSequenceOp,
    DropTableOp,
    MigrateOperation,
    ModifyTableOps,
)

if TYPE_CHECKING:
    from limbeck.operations.ops import UpgradeOps

_CREATED: dict[type, int] = {
    CreatePrimaryKeyOp: 1,
    CreateUniqueConstraintOp: 2,
    CreateIndexOp: 3,
    CreateCheckConstraintOp: 4,
    CreateExcludeConstraintOp: 5,
    CreateForeignKeyOp: 6,
}


def by_stage(upgrade_ops: UpgradeOps) -> None:
    """Put the operations on each table into the order of their stages; within one the order stays."""
    for changes in upgrade_ops.ops:
        if isinstance(changes, ModifyTableOps):
            again = frozenset(op.column.name for op in changes.ops if isinstance(op, AddColumnOp))
            # a new column takes the table's collation: one that goes does so before that changes, for the way back
            recoded = any(isinstance(op, AlterTableOptionsOp) and op.changes_collation() for op in changes.ops)
            changes.ops.sort(key=partial(_stage, None if recoded else again))


def keys_before_their_indexes(upgrade_ops: UpgradeOps) -> None:
    """Let foreign keys of tables that are dropped go before the indexes that MySQL will not drop beneath them."""
    gone: dict[Any, DropTableOp] = {
        (op.schema, op.table_name): op for op in upgrade_ops.ops if isinstance(op, DropTableOp)
    }
    for changes in upgrade_ops.ops:
        if not isinstance(changes, ModifyTableOps):
            continue
        drop = gone.get((changes.schema, changes.table_name))
        creation = None if drop is None else drop._reverse
        if creation is None:
            continue
        keys = [item for item in creation.columns if isinstance(item, ForeignKeyConstraint)]
        creation.columns = [item for item in creation.columns if not isinstance(item, ForeignKeyConstraint)]
        changes.ops[:0] = [DropConstraintOp.from_constraint(key) for key in keys]


def _stage(again: frozenset[str] | None, operation: MigrateOperation) -> float:
    """Drops, the last to be created first; columns; creations.

    :param again: columns that are added, which may be the same that are dropped; None: all columns go before any comes.
    """
    if isinstance(operation, AlterTableOptionsOp) and again is None:
        return 11.5
    if isinstance(operation, DropConstraintOp | DropIndexOp):
        return -2 * _CREATED.get(type(operation._reverse), 0) + 1
    if isinstance(operation, DropColumnOp):
        if _is_computed(operation._reverse):
            return 10
        return 11 if again is None or operation.column_name in again else 15
    if isinstance(operation, AlterColumnOp) and "existing_autoincrement" in operation.kw:
        return 22 if operation.kw["autoincrement"] else -2  # AUTO_INCREMENT needs a key
    if isinstance(operation, AlterColumnOp | AlterSequenceOp | CreateSequenceOp | DropSequenceOp):
        return 13
    if isinstance(operation, AddColumnOp):
        return 14 if _is_computed(operation) else 12
    return 20 + 2 * _CREATED.get(type(operation), 0) - 1


def _is_computed(addition: Any) -> bool:
    return addition is not None and addition.column.computed is not None
