"""Operations on several tables, in an order that can be carried out where one table after the other would fail.

Foreign keys tie tables together. The drop of one goes first where something before it needs the key gone; its creation
comes last where it needs something after it; else nothing moves.
"""

from __future__ import annotations

from functools import partial
from itertools import filterfalse
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKeyConstraint

from limbeck.operations.containers import each_of
from limbeck.operations.ops import (
    AddColumnOp,
    AlterColumnOp,
    AlterTableOptionsOp,
    CreateForeignKeyOp,
    CreateIndexOp,
    CreateTableOp,
    DropColumnOp,
    DropIndexOp,
    DropTableOp,
    MigrateOperation,
    ModifyTableOps,
)

from .edits import changed, without_empty
from .key_support import End, Support, dropped_key, dropped_support, names_of, source, target
from .suspend_foreign_keys import suspended

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from limbeck.autogenerate.read.names import TableName

    from .edits import Operations
    from .facts import Facts

    Parts = tuple[TableName, frozenset[str] | None]  # a table and some of its columns, or None for all of it


class _Timetable:
    """At which positions of a list of operations which parts of tables are concerned.

    :param operations: the list; what is in a container has the container's position.
    :param parts_of: the parts that an operation concerns.
    """

    def __init__(
        self, operations: Sequence[MigrateOperation], parts_of: Callable[[MigrateOperation], Parts | None]
    ) -> None:
        self._entries: dict[TableName, list[tuple[int, frozenset[str] | None]]] = {}
        for position, operation in enumerate(operations):
            for each in each_of([operation]):
                parts = parts_of(each)
                if parts is not None:
                    self._entries.setdefault(parts[0], []).append((position, parts[1]))

    def concerns(self, key: CreateForeignKeyOp, positions: range) -> bool:
        """Whether a column at either end of ``key`` is concerned at one of ``positions``."""
        return any(
            position in positions and (columns is None or not own.isdisjoint(columns))
            for table, own in (
                (source(key), set(names_of(key.local_cols))),
                (target(key), set(names_of(key.remote_cols))),
            )
            for position, columns in self._entries.get(table, ())
        )


def _needs_drop(operation: MigrateOperation) -> Parts | None:
    """What is gone, or other, after an operation: a foreign key on it has to be dropped before."""
    if isinstance(operation, DropTableOp):
        return (operation.schema, operation.table_name), None
    if isinstance(operation, AlterTableOptionsOp):
        return (operation.schema, operation.table_name), None  # another engine may have no keys, or none to this one
    if isinstance(operation, DropColumnOp) or (isinstance(operation, AlterColumnOp) and operation.modify_type):
        return (operation.schema, operation.table_name), frozenset({operation.column_name})
    return _columns_of(dropped_support(operation))


def _allows_creation(operation: MigrateOperation) -> Parts | None:
    """What exists, or is as it should be, only after an operation: a foreign key on it has to be created later."""
    if isinstance(operation, CreateTableOp | AlterTableOptionsOp):
        return (operation.schema, operation.table_name), None
    if isinstance(operation, AddColumnOp):
        return (operation.schema, operation.table_name), frozenset({operation.column.name})
    if isinstance(operation, AlterColumnOp) and operation.modify_type:
        return (operation.schema, operation.table_name), frozenset({operation.column_name})
    return None if isinstance(operation, CreateIndexOp) and not operation.unique else _columns_of(operation)


def _columns_of(operation: MigrateOperation | None) -> Parts | None:
    """The columns of an index or constraint that is created."""
    if isinstance(operation, Support):
        return (operation.schema, operation.table_name), frozenset(names_of(operation.columns))
    return None


# --- new tables, where foreign keys are part of CREATE TABLE ------------------------------------------------------


def order_new_tables(operations: Operations, facts: Facts) -> Operations:
    """Put new tables, with all that is done to them, after the keys that their foreign keys refer to."""
    timetable = _Timetable(operations, _columns_of)
    late: set[TableName] = set()
    for position, creation in enumerate(operations):
        if isinstance(creation, CreateTableOp):
            keys = [item for item in creation.columns if isinstance(item, ForeignKeyConstraint)]
            later = range(position + 1, len(operations))
            if any(timetable.concerns(CreateForeignKeyOp.from_constraint(key), later) for key in keys):
                late.add((creation.schema, creation.table_name))
    return sorted(operations, key=lambda op: (getattr(op, "schema", None), getattr(op, "table_name", "")) in late)


# --- foreign keys -------------------------------------------------------------------------------------------------


def order_foreign_keys(operations: Operations, facts: Facts) -> Operations:
    """Drop foreign keys first, and create them last, where other operations need that; suspend keys that stay."""
    suspension = suspended(operations, facts)
    first, last = [*suspension.drops], [*suspension.creations]
    if facts.impl.dialect.supports_alter:
        drops, operations = _take_out_of_dropped_tables(operations, needs_index=facts.impl.keys_hold_indexes)
        creations, operations = _take_out_of_new_tables(operations)
        first += drops
        last += creations
    drops, operations = _take_out_late_drops(operations)
    creations, operations = _take_out_early_creations(operations)
    return [*_by_table([*first, *drops]), *without_empty(operations), *_by_table([*last, *creations])]


