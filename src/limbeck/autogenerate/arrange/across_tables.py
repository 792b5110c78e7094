"""Operations in an order that can be carried out where one table after the other would fail (failures G3-G5, 1G).

Foreign keys are what ties tables together. Where something before the drop of one still needs it gone, it goes first;
where something after the creation of one has to be there before, it comes last; else nothing moves.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKeyConstraint

from limbeck.operations.ops import (
    AddColumnOp,
    AlterColumnOp,
    AlterTableOptionsOp,
    CreateForeignKeyOp,
    CreateIndexOp,
    CreatePrimaryKeyOp,
    CreateTableOp,
    CreateUniqueConstraintOp,
    DropColumnOp,
    DropConstraintOp,
    DropIndexOp,
    DropTableOp,
    MigrateOperation,
    ModifyTableOps,
)

from .name_conflicts import old_names_first
from .suspend_foreign_keys import End, each_of, step_aside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from limbeck.autogenerate.read.reflect import Reflection, TableName
    from limbeck.ddl.impl import DefaultImpl
    from limbeck.operations.ops import UpgradeOps

    Parts = tuple[TableName, frozenset[str] | None]  # a table and some of its columns, or None for all


def by_dependency(upgrade_ops: UpgradeOps, reflection: Reflection, impl: DefaultImpl) -> None:
    """Drop foreign keys first, and create them last, where other operations need that.

    :param reflection: what is in the database.
    :param impl: of a dialect that adds no constraint to a table that exists (SQLite), those of new tables stay inline.
    """
    operations = upgrade_ops.ops
    aside, again = step_aside(operations, reflection, impl)
    for changes in operations:
        if isinstance(changes, ModifyTableOps):
            _computed_beside_their_sources(changes)
    freeing = old_names_first(operations, impl)
    first, last = aside, again
    if impl.dialect.supports_alter:
        first += _out_of_dropped_tables([*freeing, *operations], needs_index=impl.keys_hold_indexes)
        last += _out_of_new_tables(operations)
    elif impl.edition is not None:
        operations = _behind_their_targets(operations)
    first += _dropped_too_late(freeing) + _dropped_too_late(operations, after=freeing)
    last += _created_too_early(operations)
    rest = [op for op in [*freeing, *operations] if not (isinstance(op, ModifyTableOps) and op.is_empty())]
    upgrade_ops.ops[:] = [*_by_table(first), *rest, *_by_table(last)]


def _computed_beside_their_sources(changes: ModifyTableOps) -> None:
    """Computed columns are added after what they are computed from, and dropped before it (MariaDB 1054)."""
    for kind, computed_first in ((AddColumnOp, False), (DropColumnOp, True)):
        places = [place for place, op in enumerate(changes.ops) if isinstance(op, kind)]
        ordered = sorted(
            (changes.ops[place] for place in places),
            key=lambda op: (op.to_column().computed is None) is computed_first,  # type: ignore[attr-defined]
        )
        for place, op in zip(places, ordered, strict=True):
            changes.ops[place] = op


# --- what operations are about ------------------------------------------------------------------------------------


def _source(key: CreateForeignKeyOp) -> TableName:
    return key.kw.get("source_schema"), key.source_table


def _target(key: CreateForeignKeyOp) -> TableName:
    return key.kw.get("referent_schema"), key.referent_table


class _Timetable:
    """Which parts of which tables are concerned at which position of a list of operations.

    :param operations: the list; what is in a container has the container's position.
    :param parts_of: what an operation is about.
    """

    def __init__(
        self, operations: Sequence[MigrateOperation], parts_of: Callable[[MigrateOperation], Parts | None]
    ) -> None:
        self._entries: dict[TableName, list[tuple[int, frozenset[str] | None]]] = {}
        for position, operation in enumerate(operations):
            for each in operation.ops if isinstance(operation, ModifyTableOps) else [operation]:
                parts = parts_of(each)
                if parts is not None:
                    self._entries.setdefault(parts[0], []).append((position, parts[1]))

    def concerns(self, key: CreateForeignKeyOp, positions: range) -> bool:
        """Whether a column of ``key`` is concerned at one of ``positions``."""
        return any(
            position in positions and (columns is None or not mine.isdisjoint(columns))
            for table, mine in ((_source(key), _names(key.local_cols)), (_target(key), _names(key.remote_cols)))
            for position, columns in self._entries.get(table, ())
        )


def _names(columns: Iterable[Any]) -> frozenset[str]:
    return frozenset(str(getattr(column, "name", column)) for column in columns)


def _taken(operation: MigrateOperation) -> Parts | None:
    """What is gone, or another, after an operation: a foreign key on it has to be dropped before."""
    if isinstance(operation, DropTableOp):
        return (operation.schema, operation.table_name), None
    if isinstance(operation, DropColumnOp) or (isinstance(operation, AlterColumnOp) and operation.modify_type):
        return (operation.schema, operation.table_name), frozenset({operation.column_name})
    if isinstance(operation, AlterTableOptionsOp):
        return (operation.schema, operation.table_name), None  # MyISAM has no foreign keys, a logged one needs its like
    back = operation._reverse if isinstance(operation, DropIndexOp | DropConstraintOp) else None
    return _key_columns(back)


def _given(operation: MigrateOperation) -> Parts | None:
    """What is there, or as it should be, only after an operation: a foreign key on it has to be created later."""
    if isinstance(operation, CreateTableOp | AlterTableOptionsOp):
        return (operation.schema, operation.table_name), None
    if isinstance(operation, AddColumnOp):
        return (operation.schema, operation.table_name), frozenset({operation.column.name})
    if isinstance(operation, AlterColumnOp) and operation.modify_type:
        return (operation.schema, operation.table_name), frozenset({operation.column_name})
    return None if isinstance(operation, CreateIndexOp) and not operation.unique else _key_columns(operation)


def _key_columns(operation: MigrateOperation | None) -> Parts | None:
    if isinstance(operation, CreateIndexOp | CreateUniqueConstraintOp | CreatePrimaryKeyOp):
        return (operation.schema, operation.table_name), _names(operation.columns)
    return None


def _by_table(operations: list[MigrateOperation]) -> list[MigrateOperation]:
    """Operations on foreign keys, in one container a table."""
    tables: dict[TableName, list[MigrateOperation]] = {}
    for operation in operations:
        key = operation if isinstance(operation, CreateForeignKeyOp) else _dropped_key(operation)
        if key is not None:
            tables.setdefault(_source(key), []).append(operation)
    return [ModifyTableOps(table, ops, schema=schema) for (schema, table), ops in tables.items()]


# --- foreign keys of tables that are created or dropped as a whole ------------------------------------------------


def _take_out(operation: CreateTableOp, unwanted: Callable[[CreateForeignKeyOp], bool]) -> list[CreateForeignKeyOp]:
    """Take foreign keys out of a CREATE TABLE; returns them as operations of their own."""
    taken: dict[int, CreateForeignKeyOp] = {}
    for item in operation.columns:
        if isinstance(item, ForeignKeyConstraint):
            key = CreateForeignKeyOp.from_constraint(item)
            if unwanted(key):
                taken[id(item)] = key
    operation.columns = [item for item in operation.columns if id(item) not in taken]
    return list(taken.values())


def _out_of_new_tables(operations: list[MigrateOperation]) -> list[CreateForeignKeyOp]:
    """Foreign keys to what comes later, in a circle of tables for example, and those with ``use_alter``."""
    late: list[CreateForeignKeyOp] = []
    timetable = _Timetable(operations, _given)
    for now, creation in enumerate(operations):
        if isinstance(creation, CreateTableOp):
            late += _take_out(creation, partial(_comes_before_its_target, timetable, range(now + 1, len(operations))))
    return late


def _behind_their_targets(operations: list[MigrateOperation]) -> list[MigrateOperation]:
    """New tables, with all that is done to them, after the keys that their inline foreign keys refer to."""
    timetable = _Timetable(operations, _key_columns)
    late: set[TableName] = set()
    for now, creation in enumerate(operations):
        if isinstance(creation, CreateTableOp):
            keys = [item for item in creation.columns if isinstance(item, ForeignKeyConstraint)]
            later = range(now + 1, len(operations))
            if any(timetable.concerns(CreateForeignKeyOp.from_constraint(key), later) for key in keys):
                late.add((creation.schema, creation.table_name))
    return sorted(operations, key=lambda op: (getattr(op, "schema", None), getattr(op, "table_name", "")) in late)


def _comes_before_its_target(timetable: _Timetable, later: range, key: CreateForeignKeyOp) -> bool:
    if key.kw.get("use_alter"):
        return True
    return _source(key) != _target(key) and timetable.concerns(key, later)


def _out_of_dropped_tables(operations: list[MigrateOperation], *, needs_index: bool) -> list[DropConstraintOp]:
    """Foreign keys to a table that is dropped before the one they belong to; those whose index is dropped before it."""
    gone: set[TableName] = set()
    indexed: dict[TableName, list[list[str]]] = {}
    for op in each_of(operations) if needs_index else ():
        if isinstance(op, DropIndexOp) and op._reverse is not None and op.table_name is not None:
            names = [str(getattr(column, "name", column)) for column in op._reverse.columns]
            indexed.setdefault((op.schema, op.table_name), []).append(names)

    def is_early(key: CreateForeignKeyOp) -> bool:
        end = End(_source(key), tuple(key.local_cols))
        return _target(key) in gone or any(map(end.leads, indexed.get(end.table, ())))

    early: list[DropConstraintOp] = []
    for drop in operations:
        if not isinstance(drop, DropTableOp):
            continue
        if drop._reverse is not None:
            for key in _take_out(drop._reverse, is_early):
                dropped = key.reverse()
                dropped._reverse = key
                early.append(dropped)
        gone.add((drop.schema, drop.table_name))
    return early


# --- foreign keys of tables that stay -----------------------------------------------------------------------------


def _dropped_too_late(
    operations: list[MigrateOperation], after: Sequence[MigrateOperation] = ()
) -> list[MigrateOperation]:
    """Take out drops of foreign keys that something in another table waits for; move others within their table.

    :param after: what comes before all of ``operations``.
    """
    early: list[MigrateOperation] = []
    timetable = _Timetable(operations, _taken)
    before = _Timetable(after, _taken)
    for now, changes in enumerate(operations):
        if not isinstance(changes, ModifyTableOps):
            continue
        for op in list(changes.ops):
            key = _dropped_key(op)
            if key is None:
                continue
            if timetable.concerns(key, range(now)) or before.concerns(key, range(len(after))):
                early.append(op)
                changes.ops.remove(op)
            elif timetable.concerns(key, range(now, now + 1)):
                changes.ops.remove(op)
                changes.ops.insert(0, op)
    return early


def _dropped_key(operation: MigrateOperation) -> CreateForeignKeyOp | None:
    key = operation._reverse if isinstance(operation, DropConstraintOp) else None
    return key if isinstance(key, CreateForeignKeyOp) else None


def _created_too_early(operations: list[MigrateOperation]) -> list[CreateForeignKeyOp]:
    """Take out creations of foreign keys that wait for something in another table."""
    late: list[CreateForeignKeyOp] = []
    timetable = _Timetable(operations, _given)
    for now, changes in enumerate(operations):
        if not isinstance(changes, ModifyTableOps):
            continue
        for op in [op for op in changes.ops if isinstance(op, CreateForeignKeyOp)]:
            if timetable.concerns(op, range(now + 1, len(operations))):
                late.append(op)
                changes.ops.remove(op)
    return late
