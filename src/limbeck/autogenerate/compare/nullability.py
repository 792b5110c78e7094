"""Whether columns take NULL (behaviour 7.2)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from limbeck import sqla

from .unchanged import add_comparator

if TYPE_CHECKING:
    from sqlalchemy import Column

    from limbeck.operations.ops import AlterColumnOp
    from limbeck.runtime.plugins import Plugin

    from ..context import AutogenContext
    from .unchanged import TableView

log = logging.getLogger("alembic.autogenerate.compare.constraints")


def setup(plugin: Plugin) -> None:
    """Register the comparator of this file."""
    add_comparator(plugin, compare_nullable, "column", "nullable", surely_same_nullability)


def surely_same_nullability(sight: TableView) -> bool:
    """Whether each column takes NULL on both sides or on none."""
    return all(listed["nullable"] is column.nullable for listed, column in sight.columns)


def compare_nullable(
    autogen_context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    tname: str,
    cname: str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> None:
    """Whether a column takes NULL; of identity columns and computed ones databases have their own opinion."""
    alter_column_op.existing_nullable = conn_col.nullable
    if conn_col.nullable is metadata_col.nullable:
        return
    shown = f"{tname}.{cname}"
    if metadata_col.computed is not None and not sqla.says_nullable(metadata_col):
        log.info("Ignoring nullable change on computed column '%s'", shown)
        return
    if metadata_col.identity is not None:
        log.info("Ignoring nullable change on identity column '%s'", shown)
        return
    alter_column_op.modify_nullable = metadata_col.nullable
    log.info("Detected %s on column '%s'", "NULL" if metadata_col.nullable else "NOT NULL", shown)
