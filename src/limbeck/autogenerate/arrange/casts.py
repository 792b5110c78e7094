"""Changes of types that the database does not carry out by itself: the expression that casts, and the default."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import Column, DefaultClause, text
from sqlalchemy.sql.elements import TextClause

from limbeck.operations.ops import AlterColumnOp, MigrateOperation

from .edits import changed, each_changed

if TYPE_CHECKING:
    from limbeck.ddl.impl import DefaultImpl

    from .edits import Operations
    from .facts import Facts

_LITERAL = re.compile(r"((?:E?'(?:[^']|'')*')|-?[0-9.]+)(?:::[\w ]+(?:\(.*?\))?)?")


def add_casts(operations: Operations, facts: Facts) -> Operations:
    """Give changes of types what the dialect needs for them, in both directions."""
    return each_changed(operations, lambda operation: _with_cast(operation, facts.impl))


def _with_cast(operation: MigrateOperation, impl: DefaultImpl) -> MigrateOperation:
    if not isinstance(operation, AlterColumnOp) or operation.modify_type is None or operation.existing_type is None:
        return operation
    old, new = (Column(operation.column_name, type_) for type_ in (operation.existing_type, operation.modify_type))
    options = impl.type_change_options(old, new)
    if not options:
        return operation
    names = {*options, *(name.partition("_")[2] for name in options)}
    kw = {**operation.kw, **options} if operation.kw.keys().isdisjoint(names) else operation.kw
    return changed(operation, kw=kw, modify_server_default=_default_to_set(operation))


def _default_to_set(operation: AlterColumnOp) -> object:
    """The default of the operation; one that stays is set anew, since the database does not cast it either."""
    present = operation.existing_server_default
    if operation.modify_server_default is not False or not isinstance(present, DefaultClause):
        return operation.modify_server_default
    written = present.arg.text if isinstance(present.arg, TextClause) else None
    literal = None if written is None else _LITERAL.fullmatch(written)
    return False if literal is None else DefaultClause(text(literal[1]))