def _by_table(operations: Operations) -> Operations:
    """Operations on foreign keys, in one container for each table."""
    tables: dict[TableName, list[MigrateOperation]] = {}
    for operation in operations:
        key = operation if isinstance(operation, CreateForeignKeyOp) else dropped_key(operation)
        if key is not None:
            tables.setdefault(source(key), []).append(operation)
    return [ModifyTableOps(table, ops, schema=schema) for (schema, table), ops in tables.items()]


def _take_out(
    creation: CreateTableOp, unwanted: Callable[[CreateForeignKeyOp], bool]
) -> tuple[list[CreateForeignKeyOp], CreateTableOp]:
    """Foreign keys of a CREATE TABLE as operations of their own, and the CREATE TABLE without them."""
    taken: list[CreateForeignKeyOp] = []
    kept = []
    for item in creation.columns:
        key = CreateForeignKeyOp.from_constraint(item) if isinstance(item, ForeignKeyConstraint) else None
        if key is not None and unwanted(key):
            taken.append(key)
        else:
            kept.append(item)
    return taken, changed(creation, columns=kept) if taken else creation


def _take_out_of_new_tables(operations: Operations) -> tuple[Operations, Operations]:
    """Take out foreign keys to what comes later, in a circle of tables for example, and those with ``use_alter``."""
    late: Operations = []
    rest: Operations = []
    timetable = _Timetable(operations, _allows_creation)
    for position, operation in enumerate(operations):
        if not isinstance(operation, CreateTableOp):
            rest.append(operation)
            continue
        later = range(position + 1, len(operations))
        keys, creation = _take_out(operation, partial(_comes_before_its_target, timetable, later))
        late += keys
        rest.append(creation)
    return late, rest


def _comes_before_its_target(timetable: _Timetable, later: range, key: CreateForeignKeyOp) -> bool:
    if key.kw.get("use_alter"):
        return True
    return source(key) != target(key) and timetable.concerns(key, later)


def _take_out_of_dropped_tables(operations: Operations, *, needs_index: bool) -> tuple[Operations, Operations]:
    """Take out foreign keys to a table that is dropped before their own.

    :param needs_index: take out also those whose index is dropped before their table.
    """
    gone: set[TableName] = set()
    indexed = _dropped_indexes(operations) if needs_index else {}

    def is_early(key: CreateForeignKeyOp) -> bool:
        end = End(source(key), tuple(key.local_cols))
        return target(key) in gone or any(map(end.leads, indexed.get(end.table, ())))

    early: Operations = []
    rest: Operations = []
    for operation in operations:
        if not isinstance(operation, DropTableOp):
            rest.append(operation)
            continue
        drops, drop = _take_out_of_drop(operation, is_early)
        early += drops
        rest.append(drop)
        gone.add((drop.schema, drop.table_name))
    return early, rest


def _take_out_of_drop(
    drop: DropTableOp, unwanted: Callable[[CreateForeignKeyOp], bool]
) -> tuple[Operations, DropTableOp]:
    if drop.creation is None:
        return [], drop
    keys, creation = _take_out(drop.creation, unwanted)
    return [changed(key.reverse(), creation=key) for key in keys], changed(drop, creation=creation)


def _dropped_indexes(operations: Operations) -> dict[TableName, list[tuple[str, ...]]]:
    """The columns of indexes that are dropped, by table."""
    found: dict[TableName, list[tuple[str, ...]]] = {}
    for op in each_of(operations):
        if isinstance(op, DropIndexOp) and op.creation is not None and op.table_name is not None:
            found.setdefault((op.schema, op.table_name), []).append(names_of(op.creation.columns))
    return found


def _take_out_late_drops(operations: Operations) -> tuple[Operations, Operations]:
    """Take out drops of foreign keys that something in another table waits for; move others within their table."""
    early: Operations = []
    rest: Operations = []
    timetable = _Timetable(operations, _needs_drop)
    for position, operation in enumerate(operations):
        if not isinstance(operation, ModifyTableOps):
            rest.append(operation)
            continue
        taken, front, others = _parted(operation, timetable, position)
        early += taken
        rest.append(changed(operation, ops=[*front, *others]))
    return early, rest


def _parted(changes: ModifyTableOps, timetable: _Timetable, position: int) -> tuple[Operations, Operations, Operations]:
    """Drops of keys that something before waits for, those that something in the same table waits for, and the rest."""
    early: Operations = []
    front: Operations = []
    others: Operations = []
    for op in changes.ops:
        key = dropped_key(op)
        if key is not None and timetable.concerns(key, range(position)):
            early.append(op)
        elif key is not None and timetable.concerns(key, range(position, position + 1)):
            front.insert(0, op)
        else:
            others.append(op)
    return early, front, others


def _take_out_early_creations(operations: Operations) -> tuple[Operations, Operations]:
    """Take out creations of foreign keys that wait for something in another table."""
    late: Operations = []
    rest: Operations = []
    timetable = _Timetable(operations, _allows_creation)
    for position, operation in enumerate(operations):
        if not isinstance(operation, ModifyTableOps):
            rest.append(operation)
            continue
        is_early = partial(_comes_too_early, timetable, range(position + 1, len(operations)))
        late += filter(is_early, operation.ops)
        rest.append(changed(operation, ops=[*filterfalse(is_early, operation.ops)]))
    return late, rest


def _comes_too_early(timetable: _Timetable, later: range, operation: MigrateOperation) -> bool:
    return isinstance(operation, CreateForeignKeyOp) and timetable.concerns(operation, later)
