"""Columns: those that are added, those that are removed, and what differs in those on both sides."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from limbeck import sqla
from limbeck.autogenerate.read.names import qualified
from limbeck.operations.ops import AddColumnOp, AlterColumnOp, DropColumnOp
from limbeck.runtime.priority import PriorityDispatchResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Table

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.autogenerate.read.names import TableName
    from limbeck.operations.ops import ModifyTableOps

    Columns = Mapping[str, sqla.AnyColumn]

log = logging.getLogger("alembic.autogenerate.compare.tables")


def columns_of_database(autogen_context: AutogenContext, name: TableName, conn_table: Table) -> Columns:
    """The columns of the database that pass the name filters."""
    schema, table_name = name
    return {
        column.name: column
        for column in conn_table.c
        if autogen_context.run_name_filters(column.name, "column", {"table_name": table_name, "schema_name": schema})
    }


def columns_of_model(table: Table) -> Columns:
    """The columns of the model, without the system columns that every table has."""
    return {column.name: column for column in table.c if not column.system}


def add_and_alter_columns(
    autogen_context: AutogenContext, changes: ModifyTableOps, name: TableName, database: Columns, model: Columns
) -> None:
    """Add the columns that are new, then alter those that differ, both in the order of the model."""
    schema, table_name = name
    allowed = autogen_context.run_object_filters
    for column_name, column in model.items():
        if column_name not in database and allowed(column, column_name, "column", False, None):
            changes.ops.append(AddColumnOp.from_column_and_tablename(schema, table_name, column))
            log.info("Detected added column '%s.%s'", qualified(name), column_name)
    for column_name, column in model.items():
        reflected = database.get(column_name)
        if reflected is None or not allowed(column, column_name, "column", False, reflected):
            continue
        altered = _altered(autogen_context, name, reflected, column)
        if altered is not None:
            changes.ops.append(altered)


def drop_columns(
    autogen_context: AutogenContext, changes: ModifyTableOps, name: TableName, database: Columns, model: Columns
) -> None:
    """Drop the columns that the model no longer has, in the order of the database.

    An exact comparison drops the last one first, so that the downgrade adds them in the order of the database.
    """
    schema, table_name = name
    listed = list(database.items())
    for column_name, column in reversed(listed) if autogen_context.state.is_exact else listed:
        if column_name not in model and autogen_context.run_object_filters(column, column_name, "column", True, None):
            changes.ops.append(DropColumnOp.from_column_and_tablename(schema, table_name, column))
            log.info("Detected removed column '%s.%s'", qualified(name), column_name)


def _altered(
    autogen_context: AutogenContext, name: TableName, reflected: sqla.AnyColumn, column: sqla.AnyColumn
) -> AlterColumnOp | None:
    """The operation that gives a column what its model has; None where nothing differs."""
    schema, table_name = name
    operation = AlterColumnOp(table_name, column.name, schema=schema)
    compare = autogen_context.comparators.dispatch("column", qualifier=autogen_context.dialect.name)
    stopped = compare(autogen_context, operation, schema, table_name, column.name, reflected, column)
    if not operation.has_changes():
        return None
    restates = autogen_context.migration_context.impl.restates_columns
    if not restates and (autogen_context.state.is_exact or stopped is PriorityDispatchResult.STOP):
        return operation  # autoincrement= has an effect only where a column is restated as a whole
    if sqla.counts_up(column):
        operation.kw["autoincrement"] = True
    elif isinstance(column.autoincrement, bool):
        operation.kw["autoincrement"] = column.autoincrement
    return operation
