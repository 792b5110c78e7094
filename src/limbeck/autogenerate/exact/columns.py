"""Columns: each difference between the two shapes of a column becomes part of an operation."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from sqlalchemy.types import SchemaType

from limbeck import sqla
from limbeck.autogenerate.registry import add_comparator, plugin
from limbeck.operations.ops import AddColumnOp, AlterColumnOp, DropColumnOp

from .table_pair import normalizer_of, snapshot_of

if TYPE_CHECKING:
    from limbeck.autogenerate.context import AutogenContext
    from limbeck.autogenerate.read.table_view import TableView
    from limbeck.ddl.normalizer import Normalizer
    from limbeck.ddl.shape import ColumnShape
    from limbeck.operations.ops import MigrateOperation
    from limbeck.runtime.plugins import Plugin
    from limbeck.sqla import AnyColumn, AnyType

    from .table_pair import TablePair

log = logging.getLogger("alembic.autogenerate.compare.exact")

_BY_TEXT = ("alembic.autogenerate.types", "alembic.autogenerate.defaults")
"""The plugins whose comparators tell by texts whether columns differ."""


def setup(plugin: Plugin) -> None:
    """Register the comparator of this file."""
    add_comparator(plugin, compare_column, "column", "exact", is_unchanged_shape)


def is_unchanged_shape(view: TableView) -> bool:
    """Whether the database would make of the model just what it has, but for foreign keys."""
    return view.snapshot is not None and view.snapshot.is_alike(view.name)


def compare_column(
    autogen_context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    tname: str,
    cname: str,
    conn_col: AnyColumn,
    metadata_col: AnyColumn,
) -> None:
    """Compare all of a column but what it computes: a column that computes something else is recreated."""
    normalizer = normalizer_of(autogen_context)
    tables = snapshot_of(autogen_context).both((schema, tname))
    database, model = tables[0].columns.get(cname), tables[1].columns.get(cname)
    if tables[1].by_text:
        _compare_by_text(autogen_context, alter_column_op, schema, tname, cname, conn_col, metadata_col)
    _state_what_exists(autogen_context, alter_column_op, conn_col, metadata_col)
    if database is None or model is None or database == model or _has_to_be_recreated(database, model):
        return
    if _type_differs(autogen_context, conn_col, metadata_col, database, model):
        alter_column_op.existing_type, alter_column_op.modify_type = normalizer.rendered_types(
            (conn_col.type, database), (without_check(metadata_col.type), model), tables
        )
    if database.nullable != model.nullable:
        alter_column_op.modify_nullable = model.nullable
    _change_default(normalizer, alter_column_op, conn_col, metadata_col, database, model)
    if database.comment != model.comment:
        alter_column_op.modify_comment = model.comment
    if database.autoincrement != model.autoincrement and not normalizer.autoincrements_by_sequence:
        alter_column_op.kw |= {"autoincrement": model.autoincrement, "existing_autoincrement": database.autoincrement}
    for aspect, old, new in zip(database._fields, database, model, strict=True):
        if old != new:
            log.info("Detected %s of column '%s.%s' changed from %r to %r", aspect.rstrip("_"), tname, cname, old, new)


def _compare_by_text(autogen_context: AutogenContext, *args: object) -> None:
    """Compare type and default classically, where the database refused a scratch copy of the model."""
    for name in _BY_TEXT:
        comparators = plugin(name).autogenerate_comparators
        comparators.dispatch("column", qualifier=autogen_context.dialect.name)(autogen_context, *args)


def _state_what_exists(
    autogen_context: AutogenContext, operation: AlterColumnOp, conn_col: AnyColumn, metadata_col: AnyColumn
) -> None:
    operation.existing_type = conn_col.type
    operation.existing_nullable = conn_col.nullable
    operation.existing_comment = conn_col.comment or None
    has_default = conn_col.server_default is not None or metadata_col.server_default is not None
    if has_default or autogen_context.migration_context.impl.restates_columns:
        operation.existing_server_default = conn_col.server_default


def _change_default(
    normalizer: Normalizer,
    operation: AlterColumnOp,
    conn_col: AnyColumn,
    metadata_col: AnyColumn,
    database: ColumnShape,
    model: ColumnShape,
) -> None:
    """Change the default or the identity, unless a sequence of the column comes or goes, and its default with it."""
    if (database.default, database.identity, database.extra) == (model.default, model.identity, model.extra):
        return
    if database.autoincrement != model.autoincrement and normalizer.autoincrements_by_sequence:
        return
    both = database.identity is not None and model.identity is not None
    operation.modify_server_default = normalizer.identity(model) if both else metadata_col.server_default
    operation.existing_server_default = normalizer.identity(database) if both else conn_col.server_default


def _type_differs(
    autogen_context: AutogenContext,
    conn_col: AnyColumn,
    metadata_col: AnyColumn,
    database: ColumnShape,
    model: ColumnShape,
) -> bool:
    wanted, context = autogen_context.compare_type, autogen_context.migration_context
    if wanted is False:
        return False
    verdict = wanted(context, conn_col, metadata_col, conn_col.type, metadata_col.type) if callable(wanted) else None
    return database.type_ != model.type_ if verdict is None else bool(verdict)


# --- columns that cannot be altered -------------------------------------------------------------------------------


def _has_to_be_recreated(database: ColumnShape, model: ColumnShape) -> bool:
    """Whether a column has to be dropped and added again: what it computes differs."""
    return database.computed != model.computed or (model.computed is not None and database.type_ != model.type_)


def recreate_columns(pair: TablePair) -> set[str]:
    """Drop and add columns whose computation differs, and computed ones whose sources change; returns their names."""
    recreated = _columns_to_recreate(pair)
    for name in [name for name in pair.model.columns if name in recreated]:
        old, new = pair.conn_table.c[name], pair.metadata_table.c[name]
        if pair.context.run_object_filters(new, name, "column", False, old):
            pair.changes.ops[:] = [op for op in pair.changes.ops if not alters(op, name)]
            pair.changes.ops.append(DropColumnOp.from_column_and_tablename(*pair.name, old))
            pair.changes.ops.append(AddColumnOp.from_column_and_tablename(*pair.name, new))
            log.info("Detected changed computation of column '%s.%s'", pair.name[1], name)
    return recreated


def _columns_to_recreate(pair: TablePair) -> set[str]:
    database, model = pair.database.columns, pair.model.columns
    recreated = {name for name in pair.common_columns if _has_to_be_recreated(database[name], model[name])}
    altered = [op for op in pair.changes.ops if isinstance(op, AlterColumnOp)]
    with_new_type = {op.column_name for op in altered if op.modify_type is not None}
    for name in [name for name in pair.common_columns if name not in recreated]:
        computed = database[name].computed
        if computed is not None and any(_mentions(computed, other) for other in with_new_type | recreated):
            recreated.add(name)
    return recreated


def _mentions(expression: str, column: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(column)}(?!\w)", expression) is not None


def alters(operation: MigrateOperation, column: str) -> bool:
    """Whether an operation on a table alters its ``column``."""
    return isinstance(operation, AlterColumnOp) and operation.column_name == column


# --- checks that come with types ----------------------------------------------------------------------------------


def leave_checks_to_operations(pair: TablePair) -> None:
    """Add new columns without the checks of their types: each check is created, and dropped, by its own operation."""
    for operation in pair.changes.ops:
        if isinstance(operation, AddColumnOp):
            type_ = without_check(operation.column.type)
            if type_ is not operation.column.type:
                operation.column = sqla.copy_column(operation.column)
                operation.column.type = type_


def without_check(type_: AnyType) -> AnyType:
    """The type of a model without the check that it brings, which is compared and created as a check."""
    if isinstance(type_, SchemaType) and getattr(type_, "create_constraint", False):
        return type_.adapt(type(type_), create_constraint=False)
    return type_
