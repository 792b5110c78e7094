"""Comments of columns and tables, where the database has them; an empty one is none."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from limbeck.autogenerate.registry import add_comparator
from limbeck.operations.ops import CreateTableCommentOp, DropTableCommentOp

if TYPE_CHECKING:
    from sqlalchemy import Table

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.autogenerate.read.table_view import TableView
    from limbeck.operations.ops import AlterColumnOp, ModifyTableOps
    from limbeck.runtime.plugins import Plugin
    from limbeck.sqla import AnyColumn

log = logging.getLogger("alembic.autogenerate.compare.comments")


def setup(plugin: Plugin) -> None:
    """Register the comparators of this file."""
    add_comparator(plugin, compare_column_comment, "column", "comments", is_unchanged_column_comments)
    add_comparator(plugin, compare_table_comment, "table", "comments", is_unchanged_table_comment)


def is_unchanged_column_comments(view: TableView) -> bool:
    """Whether the columns have the same comments, or the database has none at all."""
    return not view.impl.dialect.supports_comments or all(
        (listed.get("comment") or None) == (column.comment or None) for listed, column in view.columns
    )


def is_unchanged_table_comment(view: TableView) -> bool:
    """Whether the table has the same comment, or the database has none at all."""
    if not view.impl.dialect.supports_comments:
        return True
    listed = view.listed("table_comment") or {"text": None}
    return (listed["text"] or None) == (view.table.comment or None)


def compare_column_comment(
    autogen_context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    tname: str,
    cname: str,
    conn_col: AnyColumn,
    metadata_col: AnyColumn,
) -> None:
    """Compare the comments of a column."""
    if not autogen_context.dialect.supports_comments:
        return
    database, model = conn_col.comment or None, metadata_col.comment or None
    alter_column_op.existing_comment = database
    if database != model:
        alter_column_op.modify_comment = model
        log.info("Detected column comment '%s'", f"{tname}.{cname}")


def compare_table_comment(
    autogen_context: AutogenContext,
    modify_table_ops: ModifyTableOps,
    schema: str | None,
    tname: str,
    conn_table: Table | None,
    metadata_table: Table | None,
) -> None:
    """Compare the comments of a table that is on both sides; a new table is created with its comment."""
    if not autogen_context.dialect.supports_comments or conn_table is None or metadata_table is None:
        return
    database, model = conn_table.comment or None, metadata_table.comment or None
    if database == model:
        return
    if model is None:
        modify_table_ops.ops.append(DropTableCommentOp(tname, existing_comment=database, schema=schema))
    else:
        modify_table_ops.ops.append(CreateTableCommentOp(tname, model, existing_comment=database, schema=schema))
