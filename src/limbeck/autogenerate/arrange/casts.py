"""Types that the database does not change by itself: the expression that does, and defaults that follow (G8, G10)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import Column, DefaultClause, text
from sqlalchemy.sql.elements import TextClause

from limbeck.operations.ops import AlterColumnOp

from .suspend_foreign_keys import each_of

if TYPE_CHECKING:
    from limbeck.ddl.impl import DefaultImpl
    from limbeck.operations.ops import UpgradeOps

_LITERAL = re.compile(r"((?:E?'(?:[^']|'')*')|-?[0-9.]+)(?:::[\w ]+(?:\(.*?\))?)?")


def show_casts(upgrade_ops: UpgradeOps, impl: DefaultImpl) -> None:
    """Give changes of types what the database needs for them; both ways, since the downgrade changes them back."""
    for op in each_of(upgrade_ops.ops):
        if not isinstance(op, AlterColumnOp) or op.modify_type is None or op.existing_type is None:
            continue
        sides = (Column(op.column_name, op.existing_type), Column(op.column_name, op.modify_type))
        options = impl.type_change_options(*sides)
        if options:
            if op.kw.keys().isdisjoint({*options, *(name.partition("_")[2] for name in options)}):
                op.kw.update(options)
            _take_default_along(op)


def _take_default_along(op: AlterColumnOp) -> None:
    """A default that stays has to be dropped and set anew: the database does not change its type either."""
    present = op.existing_server_default
    if op.modify_server_default is not False or not isinstance(present, DefaultClause):
        return
    written = present.arg.text if isinstance(present.arg, TextClause) else None
    literal = None if written is None else _LITERAL.fullmatch(written)
    if literal is not None:
        op.modify_server_default = DefaultClause(text(literal[1]))
