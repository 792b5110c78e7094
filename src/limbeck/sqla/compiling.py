"""SQL text as a dialect's compilers write it: whole statements of a script, and single clauses."""

from __future__ import annotations

import copy
import weakref
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from .statements import is_ddl

if TYPE_CHECKING:
    from sqlalchemy import exc, schema
    from sqlalchemy.engine import Dialect
    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.sql.elements import ClauseElement


_for_scripts: weakref.WeakSet[Dialect] = weakref.WeakSet()


def for_script(dialect: Dialect) -> Dialect:
    """A copy of ``dialect`` for SQL that no driver reads: neither ``%`` nor, on PostgreSQL, a backslash is doubled.

    Such a copy is given back as it is: what compiles many statements makes one for all of them.

    Without a connection SQLAlchemy 2.0 assumes a PostgreSQL without ``standard_conforming_strings``, which has been the
    default since PostgreSQL 9.1.
    """
    if dialect in _for_scripts:
        return dialect
    shadow = copy.copy(dialect)
    _for_scripts.add(shadow)
    shadow.__dict__["_type_memos"] = weakref.WeakKeyDictionary()  # cached processors depend on how ``%`` is written
    if dialect.name == "postgresql":
        shadow.__dict__["_backslash_escapes"] = False
    preparer = copy.copy(dialect.identifier_preparer)
    preparer.dialect = shadow
    preparer._double_percents = False
    preparer._strings = {}  # names that were quoted already, with or without a doubled ``%``
    shadow.identifier_preparer = preparer
    shadow.statement_compiler = _guessing_types(cast("Any", dialect.statement_compiler))
    shadow.type_compiler_instance = type(dialect.type_compiler_instance)(shadow)
    # its older name, which some third-party compilers still read
    shadow.__dict__["type_compiler"] = shadow.type_compiler_instance
    return shadow


def quoted_table(dialect: Dialect, name: str, schema: str | None) -> str:
    """A table as a statement that no driver formats has it, quoted where it has to be."""
    preparer = for_script(dialect).identifier_preparer
    return preparer.quote(name) if schema is None else f"{preparer.quote_schema(schema)}.{preparer.quote(name)}"


@cache
def _guessing_types(compiler: Any) -> type[SQLCompiler]:
    """``compiler``, with the type of the value for a literal whose column has none (``sa.column("x")``)."""

    def render_literal_value(self: Any, value: Any, type_: Any, **kw: Any) -> str:
        known = sa.literal(value).type if type_._isnull and value is not None else type_
        return str(compiler.render_literal_value(self, value, known, **kw))

    return type(compiler.__name__, (compiler,), {"render_literal_value": render_literal_value})


def compile_script(statement: ClauseElement, dialect: Dialect, *, literals: bool) -> str:
    """The text of ``statement`` for a script.

    :param dialect: a dialect made by `for_script`.
    :param literals: render bound values in place; DDL has none.
    """
    kwargs = {"literal_binds": True} if literals and not is_ddl(statement) else {}
    return str(statement.compile(dialect=dialect, compile_kwargs=kwargs))


def compile_message(error: exc.CompileError) -> str:
    """The message of an error without the link that SQLAlchemy adds to it."""
    return error._message()


def literal(dialect: Dialect, value: str) -> str:
    """``value`` as a quoted SQL string."""
    return str(sa.literal(value, sa.String()).compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def for_driver(compiler: Any, text: str) -> str:
    """``text`` with ``%`` doubled, where the driver would take a single one for a parameter."""
    return text.replace("%", "%%") if compiler.preparer._double_percents else text


def referenced_table(compiler: Any, constraint: schema.ForeignKeyConstraint) -> str:
    """The table after REFERENCES, as the dialect writes it."""
    return str(
        compiler.define_constraint_remote_table(constraint, constraint.elements[0].column.table, compiler.preparer)
    )


def identity_clause(compiler: Any, identity: schema.Identity) -> str:
    """``GENERATED ... AS IDENTITY (...)`` as the dialect writes it."""
    return str(compiler.visit_identity_column(identity))


def sequence_options(dialect: Dialect, sequence: schema.Sequence) -> str:
    """The options of ``sequence`` as ``dialect`` writes them."""
    compiler: Any = dialect.ddl_compiler(dialect, None)  # type: ignore[arg-type]  # as SQLAlchemy itself does
    return str(compiler.get_identity_options(sequence))


def column_specification(dialect: Dialect, column: schema.Column[Any]) -> str:
    """What follows the name of ``column`` in CREATE TABLE, without its constraints."""
    compiler: Any = dialect.ddl_compiler(dialect, None)  # type: ignore[arg-type]  # as SQLAlchemy itself does
    text = str(compiler.get_column_specification(column))
    return text[len(compiler.preparer.format_column(column)) :].strip()
