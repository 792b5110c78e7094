"""Types and SQL expressions: unwrapped, compared, searched and copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy import schema
from sqlalchemy.sql.visitors import replacement_traverse, traverse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.engine import Dialect
    from sqlalchemy.sql.elements import ClauseElement
    from sqlalchemy.types import TypeEngine


AnyType: TypeAlias = "TypeEngine[Any]"
"""A type whose values may be of any Python type."""


def type_and_items(given: Any, dialect: Dialect) -> Iterator[Any]:
    """The type of ``dialect`` below all decorators; then an array's items' type, a domain's base."""
    type_: Any = given
    while type_ is not None:
        type_ = type_.dialect_impl(dialect)
        while isinstance(type_, sa.types.TypeDecorator):
            type_ = type_.impl_instance
        yield type_
        type_ = getattr(type_, "data_type" if type_.__visit_name__ == "DOMAIN" else "item_type", None)


_PLAIN = frozenset(
    {
        *(sa.Integer, sa.SmallInteger, sa.BigInteger, sa.String, sa.Text, sa.Unicode, sa.UnicodeText, sa.VARCHAR),
        *(sa.Numeric, sa.Float, sa.Double, sa.Boolean, sa.Date, sa.Time, sa.DateTime, sa.LargeBinary, sa.Uuid),
    }
)


def may_be_named(type_: AnyType, dialect: Dialect) -> bool:
    """Whether a type may be an object of its own in the database; what SQLAlchemy has for every database is none."""
    return type(type_) not in _PLAIN or dialect.name in type_._variant_mapping


def is_enum(type_: object) -> bool:
    """Whether this is PostgreSQL's `ENUM`."""
    from sqlalchemy.dialects.postgresql import ENUM

    return isinstance(type_, ENUM)


def enum_type(name: str, values: Sequence[str], schema_name: str | None) -> AnyType:
    """PostgreSQL's `ENUM` of that name, which is not created with a table."""
    from sqlalchemy.dialects.postgresql import ENUM

    return ENUM(*values, name=name, schema=schema_name, create_type=False)


def domain_type(name: str, base: AnyType, schema_name: str | None) -> AnyType:
    """PostgreSQL's `DOMAIN` of that name, which is not created with a table."""
    from sqlalchemy.dialects.postgresql import DOMAIN

    return DOMAIN(name, base, schema=schema_name, create_type=False)


def is_domain(type_: object) -> bool:
    """Whether this is PostgreSQL's `DOMAIN`."""
    return getattr(type_, "__visit_name__", None) == "DOMAIN"


def variants(type_: TypeEngine[Any]) -> list[tuple[str, TypeEngine[Any]]]:
    """What ``with_variant`` gave to a type: names of dialects and types, by name."""
    return sorted(type_._variant_mapping.items())


def has_binds(clause: sa.TextClause) -> bool:
    """Whether there are ``:name`` parameters in a text."""
    return bool(clause._bindparams)


def affinity(type_: TypeEngine[Any]) -> object:
    """The generic type that ``type_`` is a kind of: `Integer` for a `BIGINT`, `DateTime` for a `TIMESTAMP`."""
    return type_._type_affinity


def spelling(item: Any) -> Any:
    """A key of a type or SQL expression: equal keys mean that every dialect writes both alike.

    None where no such key is cheap to make.
    """
    if isinstance(item, sa.types.TypeEngine):
        key = (type(item), *[pair for pair in vars(item).items() if pair[0] != "dispatch"])
    else:
        found = item._generate_cache_key()
        if found is None:
            return None
        key = (found.key, *[bound.value for bound in found.bindparams])
    try:
        hash(key)
    except TypeError:
        return None
    return key


def find_columns(clause: ClauseElement) -> set[schema.Column[Any]]:
    """The columns that ``clause`` mentions."""
    found: set[schema.Column[object]] = set()
    traverse(clause, {}, {"column": found.add})
    return found


def copy_expression(expression: Any, table: schema.Table | None, twin: schema.Table) -> Any:
    """A copy of ``expression`` with the columns of ``table`` replaced by those of the same name in ``twin``."""

    def counterpart(element: Any, **_: Any) -> Any:
        of_table = isinstance(element, schema.Column) and element.table is table
        return twin.c[element.name] if of_table else None

    return replacement_traverse(expression, {}, counterpart)


def is_expression_index(index: sa.Index) -> bool:
    """Whether an index has an expression in it, and not columns alone."""
    return any(is_expression(item) for item in index.expressions)


def is_expression(expr: object) -> bool:
    """Whether an element of an index is an expression, and not a column, in whichever order."""
    while isinstance(expr, sa.UnaryExpression):
        expr = expr.element
    return not isinstance(expr, sa.ColumnClause) or expr.is_literal
