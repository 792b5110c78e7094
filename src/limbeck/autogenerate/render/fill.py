"""A new NOT NULL column for a table that may have rows: added as nullable, filled, then made NOT NULL.

That is done under an edition. The rows get the model's default. Where it has none that is a value or an SQL expression,
the script begins with an assignment of an undefined name: it fails there, before anything is changed, until the value
is written in its place.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import exc

from limbeck import sqla
from limbeck.errors import warn
from limbeck.operations.ops import AddColumnOp, AlterColumnOp, ModifyTableOps, OpContainer, UpgradeOps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.operations.ops import MigrateOperation

    from ..context import AutogenContext

MISSING = "FILL_IN"
"""The undefined name."""


def wants_filling(op: MigrateOperation, autogen_context: AutogenContext) -> bool:
    """Whether ``op`` adds a column that needs a value in existing rows, and the script is to give them one."""
    if autogen_context.opts.get("edition") is None or not isinstance(op, AddColumnOp):
        return False
    column = op.column
    if column.nullable or column.server_default is not None or column.primary_key or op.inline_primary_key:
        return False
    return autogen_context.asks_for_values or _value(column, autogen_context) is not None


def assignments_to_fill_in(container: OpContainer, autogen_context: AutogenContext) -> list[str]:
    """The lines at the top of ``upgrade()`` in which values have to be written by hand."""
    lines = []
    for op in _additions(container) if isinstance(container, UpgradeOps) else ():
        if wants_filling(op, autogen_context) and _value(op.column, autogen_context) is None:
            where = f"{op.table_name}.{op.column.name}"
            lines.append(
                f"{_variable(op)} = {MISSING}  # SQL of the value that rows of {op.table_name!r} get in "
                f"{op.column.name!r}: it is NOT NULL, and the models have no value for it"
            )
            warn(
                f"{where} is NOT NULL and has no default: the script fails until the value for its rows is written",
                code="fill-in",
                hint=f"replace {MISSING} in the script, or give the column a default in the models",
                stacklevel=3,
            )
    return lines


def _additions(container: OpContainer) -> Iterator[AddColumnOp]:
    for op in container.ops:
        if isinstance(op, OpContainer):
            yield from _additions(op)
        elif isinstance(op, AddColumnOp):
            yield op


def in_steps(op: AddColumnOp, autogen_context: AutogenContext) -> tuple[AddColumnOp, str, ModifyTableOps]:
    """The addition as nullable, the call that fills the column as text, and the operations that make it NOT NULL."""
    column = sqla.copy_column(op.column)
    column.nullable = True
    options = {"if_not_exists": op.if_not_exists, "inline_references": op.inline_references}
    added = AddColumnOp(op.table_name, column, schema=op.schema, **options, **op.kw)
    tightened = AlterColumnOp(
        op.table_name,
        op.column.name,
        schema=op.schema,
        existing_type=op.column.type,
        existing_comment=op.column.comment,
        existing_server_default=None,
        modify_nullable=False,
    )
    prefix = autogen_context.opts["alembic_module_prefix"] or ""
    filled = f"{prefix}execute({_statement(op, autogen_context)})"
    return added, filled, ModifyTableOps(op.table_name, [tightened], schema=op.schema)


def _statement(op: AddColumnOp, autogen_context: AutogenContext) -> str:
    """The ``UPDATE`` as a Python literal, with the variable in it where the value has to be written by hand."""
    table = sa.table(op.table_name, sa.column(op.column.name), schema=op.schema)
    value = _value(op.column, autogen_context)
    mark = "\0"
    statement = table.update().values({op.column.name: sa.literal_column(mark)})
    sql = sqla.compile_script(statement, sqla.for_script(autogen_context.dialect), literals=True)
    if value is not None:
        return repr(sql.replace(mark, value))
    braces = sql.replace("{", "{{").replace("}", "}}")
    return "f" + repr(braces.replace(mark, f"{{{_variable(op)}}}"))


def _variable(op: AddColumnOp) -> str:
    return re.sub(r"\W", "_", f"rows_of_{op.table_name}_{op.column.name}")


def _value(column: sqla.AnyColumn, autogen_context: AutogenContext) -> str | None:
    """The model's default as SQL; None where it is no value and no SQL expression."""
    default: Any = column.default
    if default is None or not (default.is_scalar or default.is_clause_element):
        return None
    expression = sa.literal(default.arg, column.type) if default.is_scalar else default.arg
    try:
        return autogen_context.migration_context.impl.render_ddl_sql_expr(expression)
    except exc.CompileError:
        return None  # a type whose values have no literal
