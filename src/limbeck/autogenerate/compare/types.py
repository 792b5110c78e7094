"""Types of columns: compared by the impl, unless by the function of ``configure(compare_type=...)``."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column
from sqlalchemy.types import NullType

from limbeck import sqla
from limbeck.autogenerate.registry import add_comparator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.autogenerate.read.table_view import TableView
    from limbeck.ddl.impl import DefaultImpl
    from limbeck.operations.ops import AlterColumnOp
    from limbeck.runtime.plugins import Plugin

log = logging.getLogger("alembic.autogenerate.compare.types")


def setup(plugin: Plugin) -> None:
    """Register the comparator of this file."""
    add_comparator(plugin, compare_type, "column", "types", is_unchanged_types)


def is_unchanged_types(view: TableView) -> bool:
    """Whether all types are known and the impl finds no difference; types that are written alike are compared once."""
    for listed, column in view.columns:
        database, model = listed["type"], column.type
        if isinstance(database, NullType) or isinstance(model, NullType):
            return False
        key = ("type", sqla.spelling(database), sqla.spelling(model))
        if view.compares_types and view.verdicts.of(key, partial(_differs_as_listed, view.impl, listed, column)):
            return False
    return True


def _differs_as_listed(impl: DefaultImpl, listed: Mapping[str, Any], column: sqla.AnyColumn) -> bool:
    return impl.compare_type(Column(listed["name"], listed["type"]), column)


def compare_type(
    autogen_context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    tname: str,
    cname: str,
    conn_col: sqla.AnyColumn,
    metadata_col: sqla.AnyColumn,
) -> None:
    """Compare the types of a column."""
    database, model = conn_col.type, metadata_col.type
    alter_column_op.existing_type = database
    path = f"{tname}.{cname}"
    if isinstance(database, NullType):
        log.info("Couldn't determine database type for column '%s'", path)
    elif isinstance(model, NullType):
        log.info("Column '%s' has no type within the model; can't compare", path)
    elif _differs(autogen_context, conn_col, metadata_col):
        alter_column_op.modify_type = model
        log.info("Detected type change from %r to %r on '%s'", database, model, path)


def _differs(autogen_context: AutogenContext, conn_col: sqla.AnyColumn, metadata_col: sqla.AnyColumn) -> bool:
    wanted, context = autogen_context.compare_type, autogen_context.migration_context
    if wanted is False:
        return False
    if callable(wanted):
        verdict = wanted(context, conn_col, metadata_col, conn_col.type, metadata_col.type)
        if verdict is not None:
            return bool(verdict)
    return context.impl.compare_type(conn_col, metadata_col)
