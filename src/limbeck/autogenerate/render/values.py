"""Values of any type as text: one renderer for each type of value, whatever the operation."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, FetchedValue
from sqlalchemy.sql.elements import ClauseElement, conv
from sqlalchemy.sql.expression import ColumnClause, TableClause
from sqlalchemy.types import TypeEngine

from limbeck.operations.call import ExcludedKey, LiteralColumn, SQLString, SQLText
from limbeck.script import bodies

from .defaults import _render_server_default
from .expressions import _render_potential_expr, index_key
from .names import _alembic_autogenerate_prefix, _ident, _render_gen_name, _sqlalchemy_autogenerate_prefix
from .types import _repr_type

if TYPE_CHECKING:
    from limbeck import sqla

    from ..context import AutogenContext


@singledispatch
def render_value(value: Any, autogen_context: AutogenContext) -> str:
    """``value`` as text: names, types, expressions, defaults, containers of them; anything else by its ``repr``."""
    return repr(value)


@render_value.register(str)
def _(value: str, autogen_context: AutogenContext) -> str:
    return repr(_ident(value))


@render_value.register(conv)
def _(value: conv, autogen_context: AutogenContext) -> str:
    return _render_gen_name(autogen_context, value)


@render_value.register(Column)
def _(value: sqla.AnyColumn, autogen_context: AutogenContext) -> str:
    return repr(_ident(value.name))


@render_value.register(TypeEngine)
def _(value: sqla.AnyType, autogen_context: AutogenContext) -> str:
    return _repr_type(value, autogen_context)


@render_value.register(type)
def _(value: type, autogen_context: AutogenContext) -> str:
    return _repr_type(value, autogen_context) if issubclass(value, TypeEngine) else repr(value)


@render_value.register(FetchedValue)
def _(value: FetchedValue, autogen_context: AutogenContext) -> str:
    return str(_render_server_default(value, autogen_context))


@render_value.register(ClauseElement)
def _(value: ClauseElement, autogen_context: AutogenContext) -> str:
    return _render_potential_expr(value, autogen_context)


@render_value.register(LiteralColumn)
def _(value: LiteralColumn, autogen_context: AutogenContext) -> str:
    return index_key(value.expression, autogen_context)


@render_value.register(ExcludedKey)
def _(value: ExcludedKey, autogen_context: AutogenContext) -> str:
    key = value.expression
    prefix = _sqlalchemy_autogenerate_prefix(autogen_context)
    if isinstance(key, str):
        return f"{prefix}column({_ident(key)!r})"
    if isinstance(key, ColumnClause):
        return f"{prefix}{'literal_column' if key.is_literal else 'column'}({_ident(key.name)!r})"
    return _render_potential_expr(key, autogen_context)


@render_value.register(SQLString)
def _(value: SQLString, autogen_context: AutogenContext) -> str:
    return _render_potential_expr(value.expression, autogen_context, wrap_in_element=False)


@render_value.register(SQLText)
def _(value: SQLText, autogen_context: AutogenContext) -> str:
    """Line by line; a long one as the name of a file, which is written with the script."""
    lines = value.text.splitlines(keepends=True)
    longest = autogen_context.opts.get("longest_body")
    if longest is not None and len(lines) > longest:
        name = bodies.name_of(value.text, value.about)
        autogen_context.bodies[name] = value.text
        return f"{_alembic_autogenerate_prefix(autogen_context)}body({name!r})"
    return repr(value.text) if len(lines) == 1 else "\n    ".join(map(repr, lines))


@render_value.register(TableClause)
def _(value: TableClause, autogen_context: AutogenContext) -> str:
    prefix = _sqlalchemy_autogenerate_prefix(autogen_context)
    columns = [
        f"{prefix}column({_ident(column.name)!r}, {_repr_type(column.type, autogen_context)})"
        for column in value.columns
    ]
    schema = [] if value.schema is None else [f"schema={_ident(value.schema)!r}"]
    return f"{prefix}table({', '.join([repr(_ident(value.name)), *columns, *schema])})"


@render_value.register(list)
def _(value: list[Any], autogen_context: AutogenContext) -> str:
    return f"[{', '.join(render_value(item, autogen_context) for item in value)}]"


@render_value.register(tuple)
def _(value: tuple[Any, ...], autogen_context: AutogenContext) -> str:
    inner = ", ".join(render_value(item, autogen_context) for item in value)
    return f"({inner},)" if len(value) == 1 else f"({inner})"


@render_value.register(dict)
def _(value: dict[Any, Any], autogen_context: AutogenContext) -> str:
    pairs = (
        f"{render_value(key, autogen_context)}: {render_value(item, autogen_context)}" for key, item in value.items()
    )
    return f"{{{', '.join(pairs)}}}"
