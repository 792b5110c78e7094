"""SQL expressions as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Column
from sqlalchemy.sql.elements import ClauseElement, Label, TextClause

from limbeck import sqla

from .names import _ident, _sqlalchemy_autogenerate_prefix

if TYPE_CHECKING:
    from ..context import AutogenContext


def _render_potential_expr(
    value: Any,
    autogen_context: AutogenContext,
    *,
    wrap_in_element: bool = True,
    is_server_default: bool = False,
    is_index: bool = False,
) -> str:
    """An expression as ``sa.text('...')``; anything else as its ``repr``.

    :param wrap_in_element: False renders the SQL as a plain string.
    :param is_server_default: whether the expression is one of a default.
    :param is_index: whether it is a key of an index, and rendered as ``sa.literal_column('...')``.
    """
    if not isinstance(value, ClauseElement):
        return repr(value)
    sql = _sql(value, autogen_context, is_server_default=is_server_default, is_index=is_index)
    if not wrap_in_element:
        return repr(sql)
    prefix = _sqlalchemy_autogenerate_prefix(autogen_context)
    if is_index:
        return f"{prefix}literal_column({sql!r})"
    return f"{prefix}text({sql!r})"


def _sql(value: ClauseElement, autogen_context: AutogenContext, *, is_server_default: bool, is_index: bool) -> str:
    if isinstance(value, TextClause) and not sqla.has_binds(value) and not is_server_default:
        return value.text
    return autogen_context.migration_context.impl.render_ddl_sql_expr(
        value,  # type: ignore[arg-type]
        is_server_default=is_server_default,
        is_index=is_index,
    )


def index_key(expression: Any, autogen_context: AutogenContext) -> str:
    """One key of an index: a column by its name, anything else as an expression, with its label."""
    if isinstance(expression, Column):
        return repr(_ident(expression.name))
    if isinstance(expression, str):
        return repr(_ident(expression))
    if isinstance(expression, Label):
        inner = _render_potential_expr(expression.element, autogen_context, is_index=True)
        return f"{inner}.label({expression.name!r})"
    return _render_potential_expr(expression, autogen_context, is_index=True)


def _get_index_rendered_expressions(index: Any, autogen_context: AutogenContext) -> list[str]:
    """All keys of an index."""
    return [index_key(expression, autogen_context) for expression in index.expressions]
