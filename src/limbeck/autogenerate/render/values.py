"""Any value of a call as text: one renderer a value type, not one an operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, FetchedValue
from sqlalchemy.sql.elements import ClauseElement, conv
from sqlalchemy.types import TypeEngine

from .defaults import _render_server_default
from .expressions import _render_potential_expr
from .names import _ident, _render_gen_name
from .types import _repr_type

if TYPE_CHECKING:
    from ..context import AutogenContext


def render_value(value: Any, autogen_context: AutogenContext) -> str:
    """``value`` as text: names, types, expressions, defaults, containers of them; anything else by its ``repr``."""
    if isinstance(value, conv):
        return _render_gen_name(autogen_context, value)
    if isinstance(value, str):
        return repr(_ident(value))
    if isinstance(value, Column):
        return repr(_ident(value.name))
    if isinstance(value, TypeEngine) or (isinstance(value, type) and issubclass(value, TypeEngine)):
        return _repr_type(value, autogen_context)
    if isinstance(value, FetchedValue):
        return str(_render_server_default(value, autogen_context))
    if isinstance(value, ClauseElement):
        return _render_potential_expr(value, autogen_context)
    if type(value) is list:
        return f"[{', '.join(render_value(item, autogen_context) for item in value)}]"
    if type(value) is tuple:
        inner = ", ".join(render_value(item, autogen_context) for item in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if type(value) is dict:
        pairs = (
            f"{render_value(key, autogen_context)}: {render_value(item, autogen_context)}"
            for key, item in value.items()
        )
        return f"{{{', '.join(pairs)}}}"
    return repr(value)
