"""A value that is rendered as a literal in the statement, never as a bind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import BindParameter

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.types import TypeEngine


class InlineLiteral(BindParameter[Any]):
    """What `op.inline_literal` returns.

    :param value: the value.
    :param type_: the SQLAlchemy type that renders it; default: that of the value.
    """

    inherit_cache = False

    def __init__(self, value: Any, type_: TypeEngine[Any] | None = None) -> None:
        super().__init__(None, value, type_=type_, unique=True)


@compiles(InlineLiteral)  # type: ignore[no-untyped-call,untyped-decorator,unused-ignore]
def _write(element: InlineLiteral, compiler: SQLCompiler, **kw: Any) -> str:
    kw["literal_binds"] = True
    return str(compiler.visit_bindparam(element, **kw))  # type: ignore[no-untyped-call]
