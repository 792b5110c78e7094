"""Server defaults, computed expressions and identities as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Computed, DefaultClause, FetchedValue, Identity

from limbeck import sqla
from limbeck.ddl.comparison_result import IDENTITY_OPTIONS

from .expressions import _render_potential_expr
from .names import _arguments, _sqlalchemy_autogenerate_prefix, _user_defined_render

if TYPE_CHECKING:
    from ..context import AutogenContext


def _render_server_default(default: Any, autogen_context: AutogenContext, repr_: bool = True) -> str | None:
    """A server default as text.

    :param default: a string, an expression, `DefaultClause`, `FetchedValue`, `Computed` or `Identity`; None: there is
        none.
    :param repr_: whether a string is rendered as a literal, or as it is.
    """
    by_user = _user_defined_render("server_default", default, autogen_context)
    if by_user is not False:
        return None if by_user is None else str(by_user)
    if isinstance(default, Computed):
        return _render_computed(default, autogen_context)
    if isinstance(default, Identity):
        return _render_identity(default, autogen_context)
    if isinstance(default, DefaultClause):
        if not isinstance(default.arg, str):
            return _render_potential_expr(default.arg, autogen_context, is_server_default=True)
        default = default.arg
    elif isinstance(default, FetchedValue):
        return f"{_sqlalchemy_autogenerate_prefix(autogen_context)}FetchedValue()"
    if isinstance(default, str):
        return repr(str(default)) if repr_ else default
    return _render_potential_expr(default, autogen_context, is_server_default=True)


def _render_computed(computed: Computed, autogen_context: AutogenContext) -> str:
    text = _render_potential_expr(computed.sqltext, autogen_context, wrap_in_element=False)
    options = [] if computed.persisted is None else [f"persisted={computed.persisted!r}"]
    return f"{_sqlalchemy_autogenerate_prefix(autogen_context)}Computed({_arguments(autogen_context, text, options)})"


def _render_identity(identity: Identity, autogen_context: AutogenContext) -> str:
    of_dialects = sqla.identity_dialect_options(identity)
    shared = [name for name in IDENTITY_OPTIONS if not any(option.endswith(f"_{name}") for option in of_dialects)]
    given = {name: getattr(identity, name, None) for name in shared}
    stated = {name: value for name, value in given.items() if value is not None or name == "always"}
    options = ", ".join(f"{name}={value!r}" for name, value in (stated | of_dialects).items())
    return f"{_sqlalchemy_autogenerate_prefix(autogen_context)}Identity({options})"
