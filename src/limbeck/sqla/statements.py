"""Statements: text, parameters, and the elements that SQLAlchemy's versions build differently."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import schema
from sqlalchemy.sql import ddl as sql_ddl
from sqlalchemy.sql.elements import TextClause
from sqlalchemy.sql.visitors import cloned_traverse, iterate

from .versions import VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

# What `text()` takes for a bind parameter: not a colon after a backslash, a colon or a word.
_BIND = re.compile(r"(?<![:\w\\]):(\w+)(?![:\w])")


def as_written(sql: str) -> TextClause:
    r"""``sql`` as a statement in which ``:name`` is not a bind parameter; ``\:`` is a colon, as in `text()`."""
    return sa.text(_BIND.sub(r"\\:\1", sql))


def verbatim(sql: str) -> TextClause:
    r"""``sql`` as a statement that is sent as it stands, ``\:`` included: the text of a function or a view."""
    return as_written(sql.replace("\\:", "\\\\:"))


def is_ddl(statement: object) -> bool:
    """Whether this is a DDL element, which has no bound values."""
    return isinstance(statement, sql_ddl.BaseDDLElement)


def is_free_text(statement: object) -> bool:
    """Whether this statement was written as text, so that its white space is kept."""
    return isinstance(statement, (TextClause, sql_ddl.DDL))


def follow_schema_map(statement: object) -> bool:
    """Have tables that `sqlalchemy.table` made follow a ``schema_translate_map``, as a `Table` does.

    :return: whether ``statement`` has any table.
    """
    if not isinstance(statement, sa.ClauseElement) or is_ddl(statement):
        return False
    tables = [
        each for each in iterate(statement) if isinstance(each, sa.TableClause) and not isinstance(each, sa.Table)
    ]
    for table in tables:
        table._use_schema_map = True
    return bool(tables)


def with_parameters(statement: Any, parameters: Mapping[str, Any]) -> Any:
    """``statement`` with ``parameters`` filled in, as ``execute(statement, parameters)`` would."""
    if isinstance(statement, TextClause):
        return statement.bindparams(**parameters)
    named = {bound.key for bound in iterate(statement) if isinstance(bound, sa.BindParameter)}
    values = {name: value for name, value in parameters.items() if name not in named}
    if isinstance(statement, (sa.Insert, sa.Update)) and values:
        statement = statement.values(values)

    def fill(bound: Any) -> None:
        if bound.key in parameters:
            bound.value, bound.required = parameters[bound.key], False

    return cloned_traverse(statement, {}, {"bindparam": fill})


def without_returning(statement: Any) -> Any:
    """An INSERT without the RETURNING that SQLAlchemy adds for generated keys; any other statement as it is."""
    if isinstance(statement, sa.Insert) and not statement._returning:
        return statement.inline()
    return statement


def with_client_defaults(table: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    """``row`` with the client-side defaults (``Column(default=...)``) that SQLAlchemy fills in when it executes."""
    filled = dict(row)
    for column in table.columns:
        default = column.default
        if column.key in filled or default is None or default.is_sequence:
            continue
        if default.is_scalar:
            filled[column.key] = default.arg
        elif default.is_callable:
            filled[column.key] = default.arg(None)
    return filled


def add_constraint(constraint: schema.Constraint) -> schema.AddConstraint:
    """``ALTER TABLE ... ADD`` that leaves ``constraint`` as part of its table's CREATE TABLE.

    Before SQLAlchemy 2.0.39 there was no argument for that.
    """
    if VERSION >= (2, 0, 39):
        return schema.AddConstraint(constraint, isolate_from_table=False)
    return schema.AddConstraint(constraint)


def drop_constraint(constraint: schema.Constraint, **kw: Any) -> schema.DropConstraint:
    """``ALTER TABLE ... DROP CONSTRAINT`` that leaves ``constraint`` as part of its table's CREATE TABLE."""
    if (2, 0, 39) <= VERSION < (2, 1):
        kw["isolate_from_table"] = False
    return schema.DropConstraint(constraint, **kw)
