"""Nullability of columns."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from limbeck import sqla
from limbeck.autogenerate.registry import add_comparator

if TYPE_CHECKING:
    from limbeck.autogenerate.context import AutogenContext
    from limbeck.autogenerate.read.table_view import TableView
    from limbeck.operations.ops import AlterColumnOp
    from limbeck.runtime.plugins import Plugin

log = logging.getLogger("alembic.autogenerate.compare.constraints")


def setup(plugin: Plugin) -> None:
    """Register the comparator of this file."""
    add_comparator(plugin, compare_nullable, "column", "nullable", is_unchanged_nullability)


def is_unchanged_nullability(view: TableView) -> bool:
    """Whether each column is nullable on both sides or on neither."""
    return all(listed["nullable"] is column.nullable for listed, column in view.columns)


def compare_nullable(
    autogen_context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    tname: str,
    cname: str,
    conn_col: sqla.AnyColumn,
    metadata_col: sqla.AnyColumn,
) -> None:
    """Compare whether a column is nullable, unless the database decides that: for identity and computed columns."""
    alter_column_op.existing_nullable = conn_col.nullable
    if conn_col.nullable is metadata_col.nullable:
        return
    path = f"{tname}.{cname}"
    if metadata_col.computed is not None and not sqla.says_nullable(metadata_col):
        log.info("Ignoring nullable change on computed column '%s'", path)
        return
    if metadata_col.identity is not None or conn_col.identity is not None:
        log.info("Ignoring nullable change on identity column '%s'", path)
        return
    alter_column_op.modify_nullable = metadata_col.nullable
    log.info("Detected %s on column '%s'", "NULL" if metadata_col.nullable else "NOT NULL", path)
