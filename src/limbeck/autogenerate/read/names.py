"""How tables are named while they are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

TableName = tuple[str | None, str]
"""Schema and table; the schema is None for the connection's default one."""


def qualified(name: TableName) -> str:
    """``schema.table``, as in the keys of a MetaData and in log lines."""
    schema, table = name
    return f"{schema}.{table}" if schema else table


def one_name_each(
    found: Mapping[str, str], of_models: Collection[TableName], schemas: Collection[str | None]
) -> dict[TableName, TableName]:
    """What two names of one object are replaced by, where both its schema and the search path lead to it.

    The models' name is the one that stays; where they have none, the one with the schema, if that is compared.

    :param found: the schemas, by name, of objects outside of the default schema that are found without one.
    :param of_models: the names that the models use.
    :param schemas: the schemas that are compared.
    :return: the names that stay, by those that do not.
    """
    replaced: dict[TableName, TableName] = {}
    for name, schema in found.items():
        bare, full = (None, name), (schema, name)
        is_bare = full not in of_models and (bare in of_models or schema not in schemas)
        replaced[full if is_bare else bare] = bare if is_bare else full
    return replaced
