"""Tables: comment and options, and all that columns, constraints and indexes of one table need beside each other."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from limbeck.autogenerate.registry import add_comparator
from limbeck.operations.ops import (
    AlterTableOptionsOp,
    CreateIndexOp,
    CreateTableCommentOp,
    DropIndexOp,
    DropTableCommentOp,
)

from .autoincrement import change_sequences
from .columns import leave_checks_to_operations, recreate_columns
from .constraints import compare_constraints, is_unchanged_foreign_keys
from .table_pair import TablePair, snapshot_of

if TYPE_CHECKING:
    from sqlalchemy import Index, Table

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.operations.ops import ModifyTableOps
    from limbeck.runtime.plugins import Plugin

log = logging.getLogger("alembic.autogenerate.compare.exact")


def setup(plugin: Plugin) -> None:
    """Register the comparator of this file."""
    add_comparator(plugin, compare_table, "table", "exact", is_unchanged_foreign_keys)


def compare_table(
    autogen_context: AutogenContext,
    modify_table_ops: ModifyTableOps,
    schema: str | None,
    tname: str,
    conn_table: Table | None,
    metadata_table: Table | None,
) -> None:
    """Compare all of a table but what its columns have; of one that is created or dropped, the indexes alone."""
    if conn_table is None or metadata_table is None:
        _create_and_drop_indexes(autogen_context, modify_table_ops, conn_table, metadata_table)
        return
    database, model = snapshot_of(autogen_context).both((schema, tname))
    pair = TablePair(autogen_context, modify_table_ops, conn_table, metadata_table, database, model)
    _compare_comment(pair)
    _compare_options(pair)
    recreated = recreate_columns(pair)
    leave_checks_to_operations(pair)
    change_sequences(pair, recreated)
    compare_constraints(pair, recreated)


def _create_and_drop_indexes(
    autogen_context: AutogenContext, changes: ModifyTableOps, conn_table: Table | None, metadata_table: Table | None
) -> None:
    allowed = autogen_context.run_object_filters
    applies = autogen_context.migration_context.impl.applies
    for index in filter(applies, _indexes(metadata_table)):
        if allowed(index, index.name, "index", False, None):
            changes.ops.append(CreateIndexOp.from_index(index))
    for index in _indexes(conn_table):
        if allowed(index, index.name, "index", True, None):
            changes.ops.append(DropIndexOp.from_index(index))


def _indexes(table: Table | None) -> list[Index]:
    return [] if table is None else sorted(table.indexes, key=lambda index: str(index.name))


def _compare_comment(pair: TablePair) -> None:
    old, new = pair.database.options.get("comment"), pair.model.options.get("comment")
    schema, table = pair.name
    if old == new:
        return
    if new is None:
        pair.changes.ops.append(DropTableCommentOp(table, existing_comment=old, schema=schema))
    else:
        pair.changes.ops.append(CreateTableCommentOp(table, new, existing_comment=old, schema=schema))


def _compare_options(pair: TablePair) -> None:
    old, new = (pair.normalizer.option_values(side.options) for side in (pair.database, pair.model))
    schema, table = pair.name
    differing = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    if differing:
        options, existing = ({name: side.get(name) for name in differing} for side in (new, old))
        pair.changes.ops.append(AlterTableOptionsOp(table, options, existing=existing, schema=schema))
        log.info("Detected changed options of table '%s': %s", table, ", ".join(differing))
