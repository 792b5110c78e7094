"""Operations in an order that can be carried out where one table after the other would fail (failures G3-G5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ForeignKeyConstraint

from limbeck import sqla
from limbeck.operations.ops import (
    AddConstraintOp,
    CreateForeignKeyOp,
    CreateTableOp,
    DropConstraintOp,
    DropTableOp,
    MigrateOperation,
    ModifyTableOps,
    UpgradeOps,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Dialect

    from .reflect import TableName


def by_dependency(upgrade_ops: UpgradeOps, dialect: Dialect) -> None:
    """Take foreign keys out of their tables where these refer to each other, and drop those to removed tables first.

    :param dialect: a dialect that adds no constraints to a table that exists (SQLite) keeps foreign keys inline.
    """
    if dialect.supports_alter:
        _create_cycles_apart(upgrade_ops)
        _drop_cycles_apart(upgrade_ops)
    _drop_references_first(upgrade_ops)


def _target(key: ForeignKeyConstraint) -> TableName:
    schema, table, _ = sqla.fk_target(key.elements[0])
    return schema, table


def _take_out(operation: CreateTableOp, unwanted: Callable[[ForeignKeyConstraint], bool]) -> list[ForeignKeyConstraint]:
    """Remove foreign keys from the columns and constraints of a CREATE TABLE; returns them."""
    taken = [item for item in operation.columns if isinstance(item, ForeignKeyConstraint) and unwanted(item)]
    left = {id(item) for item in taken}
    operation.columns = [item for item in operation.columns if id(item) not in left]
    return taken


def _create_cycles_apart(upgrade_ops: UpgradeOps) -> None:
    """A foreign key to a table that is created later, or with ``use_alter``, follows after all new tables."""
    creations = [op for op in upgrade_ops.ops if isinstance(op, CreateTableOp)]
    pending = {(op.schema, op.table_name) for op in creations}
    late: list[MigrateOperation] = []
    for creation in creations:
        name = (creation.schema, creation.table_name)
        keys = _take_out(creation, lambda key: key.use_alter or _target(key) in pending - {name})  # noqa: B023 called at once
        pending.discard(name)
        if keys:
            added = [AddConstraintOp.from_constraint(key) for key in keys]
            late.append(ModifyTableOps(creation.table_name, added, schema=creation.schema))
    if late:
        last = max(index for index, op in enumerate(upgrade_ops.ops) if op in creations)
        follows = upgrade_ops.ops[last + 1 : last + 2]
        if follows and isinstance(follows[0], ModifyTableOps) and follows[0].table_name == creations[-1].table_name:
            last += 1
        upgrade_ops.ops[last + 1 : last + 1] = late


def _drop_cycles_apart(upgrade_ops: UpgradeOps) -> None:
    """A foreign key to a table that is dropped before its own goes first of all."""
    gone: set[TableName] = set()
    early: list[MigrateOperation] = []
    for drop in [op for op in upgrade_ops.ops if isinstance(op, DropTableOp)]:
        name = (drop.schema, drop.table_name)
        if drop._reverse is not None:
            keys = _take_out(drop._reverse, lambda key: _target(key) in gone)
            if keys:
                dropped = [DropConstraintOp.from_constraint(key) for key in keys]
                early.append(ModifyTableOps(drop.table_name, dropped, schema=drop.schema))
        gone.add(name)
    _insert_before_drops(upgrade_ops, early, gone)


def _drop_references_first(upgrade_ops: UpgradeOps) -> None:
    """A foreign key of a remaining table to a removed one is dropped before that table."""
    gone = {(op.schema, op.table_name) for op in upgrade_ops.ops if isinstance(op, DropTableOp)}
    early: list[MigrateOperation] = []
    for changes in [op for op in upgrade_ops.ops if isinstance(op, ModifyTableOps)]:
        if (changes.schema, changes.table_name) in gone:
            continue
        moved = [op for op in changes.ops if _refers_to(op, gone)]
        if moved:
            changes.ops = [op for op in changes.ops if op not in moved]
            early.append(ModifyTableOps(changes.table_name, moved, schema=changes.schema))
    upgrade_ops.ops = [op for op in upgrade_ops.ops if not (isinstance(op, ModifyTableOps) and op.is_empty())]
    _insert_before_drops(upgrade_ops, early, gone)


def _refers_to(operation: MigrateOperation, tables: set[TableName]) -> bool:
    key = operation._reverse if isinstance(operation, DropConstraintOp) else None
    return isinstance(key, CreateForeignKeyOp) and (key.kw.get("referent_schema"), key.referent_table) in tables


def _insert_before_drops(upgrade_ops: UpgradeOps, early: list[MigrateOperation], gone: set[TableName]) -> None:
    if not early:
        return
    first = next(
        index
        for index, op in enumerate(upgrade_ops.ops)
        if isinstance(op, DropTableOp | ModifyTableOps) and (op.schema, op.table_name) in gone
    )
    upgrade_ops.ops[first:first] = early
