"""Comments of columns and tables, where the database has them; an empty one is none (behaviour 7.2)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from limbeck.operations.ops import AlterColumnOp, CreateTableCommentOp, DropTableCommentOp, ModifyTableOps

from .unchanged import add_comparator

if TYPE_CHECKING:
    from sqlalchemy import Column, Table

    from limbeck.runtime.plugins import Plugin

    from ..context import AutogenContext
    from .unchanged import TableView

log = logging.getLogger("alembic.autogenerate.compare.comments")


def setup(plugin: Plugin) -> None:
    """Register the comparators of this file."""
    add_comparator(plugin, compare_column_comment, "column", "comments", surely_same_column_comments)
    add_comparator(plugin, compare_table_comment, "table", "comments", surely_same_table_comment)


def surely_same_column_comments(sight: TableView) -> bool:
    """Whether the columns have the same comments, or the database has none at all."""
    return not sight.context.dialect.supports_comments or all(
        (listed.get("comment") or None) == (column.comment or None) for listed, column in sight.columns
    )


def surely_same_table_comment(sight: TableView) -> bool:
    """Whether the table has the same comment, or the database has none at all."""
    if not sight.context.dialect.supports_comments:
        return True
    listed = sight.listed("table_comment") or {"text": None}
    return (listed["text"] or None) == (sight.table.comment or None)


def compare_column_comment(
    autogen_context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    tname: str,
    cname: str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> None:
    """Whether the comments of a column differ."""
    if not autogen_context.dialect.supports_comments:
        return
    theirs, ours = conn_col.comment or None, metadata_col.comment or None
    alter_column_op.existing_comment = theirs
    if theirs != ours:
        alter_column_op.modify_comment = ours
        log.info("Detected column comment '%s'", f"{tname}.{cname}")


def compare_table_comment(
    autogen_context: AutogenContext,
    modify_table_ops: ModifyTableOps,
    schema: str | None,
    tname: str,
    conn_table: Table | None,
    metadata_table: Table | None,
) -> None:
    """Whether the comments of a table differ; new tables are created with theirs."""
    if not autogen_context.dialect.supports_comments or conn_table is None or metadata_table is None:
        return
    theirs, ours = conn_table.comment or None, metadata_table.comment or None
    if theirs == ours:
        return
    if ours is None:
        modify_table_ops.ops.append(DropTableCommentOp(tname, existing_comment=theirs, schema=schema))
    else:
        modify_table_ops.ops.append(CreateTableCommentOp(tname, ours, existing_comment=theirs, schema=schema))
