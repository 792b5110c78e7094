"""Columns: which were added, which removed, and what changed in those on both sides (behaviour 7.2)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from limbeck import sqla
from limbeck.autogenerate.exact.snapshot import shapes_of
from limbeck.autogenerate.read.reflect import qualified
from limbeck.operations.ops import AddColumnOp, AlterColumnOp, DropColumnOp, ModifyTableOps

if TYPE_CHECKING:
    from sqlalchemy import Column, Table

    from limbeck.autogenerate.read.reflect import TableName

    from ..context import AutogenContext

log = logging.getLogger("alembic.autogenerate.compare.tables")


def columns_of_database(autogen_context: AutogenContext, name: TableName, conn_table: Table) -> dict[str, Column[Any]]:
    """The columns of the database that the name filters let through."""
    schema, table_name = name
    return {
        column.name: column
        for column in conn_table.c
        if autogen_context.run_name_filters(column.name, "column", {"table_name": table_name, "schema_name": schema})
    }


def columns_of_model(table: Table) -> dict[str, Column[Any]]:
    """The columns of the models, without those that the database brings itself."""
    return {column.name: column for column in table.c if not column.system}


def compare_columns(
    autogen_context: AutogenContext,
    changes: ModifyTableOps,
    name: TableName,
    there: dict[str, Column[Any]],
    ours: dict[str, Column[Any]],
) -> None:
    """Columns that are new, then those that changed, both in the order of the models."""
    schema, table_name = name
    for column_name, column in ours.items():
        if column_name not in there and autogen_context.run_object_filters(column, column_name, "column", False, None):
            changes.ops.append(AddColumnOp.from_column_and_tablename(schema, table_name, column))
            log.info("Detected added column '%s.%s'", qualified(name), column_name)
    for column_name, column in ours.items():
        reflected = there.get(column_name)
        if reflected is None:
            continue
        if autogen_context.run_object_filters(column, column_name, "column", False, reflected):
            altered = _altered(autogen_context, name, column_name, reflected, column)
            if altered is not None:
                changes.ops.append(altered)


def drop_columns(
    autogen_context: AutogenContext,
    changes: ModifyTableOps,
    name: TableName,
    there: dict[str, Column[Any]],
    ours: dict[str, Column[Any]],
) -> None:
    """Columns that the models no longer have, in the order of the database.

    An exact comparison drops the last one first, so that the downgrade adds them in that order.
    """
    schema, table_name = name
    listed = list(there.items())
    for column_name, column in listed if shapes_of(autogen_context) is None else reversed(listed):
        if column_name not in ours and autogen_context.run_object_filters(column, column_name, "column", True, None):
            changes.ops.append(DropColumnOp.from_column_and_tablename(schema, table_name, column))
            log.info("Detected removed column '%s.%s'", qualified(name), column_name)


def _altered(
    autogen_context: AutogenContext,
    name: TableName,
    column_name: str,
    reflected: Column[Any],
    column: Column[Any],
) -> AlterColumnOp | None:
    schema, table_name = name
    operation = AlterColumnOp(table_name, column_name, schema=schema)
    compare = autogen_context.comparators.dispatch("column", qualifier=autogen_context.dialect.name)
    compare(autogen_context, operation, schema, table_name, column_name, reflected, column)
    if not operation.has_changes():
        return None
    if shapes_of(autogen_context) is not None and not autogen_context.migration_context.impl.restates_columns:
        return operation  # autoincrement= is heeded by a restatement alone
    if sqla.counts_up(column):
        operation.kw["autoincrement"] = True
    elif isinstance(column.autoincrement, bool):
        operation.kw["autoincrement"] = column.autoincrement
    return operation
