"""The types of the models that stand beside tables under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from limbeck import sqla

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import DOMAIN, ENUM

    from ..context import AutogenContext

    Named = TypeVar("Named", bound=ENUM | DOMAIN)


def named_types_of_models(autogen_context: AutogenContext, schema: str | None, class_: type[Named]) -> dict[str, Named]:
    """The types of a class that columns of the models mention, by name, each after those that it stands on.

    :param schema: the schema of the types; None: the default one.
    """
    default = autogen_context.dialect.default_schema_name
    named: dict[str, Named] = {}
    for table in autogen_context.sorted_tables:
        for column in table.c:
            for each in reversed([*sqla.type_and_items(column.type, autogen_context.dialect)]):
                if (
                    isinstance(each, class_)
                    and each.name
                    and (None if each.schema == default else each.schema) == schema
                ):
                    named[str(each.name)] = each
    return named
