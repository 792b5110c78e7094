"""Operations as calls: arguments rendered by their types, laid out by the name of the call."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, Column
from sqlalchemy.schema import Constraint

from limbeck import sqla
from limbeck.errors import warn
from limbeck.operations.call import ColumnDefinition, SQLText
from limbeck.operations.ops import (
    AddConstraintOp,
    AlterColumnOp,
    CreateCheckConstraintOp,
    CreateForeignKeyOp,
    CreatePrimaryKeyOp,
    CreateTableOp,
    CreateUniqueConstraintOp,
    DropConstraintOp,
    ExecuteSQLOp,
    MigrateOperation,
)
from limbeck.operations.schemaobj import SchemaObjects

from ..registry import renderers as renderers
from .columns import _render_column
from .constraints import _render_constraint
from .defaults import _render_server_default
from .names import _alembic_autogenerate_prefix
from .values import render_value

if TYPE_CHECKING:
    from limbeck.operations.call import Call

    from ..context import AutogenContext

_MOST_ARGUMENTS = 255
_UNDER_THE_NAME = ",\n           "
_ONE_ON_EACH_LINE = {"create_table_comment", "drop_table_comment"}  # comments are long
_DEFAULTS = ("server_default", "existing_server_default")


def render_op(autogen_context: AutogenContext, op: MigrateOperation) -> list[str]:
    """An operation as lines of text, by the renderer of its class, below its comment."""
    rendered = renderers.dispatch(op)(autogen_context, op)
    comment = getattr(op, "script_comment", ())  # operations of some libraries are no `MigrateOperation`
    return [f"# {line}" for line in comment] + ([rendered] if isinstance(rendered, str) else list(rendered))


def render_op_text(autogen_context: AutogenContext, op: MigrateOperation) -> str:
    """An operation as one text."""
    return "\n".join(render_op(autogen_context, op))


@renderers.dispatch_for(MigrateOperation)
def render_call(autogen_context: AutogenContext, op: MigrateOperation) -> str:
    """An operation by its call form; raises ValueError where it has none, and no renderer of its own either."""
    try:
        call = op.to_call(batch=autogen_context.has_batch)
    except NotImplementedError:
        raise ValueError(f"no dispatch function for object: {op}") from None
    return _text_of(autogen_context, call)


def _text_of(autogen_context: AutogenContext, call: Call) -> str:
    """A call, each value rendered by its type, laid out by the name of the call."""
    args = [render_value(value, autogen_context) for value in call.args]
    options = _options(autogen_context, call.kwargs)
    function = f"{_alembic_autogenerate_prefix(autogen_context)}{call.name}"
    texts = (*call.args, *(call.kwargs.get("existing") or {}).values())
    if call.name in _ONE_ON_EACH_LINE or any(isinstance(value, SQLText) and "\n" in value.text for value in texts):
        written = ",\n    ".join([*args, *options])
        return f"{function}(\n    {written}\n)"
    separator = _UNDER_THE_NAME if call.name == "alter_column" else ", "
    return f"{function}({separator.join([', '.join(args), *options])})"


def _options(autogen_context: AutogenContext, kwargs: dict[str, Any]) -> list[str]:
    rendered = []
    for name, value in kwargs.items():
        if name in _DEFAULTS and value is not None:
            rendered.append(f"{name}={_render_server_default(value, autogen_context)}")
        else:
            rendered.append(f"{name.replace(' ', '_')}={render_value(value, autogen_context)}")
    return rendered


@renderers.dispatch_for(CreateTableOp)
def render_create_table(autogen_context: AutogenContext, op: CreateTableOp) -> str:
    """Columns in their order, then constraints by their text; a long list as ``*[...]``, as Alembic writes it."""
    call = op.to_call()
    items = _with_constraints(op)
    columns = [_render_column(item, autogen_context) for item in items if isinstance(item, Column)]
    items += [check for item in items if isinstance(item, Column) for check in _checks_of(item, autogen_context)]
    constraints = [
        _render_constraint(item, autogen_context, op.namespace_metadata)
        for item in items
        if isinstance(item, Constraint)
    ]
    args = [text for text in columns if text] + sorted(text for text in constraints if text)
    listed = ",\n".join(args)
    if len(args) > _MOST_ARGUMENTS:
        listed = f"*[{listed}]"
    options = _options(autogen_context, call.kwargs)
    written = ",\n".join([render_value(op.table_name, autogen_context), *([listed] if args else []), *options])
    return f"{_alembic_autogenerate_prefix(autogen_context)}create_table({written}\n)"


def _checks_of(column: Column[Any], autogen_context: AutogenContext) -> list[CheckConstraint]:
    """The checks that were declared with a column, which Alembic leaves out: under an edition they are rendered."""
    if autogen_context.opts.get("edition") is None:
        return []
    return [check for check in sqla.in_order(column.constraints) if isinstance(check, CheckConstraint)]


def _with_constraints(op: CreateTableOp) -> list[Any]:
    """Columns and constraints, those of columns as constraints of the table.

    ``unique`` and ``index`` of a column are left out: the comparison has made constraints and operations of them.
    """
    if type(op).to_table is not CreateTableOp.to_table:
        table = op.to_table()  # a subclass overrides it to change what is written, as GeoAlchemy2's does
    elif op.constraints_included:
        return list(op.columns)
    else:
        table = SchemaObjects().table(op.table_name, *op.columns, schema=op.schema, _constraints_included=True)
    return [*table.columns, *sqla.in_order(table.constraints)]


@render_value.register(ColumnDefinition)
def _(value: ColumnDefinition, autogen_context: AutogenContext) -> str:
    """The column, under an edition with its checks."""
    checks = [_render_constraint(check, autogen_context, None) for check in _checks_of(value.column, autogen_context)]
    return str(_render_column(value.column, autogen_context, [check for check in checks if check]))


def render_alter_column(autogen_context: AutogenContext, op: AlterColumnOp) -> str:
    """What changes; the expression that casts is rendered for this direction alone."""
    return _text_of(autogen_context, _alteration(autogen_context, op))


def _alter_column(autogen_context: AutogenContext, op: AlterColumnOp) -> str:
    """What changes, without the expression that casts: libraries that render their classes by this add their own."""
    call = _alteration(autogen_context, op)
    options = {name: value for name, value in call.kwargs.items() if name != "postgresql_using"}
    return _text_of(autogen_context, replace(call, kwargs=options))


def _alteration(autogen_context: AutogenContext, op: AlterColumnOp) -> Call:
    call = op.to_call(batch=autogen_context.has_batch)
    options = {
        name: value
        for name, value in call.kwargs.items()
        if name != "existing_postgresql_using" and not (name == "postgresql_using" and value is None)
    }
    if _must_state_no_default(autogen_context, op):
        options["existing_server_default"] = None
    elif _restates(autogen_context) and "on update" in _existing_default_text(op).lower():
        options["existing_server_default"] = op.existing_server_default  # a restatement without it would keep ON UPDATE
    return replace(call, kwargs=options)


def _must_state_no_default(autogen_context: AutogenContext, op: AlterColumnOp) -> bool:
    """Whether the column is restated as a whole: with ``--sql`` that takes a statement about its default."""
    return _restates(autogen_context) and op.modify_server_default is False and op.existing_server_default is None


def _restates(autogen_context: AutogenContext) -> bool:
    return bool(autogen_context.migration_context.impl.restates_columns and autogen_context.opts.get("edition"))


def _existing_default_text(op: AlterColumnOp) -> str:
    arg = getattr(op.existing_server_default, "arg", op.existing_server_default)
    return str(getattr(arg, "text", arg))


@renderers.dispatch_for(DropConstraintOp)
def render_drop_constraint(autogen_context: AutogenContext, op: DropConstraintOp) -> list[str]:
    """An unnamed constraint by its columns or condition; else below a comment that says why the call will fail."""
    known: dict[str, Any] = {}
    check = op.creation
    if op.constraint_name is None and isinstance(check, CreateCheckConstraintOp) and autogen_context.wants_exact:
        known["condition"] = check.to_call().args[-1]
    elif op.constraint_name is None and op.columns is None:
        known["columns"] = _columns_of(op.creation)
        if known["columns"] is None:
            warn(
                f"Autogenerate rendered a drop_constraint() directive for an unnamed constraint on table "
                f"{op.table_name!r}; the migration will fail unless a constraint name is added to the directive.  "
                "Consider using a naming convention so that constraint names are known ahead of time.",
                code="constraint-without-name",
                hint="name it in the models, or give their MetaData a naming_convention",
                stacklevel=3,
            )
            return [*_UNNAMED, render_call(autogen_context, op)]
    call = op.to_call(batch=autogen_context.has_batch)
    return [_text_of(autogen_context, replace(call, kwargs=call.kwargs | known))]


def _columns_of(creation: AddConstraintOp | None) -> list[str] | None:
    """The columns by which an unnamed constraint is found in the catalogue."""
    if isinstance(creation, CreateForeignKeyOp):
        return list(creation.local_cols)
    if isinstance(creation, CreateUniqueConstraintOp | CreatePrimaryKeyOp):
        return list(creation.columns)
    return None


_UNNAMED = (
    "# WARNING: constraint name is None; this directive will fail as",
    "# rendered.  Add a name, or use a naming convention; see",
    "# https://alembic.sqlalchemy.org/en/latest/naming.html",
)


@renderers.dispatch_for(ExecuteSQLOp)
def render_execute(autogen_context: AutogenContext, op: ExecuteSQLOp) -> str:
    """A string of SQL; raises NotImplementedError for an expression."""
    if not isinstance(op.sqltext, str):
        raise NotImplementedError(
            "Autogenerate rendering of SQL Expression language constructs not supported here; please use a plain "
            "SQL string"
        )
    return f"{_alembic_autogenerate_prefix(autogen_context)}execute({op.sqltext!r})"
