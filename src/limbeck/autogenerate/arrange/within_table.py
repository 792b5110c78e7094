"""The operations on one table, in an order in which each finds what it needs, and so does its reverse."""

from __future__ import annotations

from enum import IntEnum, auto
from functools import partial
from typing import TYPE_CHECKING

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

from .edits import changed, tables_changed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .edits import Operations
    from .facts import Facts


class Stage(IntEnum):
    """When an operation on a table is carried out: what stands on columns is dropped first, and created last."""

    DROP_FOREIGN_KEY = auto()
    DROP_EXCLUDE_CONSTRAINT = auto()
    DROP_CHECK = auto()
    DROP_INDEX = auto()
    DROP_UNIQUE_CONSTRAINT = auto()
    STOP_AUTO_INCREMENT = auto()  # it needs a key
    DROP_PRIMARY_KEY = auto()
    DROP_UNKNOWN = auto()
    DROP_COMPUTED_COLUMN = auto()  # before the columns that it is computed from
    DROP_COLUMN_THAT_RETURNS = auto()
    RECODE_TABLE = auto()  # a column gets the table's collation when it is added: in the downgrade the former one
    ADD_COLUMN = auto()
    ALTER_COLUMN = auto()
    ADD_COMPUTED_COLUMN = auto()  # after the columns that it is computed from
    DROP_COLUMN = auto()
    OTHER = auto()
    CREATE_PRIMARY_KEY = auto()
    START_AUTO_INCREMENT = auto()
    CREATE_UNIQUE_CONSTRAINT = auto()
    CREATE_INDEX = auto()
    CREATE_CHECK = auto()
    CREATE_EXCLUDE_CONSTRAINT = auto()
    CREATE_FOREIGN_KEY = auto()


_STAGES: dict[type, tuple[Stage, Stage]] = {
    CreatePrimaryKeyOp: (Stage.DROP_PRIMARY_KEY, Stage.CREATE_PRIMARY_KEY),
    CreateUniqueConstraintOp: (Stage.DROP_UNIQUE_CONSTRAINT, Stage.CREATE_UNIQUE_CONSTRAINT),
    CreateIndexOp: (Stage.DROP_INDEX, Stage.CREATE_INDEX),
    CreateCheckConstraintOp: (Stage.DROP_CHECK, Stage.CREATE_CHECK),
    CreateExcludeConstraintOp: (Stage.DROP_EXCLUDE_CONSTRAINT, Stage.CREATE_EXCLUDE_CONSTRAINT),
    CreateForeignKeyOp: (Stage.DROP_FOREIGN_KEY, Stage.CREATE_FOREIGN_KEY),
}
"""By the operation that creates: when its reverse is carried out, and when it is."""


def order_within_tables(operations: Operations, facts: Facts) -> Operations:
    """Put the operations on each table into the order of their stages; within a stage the order stays."""
    return tables_changed(operations, lambda changes: sorted(changes.ops, key=partial(_stage, changes.ops)))


def _stage(beside: Sequence[MigrateOperation], operation: MigrateOperation) -> Stage:
    """The stage of an operation.

    :param beside: all operations on the table.
    """
    if isinstance(operation, DropConstraintOp | DropIndexOp):
        return _STAGES.get(type(operation.creation), (Stage.DROP_UNKNOWN, Stage.OTHER))[0]
    if isinstance(operation, DropColumnOp):
        return _stage_of_drop(beside, operation)
    if isinstance(operation, AddColumnOp):
        return Stage.ADD_COMPUTED_COLUMN if _is_computed(operation) else Stage.ADD_COLUMN
    if isinstance(operation, AlterColumnOp) and "existing_autoincrement" in operation.kw:
        return Stage.START_AUTO_INCREMENT if operation.kw["autoincrement"] else Stage.STOP_AUTO_INCREMENT
    if isinstance(operation, AlterColumnOp | AlterSequenceOp | CreateSequenceOp | DropSequenceOp):
        return Stage.ALTER_COLUMN
    if _recodes(operation):
        return Stage.RECODE_TABLE
    return _STAGES.get(type(operation), (Stage.DROP_UNKNOWN, Stage.OTHER))[1]


def _stage_of_drop(beside: Sequence[MigrateOperation], drop: DropColumnOp) -> Stage:
    """A column is dropped when all others are as they should be, unless it may be the same that is added."""
    if drop.creation is not None and _is_computed(drop.creation):
        return Stage.DROP_COMPUTED_COLUMN
    returns = any(isinstance(op, AddColumnOp) and op.column.name == drop.column_name for op in beside)
    return Stage.DROP_COLUMN_THAT_RETURNS if returns or any(map(_recodes, beside)) else Stage.DROP_COLUMN


def _recodes(operation: MigrateOperation) -> bool:
    """Whether the table gets another character set or collation."""
    return isinstance(operation, AlterTableOptionsOp) and operation.changes_collation()


def _is_computed(addition: AddColumnOp) -> bool:
    return addition.column.computed is not None


def order_computed_columns(operations: Operations, facts: Facts) -> Operations:
    """Add computed columns after the other new columns of their table, and drop them before the others."""
    return tables_changed(operations, lambda changes: _computed_last(_computed_first(changes.ops)))


def _computed_last(operations: Sequence[MigrateOperation]) -> Sequence[MigrateOperation]:
    additions = [op for op in operations if isinstance(op, AddColumnOp)]
    in_order = iter(sorted(additions, key=_is_computed))
    return [next(in_order) if isinstance(op, AddColumnOp) else op for op in operations]


def _computed_first(operations: Sequence[MigrateOperation]) -> Sequence[MigrateOperation]:
    drops = [op for op in operations if isinstance(op, DropColumnOp)]
    in_order = iter(sorted(drops, key=lambda op: op.to_column().computed is None))
    return [next(in_order) if isinstance(op, DropColumnOp) else op for op in operations]


def drop_keys_before_indexes(operations: Operations, facts: Facts) -> Operations:
    """Drop the foreign keys of a table that is dropped before its indexes, which MySQL does not drop beneath a key."""
    drops = {(op.schema, op.table_name): op for op in operations if isinstance(op, DropTableOp)}
    changed_tables = [(op.schema, op.table_name) for op in operations if isinstance(op, ModifyTableOps)]
    keys = {table: _foreign_keys(drops[table]) for table in changed_tables if table in drops}
    arranged: Operations = []
    waiting = dict(keys)
    for op in operations:
        if isinstance(op, ModifyTableOps):
            of_table = waiting.pop((op.schema, op.table_name), [])
            arranged.append(changed(op, ops=[*map(DropConstraintOp.from_constraint, of_table), *op.ops]))
        elif isinstance(op, DropTableOp) and (op.schema, op.table_name) in keys:
            arranged.append(_without_foreign_keys(op))
        else:
            arranged.append(op)
    return arranged


def _foreign_keys(drop: DropTableOp) -> list[ForeignKeyConstraint]:
    items = () if drop.creation is None else drop.creation.columns
    return [item for item in items if isinstance(item, ForeignKeyConstraint)]


def _without_foreign_keys(drop: DropTableOp) -> DropTableOp:
    if drop.creation is None:
        return drop
    items = [item for item in drop.creation.columns if not isinstance(item, ForeignKeyConstraint)]
    return changed(drop, creation=changed(drop.creation, columns=items))
