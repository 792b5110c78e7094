"""Types of the models that are objects of their own in the database: enum types and domains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

from limbeck import sqla

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from typing import TypeVar

    from sqlalchemy import FetchedValue
    from sqlalchemy.sql.elements import ColumnElement, TextClause

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.autogenerate.read.names import TableName

    Found = TypeVar("Found")


class NamedType(Protocol):
    """What enum types and domains have in common.

    ``create_type`` is False where the models use a type that is created elsewhere.
    """

    name: str | None
    schema: str | None
    create_type: bool


class EnumType(NamedType, Protocol):
    """An enum type of the models."""

    enums: list[str]


class DomainType(NamedType, Protocol):
    """A domain of the models: a base type with a default, NOT NULL and a check."""

    data_type: sqla.AnyType
    collation: str | None
    default: str | ColumnElement[object] | TextClause | FetchedValue | None
    not_null: bool | None
    constraint_name: str | None
    check: str | ColumnElement[object] | TextClause | None


def enums_of_models(autogen_context: AutogenContext, schema: str | None) -> dict[str, EnumType]:
    """The enum types of ``schema``, of the default one for None, by name: of columns, and bound to a MetaData."""
    return cast("dict[str, EnumType]", _of_models(autogen_context, schema, sqla.is_enum))


def domains_of_models(autogen_context: AutogenContext, schema: str | None) -> dict[str, DomainType]:
    """The domains of ``schema`` that columns of the models have, by name, each after those that it is based on."""
    return cast("dict[str, DomainType]", _of_models(autogen_context, schema, sqla.is_domain))


def by_this_name(schema: str | None, found: Mapping[str, Found], replaced: Collection[TableName]) -> dict[str, Found]:
    """What is ``found`` in a schema, without objects that are compared by another name.

    :param replaced: the names that `limbeck.autogenerate.read.names.one_name_each` replaces.
    """
    return {name: each for name, each in found.items() if (schema, name) not in replaced}


def _of_models(
    autogen_context: AutogenContext, schema: str | None, is_wanted: Callable[[object], bool]
) -> dict[str, NamedType]:
    default = autogen_context.default_schema
    named: dict[str, NamedType] = {}
    for each in cast("list[NamedType]", autogen_context.named_types):
        if is_wanted(each) and each.name and (None if each.schema == default else each.schema) == schema:
            named[str(each.name)] = each
    return named
