"""Types of columns: the impl compares, unless the user's function does (behaviour 7.5)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from sqlalchemy.types import NullType

if TYPE_CHECKING:
    from sqlalchemy import Column

    from limbeck.operations.ops import AlterColumnOp
    from limbeck.runtime.migration import MigrationContext
    from limbeck.runtime.plugins import Plugin

    from ..context import AutogenContext

log = logging.getLogger("alembic.autogenerate.compare.types")


def setup(plugin: Plugin) -> None:
    """Register the comparator of this file."""
    plugin.add_autogenerate_comparator(compare_type, "column", "types")


def compare_type(
    autogen_context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    tname: str,
    cname: str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> None:
    """Whether the types of a column differ."""
    theirs, ours = conn_col.type, metadata_col.type
    alter_column_op.existing_type = theirs
    shown = f"{tname}.{cname}"
    if isinstance(theirs, NullType):
        log.info("Couldn't determine database type for column '%s'", shown)
    elif isinstance(ours, NullType):
        log.info("Column '%s' has no type within the model; can't compare", shown)
    elif _differ(autogen_context.migration_context, conn_col, metadata_col):
        alter_column_op.modify_type = ours
        log.info("Detected type change from %r to %r on '%s'", theirs, ours, shown)


def _differ(context: MigrationContext, conn_col: Column[Any], metadata_col: Column[Any]) -> bool:
    wanted = context._user_compare_type
    if wanted is False:
        return False
    if callable(wanted):
        verdict = wanted(context, conn_col, metadata_col, conn_col.type, metadata_col.type)
        if verdict is not None:
            return bool(verdict)
    return context.impl.compare_type(conn_col, metadata_col)
