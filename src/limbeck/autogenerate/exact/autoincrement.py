"""Columns with autoincrement: by a sequence of their own (a serial of PostgreSQL), or by AUTO_INCREMENT."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import DefaultClause

from limbeck.operations.ops import AlterColumnOp, AlterSequenceOp, CreateSequenceOp, DropSequenceOp

from .columns import alters

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import FetchedValue

    from limbeck.operations.ops import MigrateOperation
    from limbeck.sqla import AnyColumn

    from .table_pair import TablePair


# --- by a sequence of the column ----------------------------------------------------------------------------------


def change_sequences(pair: TablePair, recreated: Collection[str]) -> None:
    """Create, drop or alter the sequences of columns that take their values from one.

    A sequence has the type of its column: the old one goes before the column's type changes, the new one comes after.

    :param recreated: columns that are dropped and added, and their sequences with them.
    """
    if not pair.normalizer.autoincrements_by_sequence:
        return
    first: list[MigrateOperation] = []
    for name in pair.common_columns:
        database, model = pair.database.columns[name], pair.model.columns[name]
        if database.autoincrement != model.autoincrement and name not in recreated:
            if model.autoincrement:
                first += _drop_default(pair, name)
                pair.changes.ops += _create_sequence(pair, name)
            else:
                first += _drop_sequence(pair, name)
                pair.changes.ops += _create_default(pair, name)
        elif model.autoincrement and database.type_ != model.type_:
            pair.changes.ops += _alter_type_of_sequence(pair, name)
    pair.changes.ops[:0] = first


def _create_sequence(pair: TablePair, name: str) -> list[MigrateOperation]:
    sequence, options = pair.normalizer.default_sequence(pair.metadata_table, pair.metadata_table.c[name])
    schema, table = pair.name
    creation = CreateSequenceOp(sequence, **{"schema": schema, "owned_by": (table, name), **options})
    next_value = DefaultClause(pair.normalizer.next_value(schema, sequence))
    return [creation, _change_default(pair, pair.metadata_table.c[name], None, next_value)]


def _drop_sequence(pair: TablePair, name: str) -> list[MigrateOperation]:
    sequence, options = _own_sequence(pair, name)
    schema, table = pair.name
    drop = DropSequenceOp(sequence, **{"schema": schema, "owned_by": (table, name), **options})
    next_value = DefaultClause(pair.normalizer.next_value(schema, sequence))
    return [_change_default(pair, pair.conn_table.c[name], next_value, None), drop]


def _drop_default(pair: TablePair, name: str) -> list[MigrateOperation]:
    column = pair.conn_table.c[name]
    return [] if column.server_default is None else [_change_default(pair, column, column.server_default, None)]


def _create_default(pair: TablePair, name: str) -> list[MigrateOperation]:
    column = pair.metadata_table.c[name]
    return [] if column.server_default is None else [_change_default(pair, column, None, column.server_default)]


def _change_default(
    pair: TablePair, column: AnyColumn, old: FetchedValue | None, new: FetchedValue | None
) -> AlterColumnOp:
    return AlterColumnOp(
        pair.changes.table_name,
        column.name,
        schema=pair.changes.schema,
        existing_type=column.type,
        existing_nullable=column.nullable,
        existing_server_default=old,
        modify_server_default=new,
    )


def _alter_type_of_sequence(pair: TablePair, name: str) -> list[MigrateOperation]:
    """Give the sequence of a column the column's new type, which it does not get by itself."""
    sequence, old = _own_sequence(pair, name)
    _, new = pair.normalizer.default_sequence(pair.metadata_table, pair.metadata_table.c[name])
    if old["data_type"] is new["data_type"]:
        return []
    existing = {"data_type": old["data_type"]}
    return [AlterSequenceOp(sequence, schema=pair.changes.schema, existing=existing, **new)]


def _own_sequence(pair: TablePair, name: str) -> tuple[str, dict[str, Any]]:
    """Name and options of the sequence of a column, which the database has under the names before renaming."""
    renames = pair.context.state.renames
    schema, table = renames.before(pair.name)
    return pair.normalizer.owned_sequence(schema, table, renames.column_before(pair.name, name))


# --- by AUTO_INCREMENT --------------------------------------------------------------------------------------------


def pause_auto_increment(pair: TablePair) -> None:
    """Take AUTO_INCREMENT, which needs a key, from columns before the primary key changes, and give it back after."""
    if not pair.normalizer.autoincrement_needs_key:
        return
    for name in pair.common_columns:
        if pair.database.columns[name].autoincrement and pair.model.columns[name].autoincrement:
            for operation in pair.changes.ops:
                if isinstance(operation, AlterColumnOp) and alters(operation, name):
                    operation.kw["autoincrement"] = False
            pair.changes.ops.append(_set_auto_increment(pair, pair.conn_table.c[name], enabled=False))
            pair.changes.ops.append(_set_auto_increment(pair, pair.metadata_table.c[name], enabled=True))


def _set_auto_increment(pair: TablePair, column: AnyColumn, *, enabled: bool) -> AlterColumnOp:
    return AlterColumnOp(
        pair.changes.table_name,
        column.name,
        schema=pair.changes.schema,
        existing_type=column.type,
        existing_nullable=False,
        existing_server_default=None,
        autoincrement=enabled,
        existing_autoincrement=not enabled,
    )
