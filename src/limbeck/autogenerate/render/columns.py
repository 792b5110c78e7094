"""Columns as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Computed, Identity

from limbeck import sqla

from .defaults import _render_server_default
from .names import _ident, _sqlalchemy_autogenerate_prefix, _user_defined_render
from .types import _repr_type
from .values import render_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..context import AutogenContext


def _render_column(
    column: sqla.AnyColumn, autogen_context: AutogenContext, constraints: Sequence[str] = ()
) -> str | None:
    """A column as ``sa.Column(...)``; None where the user's ``render_item`` leaves it out.

    :param constraints: text of constraints that become arguments of it.
    """
    by_user = _user_defined_render("column", column, autogen_context)
    if by_user is not False:
        return None if by_user is None else str(by_user)
    args = [repr(_ident(column.name)), _repr_type(column.type, autogen_context)]
    options: list[str] = []
    if column.server_default is not None:
        default = _render_server_default(column.server_default, autogen_context)
        if isinstance(column.server_default, Computed | Identity):
            args.append(str(default))
        elif default is not None:
            options.append(f"server_default={default}")
    autoincrement = False if _has_sequence(column, autogen_context) else column.autoincrement
    if autoincrement is not None and autoincrement != "auto":
        options.append(f"autoincrement={autoincrement!r}")
    if column.nullable is not None:
        options.append(f"nullable={column.nullable!r}")
    if column.system:
        options.append(f"system={column.system!r}")
    if column.comment is not None:
        options.append(f"comment={column.comment!r}")
    options += [f"{name}={render_value(value, autogen_context)}" for name, value in column.dialect_kwargs.items()]
    return f"{_sqlalchemy_autogenerate_prefix(autogen_context)}Column({', '.join([*args, *constraints, *options])})"


def _has_sequence(column: sqla.AnyColumn, autogen_context: AutogenContext) -> bool:
    """Whether a primary key has a sequence in the models: a script without it would render autoincrement."""
    plain = column.primary_key and column.autoincrement == "auto"
    return plain and sqla.takes_from_sequence(column, autogen_context.dialect) and autogen_context.wants_exact
