"""Columns: their default, nullability, numbering and options, and what their specification depends on."""

from __future__ import annotations

import inspect
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import schema
from sqlalchemy.sql.elements import TextClause
from sqlalchemy.types import Boolean, SchemaType
from sqlalchemy.util import get_cls_kwargs

from .versions import SQLA_2_1

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Dialect
    from sqlalchemy.sql.base import DialectKWArgs
    from sqlalchemy.types import TypeEngine

AnyColumn: TypeAlias = "schema.Column[Any]"
"""A column whose values may be of any type."""

_CHARACTER_SET = ("charset", "collation", "ascii", "unicode", "binary")
_PLAIN = (str, int, float, type(None))


def copy_column(column: schema.Column[Any]) -> schema.Column[Any]:
    """A copy that belongs to no table, with the column's checks but not the table's keys and constraints."""
    copy = column._copy()
    for name in _CHARACTER_SET:  # SQLAlchemy's copy of MySQL's ENUM has none
        if (said := getattr(column.type, name, None)) and not getattr(copy.type, name):
            setattr(copy.type, name, said)
    return copy


def set_server_default(column: schema.Column[Any], default: Any) -> None:
    """Set the server default, computed value or identity of ``column``; None removes it."""
    column.server_default = column.computed = column.identity = None
    if isinstance(default, schema.Computed | schema.Identity):
        default._copy()._set_parent(column)
    elif default is not None:
        column.server_default = default if isinstance(default, schema.FetchedValue) else schema.DefaultClause(default)


def identity_dialect_options(identity: schema.Identity) -> dict[str, object]:
    """The options of dialects that an identity was given, such as ``oracle_order``; SQLAlchemy 2.0 has none."""
    return dict(identity.dialect_kwargs) if SQLA_2_1 else {}


def counts_up(column: schema.Column[Any]) -> bool:
    """Whether ``column`` is its table's autoincrement column."""
    return column.primary_key and getattr(column.table, "_autoincrement_column", None) is column


def takes_from_sequence(column: schema.Column[Any], dialect: Dialect) -> bool:
    """Whether new values come from a sequence of the model, in place of autoincrement."""
    given = column.default
    needed = isinstance(given, schema.Sequence) and not (given.optional and dialect.sequences_optional)
    return needed and dialect.supports_sequences


def says_nullable(column: schema.Column[Any]) -> bool:
    """Whether ``nullable`` was given to ``column``."""
    return column._user_defined_nullable is not schema.SchemaConst.NULL_UNSPECIFIED


def words_of_columns(
    table: schema.Table,
) -> Iterator[tuple[schema.Column[Any], tuple[Any, ...] | None]]:
    """The columns of ``table``, each with a key: equal keys mean an equal `column_specification`.

    The key is None where the arguments of the type or default cannot be compared: types of other packages, types with
    lists of arguments, expressions.
    """
    counting = table._autoincrement_column
    own = tuple(sorted(table.dialect_kwargs)) if has_dialect_options(table) else ()
    for column in table.c:
        if not column.system:
            yield column, _words(column, column is counting, own)


def _words(column: schema.Column[Any], counts: bool, own: tuple[str, ...]) -> tuple[Any, ...] | None:
    default: Any = column.server_default
    if isinstance(default, schema.DefaultClause):
        default = default.arg
        if isinstance(default, TextClause):
            default = None if default._bindparams else (TextClause, default.text)
        elif not isinstance(default, str):
            default = None
        if default is None:
            return None
    elif default is not None:
        return None
    type_ = _words_of_type(column.type)
    if type_ is None or has_dialect_options(column):
        return None
    return *type_, default, column.nullable, counts, column.primary_key, column.comment, own


def _words_of_type(type_: TypeEngine[Any]) -> tuple[Any, ...] | None:
    """Class and arguments of a type of SQLAlchemy's own whose arguments are numbers and strings; else None."""
    class_: Any = type(type_)
    names = _names_of_arguments(class_)
    if names is None or type_._variant_mapping:
        return None
    said = type_.__dict__
    values = [said.get(name) for name in names]
    return (class_, *values) if all(isinstance(value, _PLAIN) for value in values) else None


@cache
def _names_of_arguments(class_: type[Any]) -> tuple[str, ...] | None:
    """The keywords of a type that make up its SQL; None where more does, as a name or values."""
    is_named = issubclass(class_, SchemaType) and not issubclass(class_, Boolean)
    if is_named or not class_.__module__.startswith("sqlalchemy."):
        return None
    if any(each.kind is each.VAR_POSITIONAL for each in inspect.signature(class_).parameters.values()):
        return None
    return tuple(sorted(get_cls_kwargs(class_)))


def has_dialect_options(item: DialectKWArgs) -> bool:
    """Whether ``<dialect>_*`` options were given to ``item``."""
    return "dialect_options" in item.__dict__ and bool(item.dialect_kwargs)


def dialect_names() -> tuple[str, ...]:
    """The dialects of SQLAlchemy itself, whose options of schema items begin with these names."""
    from sqlalchemy.dialects import __all__ as names

    return names


def is_dialect(option: str) -> bool:
    """Whether ``option`` begins with the name of an installed dialect: ``snowflake_clusterby``."""
    from sqlalchemy.dialects import registry
    from sqlalchemy.exc import NoSuchModuleError

    try:
        registry.load(option.partition("_")[0])
    except NoSuchModuleError:
        return False
    return True


def dialect_options(item: DialectKWArgs, name: str) -> dict[str, Any]:
    """The ``<name>_*`` options given to ``item``, without the prefix."""
    prefix = f"{name}_"
    return {key[len(prefix) :]: value for key, value in item.dialect_kwargs.items() if key.startswith(prefix)}
