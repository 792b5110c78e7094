"""Types of columns: the impl compares, unless the user's function does (behaviour 7.5)."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column
from sqlalchemy.types import NullType

from limbeck import sqla

from .unchanged import add_comparator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from limbeck.ddl.impl import DefaultImpl
    from limbeck.operations.ops import AlterColumnOp
    from limbeck.runtime.migration import MigrationContext
    from limbeck.runtime.plugins import Plugin

    from ..context import AutogenContext
    from .unchanged import TableView

log = logging.getLogger("alembic.autogenerate.compare.types")


def setup(plugin: Plugin) -> None:
    """Register the comparator of this file."""
    add_comparator(plugin, compare_type, "column", "types", surely_same_types)


def surely_same_types(sight: TableView) -> bool:
    """Whether all types are known and the impl sees no difference; pairs of types that are spelled alike count once."""
    compared = sight.context.migration_context._user_compare_type is not False
    for listed, column in sight.columns:
        theirs, ours = listed["type"], column.type
        if isinstance(theirs, NullType) or isinstance(ours, NullType):
            return False
        key = ("type", sqla.spelling(theirs), sqla.spelling(ours))
        if compared and sight.remember(key, partial(_seen_to_differ, sight.impl, listed, column)):
            return False
    return True


def _seen_to_differ(impl: DefaultImpl, listed: Mapping[str, Any], column: Column[Any]) -> bool:
    return impl.compare_type(Column(listed["name"], listed["type"]), column)


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
