"""A column that becomes NOT NULL, on a table that may have rows: they get a value first.

That is done under an edition, in both directions. A new column is added as nullable, filled, then made NOT NULL; one
that is there is filled where it is NULL. The value is what ``--fill`` or an answer at the terminal says, else the
model's default. Where there is none the script begins with an assignment of an undefined name: it fails there, before
anything is changed, until the value is written in its place. An empty table needs no value.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine import Connection

from limbeck import console, sqla
from limbeck.errors import warn
from limbeck.operations.ops import AddColumnOp, AlterColumnOp, ModifyTableOps, OpContainer
from limbeck.script.fill_in import CODE, MISSING, assignment

from ..read.names import qualified

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.operations.ops import MigrateOperation

    from ..context import AutogenContext

    Filled = AddColumnOp | AlterColumnOp


def wants_filling(op: MigrateOperation, autogen_context: AutogenContext) -> bool:
    """Whether ``op`` makes a column NOT NULL for which existing rows need a value."""
    if autogen_context.opts.get("edition") is None:
        return False
    if isinstance(op, AddColumnOp):
        column = op.column
        if column.nullable or column.server_default is not None or column.primary_key or op.inline_primary_key:
            return False
        return _value(op, autogen_context) is not None or _has_rows(op, autogen_context)
    if not isinstance(op, AlterColumnOp) or op.modify_nullable is not False or op.existing_nullable is not True:
        return False
    return autogen_context.fillings.value(_place(op)) is not None or _has_rows(op, autogen_context)


def assignments_to_fill_in(container: OpContainer, autogen_context: AutogenContext) -> list[str]:
    """The lines at the top of a function in which values have to be written by hand."""
    lines = []
    for op in _filled(container, autogen_context):
        if _value(op, autogen_context) is not None:
            continue
        where = f"{op.table_name}.{_name(op)}"
        lines.append(assignment(_variable(op), op.table_name, _name(op)))
        warn(
            f"{where} is NOT NULL and has no default: the script fails until the value for its rows is written",
            code=CODE,
            hint=f"replace {MISSING} in the script, say --fill {where}=SQL, or give the column a default in the models",
            stacklevel=3,
        )
    return lines


def ask_for_values(container: OpContainer, autogen_context: AutogenContext) -> None:
    """Ask at the terminal, where there is one, for each value that is missing; an empty answer leaves it missing."""
    for op in _filled(container, autogen_context):
        _kept(op, autogen_context)
        if autogen_context.can_ask and _value(op, autogen_context) is None:
            where = f"{op.table_name}.{_name(op)}"
            if answer := console.ask(
                f"{where} is NOT NULL: SQL of the value for existing rows (Enter: write it later)"
            ):
                autogen_context.fillings.answer(_place(op), answer)


def _filled(container: OpContainer, autogen_context: AutogenContext) -> Iterator[Filled]:
    for op in container.ops:
        if isinstance(op, OpContainer):
            yield from _filled(op, autogen_context)
        elif wants_filling(op, autogen_context):
            yield op  # type: ignore[misc]  # it wants filling


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
    return added, filling(op, autogen_context), ModifyTableOps(op.table_name, [tightened], schema=op.schema)


def filling(op: Filled, autogen_context: AutogenContext) -> str:
    """The call that gives existing rows their value; of a column that was there, those where it is NULL."""
    prefix = autogen_context.opts["alembic_module_prefix"] or ""
    return f"{prefix}execute({_statement(op, autogen_context)})"


def _statement(op: Filled, autogen_context: AutogenContext) -> str:
    """The ``UPDATE`` as a Python literal, with the variable in it where the value has to be written by hand."""
    column, *kept = (sa.column(name, sa.types.NULLTYPE) for name in (_name(op), *_kept(op, autogen_context)))
    mark = "\0"
    values = {column: sa.literal_column(mark), **{each: each for each in kept}}
    update = sa.table(op.table_name, column, *kept, schema=op.schema).update().values(values)
    statement = update.where(sa.column(_name(op)).is_(None)) if isinstance(op, AlterColumnOp) else update
    value = _value(op, autogen_context)
    sql = sqla.compile_script(statement, sqla.for_script(autogen_context.dialect), literals=True)
    if value is not None:
        return repr(sql.replace(mark, value))
    braces = sql.replace("{", "{{").replace("}", "}}")
    return "f" + repr(braces.replace(mark, f"{{{_variable(op)}}}"))


def _kept(op: Filled, autogen_context: AutogenContext) -> list[str]:
    """Columns that the ``UPDATE`` would set besides, and that keep their values; asked while there is a connection."""
    model = autogen_context.table_key_to_table.get(qualified((op.schema, op.table_name)))
    connection, fillings = autogen_context.connection, autogen_context.fillings
    if model is None:
        return []
    known = fillings.kept(_place(op))
    if known is None and isinstance(connection, Connection) and not connection.closed:
        known = autogen_context.migration_context.impl.columns_set_by_update(connection, model)
        fillings.note_kept(_place(op), known)
    return [name for name in known or () if name != _name(op)]


def _name(op: Filled) -> str:
    return op.column.name if isinstance(op, AddColumnOp) else op.column_name


def _place(op: Filled) -> tuple[str | None, str, str]:
    return op.schema, op.table_name, _name(op)


def _variable(op: Filled) -> str:
    return re.sub(r"\W", "_", f"rows_of_{op.table_name}_{_name(op)}")


def _value(op: Filled, autogen_context: AutogenContext) -> str | None:
    """What is said for the column, else its default, as SQL; None where that is no value and no SQL expression."""
    said = autogen_context.fillings.value(_place(op))
    if said is not None:
        return said
    if isinstance(op, AddColumnOp):
        return _default(op.column, autogen_context)
    stated = op.existing_server_default if op.modify_server_default is False else op.modify_server_default
    if isinstance(default := getattr(stated, "arg", stated), str | sa.sql.ClauseElement):
        return _sql(sa.literal(default) if isinstance(default, str) else default, autogen_context)
    model = autogen_context.table_key_to_table.get(qualified((op.schema, op.table_name)))
    column = None if model is None else next((each for each in model.c if each.name == op.column_name), None)
    return None if column is None else _default(column, autogen_context)


def _default(column: sqla.AnyColumn, autogen_context: AutogenContext) -> str | None:
    default: Any = column.default
    if default is None or not (default.is_scalar or default.is_clause_element):
        return None
    return _sql(sa.literal(default.arg, column.type) if default.is_scalar else default.arg, autogen_context)


def _sql(expression: sa.sql.ClauseElement, autogen_context: AutogenContext) -> str | None:
    try:
        return autogen_context.migration_context.impl.render_ddl_sql_expr(expression)  # type: ignore[arg-type]  # text too
    except exc.CompileError:
        return None  # a type whose values have no literal


def _has_rows(op: Filled, autogen_context: AutogenContext) -> bool:
    """Whether the table has rows, of an existing column such where it is NULL; asked while there is a connection.

    Where that cannot be told, a new column is filled and an existing one is not.
    """
    null, place, connection = isinstance(op, AlterColumnOp), _place(op), autogen_context.connection
    known = autogen_context.fillings.known_rows(place, null=null)
    if known is not None or not isinstance(connection, Connection) or connection.closed:
        return (not null) if known is None else known
    catalogue = sa.inspect(connection)
    if not catalogue.has_table(op.table_name, op.schema):
        return not null  # it gets that name by the script
    column = sa.column(_name(op), sa.types.NULLTYPE)
    query = sa.select(sa.literal_column("1", sa.Integer)).select_from(sqla.table_of(op.table_name, op.schema)).limit(1)
    if null and column.name not in {each["name"] for each in catalogue.get_columns(op.table_name, op.schema)}:
        return False
    found = connection.execute(query.where(column.is_(None)) if null else query).first() is not None
    autogen_context.fillings.note_rows(place, null=null, found=found)
    return found
