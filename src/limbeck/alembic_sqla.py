"""Functions of ``alembic.util.sqla_compat`` that env.py files and packages import: each a line or two over SQLAlchemy.

The table of `alembic_places` leads to them; nothing in Limbeck calls them.
"""

from __future__ import annotations

import re
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.ext.compiler import compiles as compiles
from sqlalchemy.sql.base import _NoneName
from sqlalchemy.sql.elements import conv as conv
from sqlalchemy.sql.schema import NULL_UNSPECIFIED

from . import sqla

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection, Dialect, RootTransaction
    from sqlalchemy.types import TypeEngine

AUTOINCREMENT_DEFAULT = "auto"
identity_has_dialect_kwargs = sqla.SQLA_2_1


def _safe_int(value: str) -> int | str:
    """``value`` as a number, where it is one."""
    return int(value) if re.fullmatch(r"\s*[+-]?\d+\s*", value) else value


def constraint_name_defined(name: object) -> bool:
    """Whether a constraint has a name: a text, or one that a convention is still to give."""
    return name is _NoneName.NONE_NAME or isinstance(name, (str, _NoneName))


def constraint_name_string(name: object) -> bool:
    """Whether a constraint's name is a text."""
    return isinstance(name, str)


def _table_for_constraint(constraint: Any) -> Any:
    """The table of a constraint."""
    return (
        constraint.parent if isinstance(constraint, sa.ForeignKeyConstraint) else sqla.table_of_constraint(constraint)
    )


def _columns_for_constraint(constraint: Any) -> list[object]:
    """The columns of a constraint, those that a check's text has among them."""
    if isinstance(constraint, sa.ForeignKeyConstraint):
        return [element.parent for element in constraint.elements]
    if isinstance(constraint, sa.CheckConstraint):
        return list(sqla.find_columns(constraint.sqltext))
    return list(constraint.columns)


def _fk_spec(constraint: sa.ForeignKeyConstraint) -> tuple[object, ...]:
    """Schema, table and columns of both ends, ON UPDATE, ON DELETE, deferral."""
    schema, table, columns = sqla.referred_columns(constraint)
    source = _table_for_constraint(constraint)
    return (
        source.schema,
        source.name,
        [element.parent.name for element in constraint.elements],
        schema,
        table,
        columns,
        constraint.onupdate,
        constraint.ondelete,
        constraint.deferrable,
        constraint.initially,
    )


def _fk_is_self_referential(constraint: sa.ForeignKeyConstraint) -> bool:
    """Whether a foreign key refers to its own table."""
    schema, table, _ = sqla.referred_columns(constraint)
    own = _table_for_constraint(constraint)
    return (own.schema, own.name) == (schema, table)


def _copy(schema_item: Any, **kw: Any) -> Any:
    """A copy of a column or constraint, of no table."""
    return schema_item._copy(**kw)


def _connectable_has_table(connectable: Connection, tablename: str, schemaname: str | None) -> bool:
    """Whether the database has the table."""
    return sa.inspect(connectable).has_table(tablename, schemaname)


def _exec_on_inspector(inspector: Any, statement: Any, **params: Any) -> Any:
    """Execute a statement on an inspector's connection."""
    with inspector._operation_context() as connection:
        return connection.execute(statement, params)


def _ensure_scope_for_ddl(connection: Connection | None) -> AbstractContextManager[object]:
    """A transaction, committed at the end of the block, unless ``connection`` is in one, or is none."""
    return sqla.in_transaction(connection) if isinstance(connection, sa.Connection) else nullcontext()


def _get_connection_in_transaction(connection: Connection | None) -> bool:
    """Whether ``connection`` is in a transaction."""
    return connection is not None and connection.in_transaction()


def _safe_begin_connection_transaction(connection: Connection) -> RootTransaction:
    """The transaction that ``connection`` is in, else one that is begun."""
    return connection.get_transaction() or connection.begin()


def _safe_commit_connection_transaction(connection: Connection) -> None:
    """Commit the transaction that ``connection`` is in, if it is in one."""
    if (transaction := connection.get_transaction()) is not None:
        transaction.commit()


def _safe_rollback_connection_transaction(connection: Connection) -> None:
    """Roll back the transaction that ``connection`` is in, if it is in one."""
    if (transaction := connection.get_transaction()) is not None:
        transaction.rollback()


def _get_table_key(name: str, schema: str | None) -> str:
    """The key of a table in its MetaData."""
    return name if schema is None else f"{schema}.{name}"


def _nullability_might_be_unset(metadata_column: Any) -> bool:
    """Whether a model says nothing of a column's nullability."""
    return bool(metadata_column._user_defined_nullable is NULL_UNSPECIFIED)


def _type_has_variants(type_: TypeEngine[Any]) -> bool:
    """Whether a type is another one on some dialects."""
    return bool(type_._variant_mapping)


def _get_variant_mapping(type_: TypeEngine[Any]) -> tuple[TypeEngine[Any], object]:
    """A type and its variants by dialect."""
    return type_, type_._variant_mapping


def _resolve_for_variant(type_: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any]:
    """The type that ``type_`` is on ``dialect``."""
    return type_._variant_mapping.get(dialect.name, type_)


def _constraint_is_named(constraint: Any, dialect: Dialect | None) -> bool:
    """Whether a constraint has a name on ``dialect``, if by a convention."""
    return sqla.constraint_name(constraint, dialect or DefaultDialect()) is not None


def _idx_table_bound_expressions(idx: sa.Index) -> Iterable[object]:
    """The expressions of an index."""
    return idx.expressions


def all_table_check_constraints(table: sa.Table) -> set[sa.CheckConstraint]:
    """The checks of a table, those of its columns among them."""
    return set(sqla.checks_of(table))
