"""Enum types and their values."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from sqlalchemy.schema import CreateIndex, CreateTable, ExecutableDDLElement

from limbeck import sqla
from limbeck.operations.ops import AddEnumValueOp, CreateEnumOp, DropEnumOp, ReplaceEnumValuesOp

from .named_types import by_this_name, enums_of_models
from .table_pair import normalizer_of
from .unmentioned import is_wanted, named, to_drop

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.autogenerate.read.names import TableName
    from limbeck.operations.ops import MigrateOperation

    Operations = list[MigrateOperation]

log = logging.getLogger("alembic.autogenerate.compare.exact")


def compare_enums(
    autogen_context: AutogenContext,
    schema: str | None,
    before: Operations,
    after: Operations,
    *,
    compared: bool,
    replaced: Collection[TableName],
) -> None:
    """Compare the enum types of a schema.

    :param before: receives what tables need. :param after: receives what they no longer need.
    :param compared: False: only create what is missing. :param replaced: names of what has another name here.
    """
    everything = by_this_name(schema, normalizer_of(autogen_context).enum_types(schema), replaced)
    database = named(autogen_context, "enum", schema, everything)
    mentioned = enums_of_models(autogen_context, schema)
    model = {name: list(enum.enums) for name, enum in mentioned.items() if enum.create_type}
    for name in sorted(model.keys() - everything.keys()):
        if is_wanted(autogen_context, "enum", name, mentioned[name]):
            before.append(CreateEnumOp(name, model[name], schema=schema))
            log.info("Detected added enum type %r", name)
    if not compared:
        return
    for name in sorted(model.keys() & database.keys()):
        old, new = database[name], model[name]
        reflected = sqla.enum_type(name, old, schema)
        if old != new and is_wanted(autogen_context, "enum", name, mentioned[name], reflected):
            used = _are_used(autogen_context, set(new) - set(old))
            first, last = _value_changes(name, schema, old, new, in_use=used)
            before += first
            after += last
            log.info("Detected values of enum type %r changed from %s to %s", name, old, new)
    for name in to_drop(autogen_context, "enum", schema, sorted(database.keys() - mentioned.keys())):
        if is_wanted(autogen_context, "enum", name, None, sqla.enum_type(name, database[name], schema)):
            after.append(DropEnumOp(name, schema=schema, values=database[name]))


def _are_used(autogen_context: AutogenContext, values: set[str]) -> bool:
    """Whether the DDL of the models' tables and indexes has one of ``values`` in it: in a default, check or index."""
    if not values:
        return False
    dialect = sqla.for_script(autogen_context.dialect)
    tables = autogen_context.sorted_tables
    elements: list[ExecutableDDLElement] = [
        *map(CreateTable, tables),
        *(CreateIndex(index) for table in tables for index in table.indexes),
    ]
    ddl = "".join(str(element.compile(dialect=dialect)) for element in elements)
    return any(sqla.literal(dialect, value) in ddl for value in values)


def _value_changes(
    name: str, schema: str | None, old: Sequence[str], new: Sequence[str], *, in_use: bool
) -> tuple[Operations, Operations]:
    """New values are added first, so that defaults and checks may mention them; old ones are taken away last.

    :param in_use: whether defaults or checks mention new ones: PostgreSQL lets a transaction use values of a type that
        it created, but none that it added to a type.
    """
    additions = _additions(name, schema, old, new)
    between = additions[-1].resulting_values() if additions else list(old)
    added: Operations = [*additions]
    if in_use:
        added = [ReplaceEnumValuesOp(name, between, schema=schema, existing_values=list(old))]
    if between == list(new):
        return added, []
    return added, [ReplaceEnumValuesOp(name, list(new), schema=schema, existing_values=between)]


def _additions(name: str, schema: str | None, old: Sequence[str], new: Sequence[str]) -> list[AddEnumValueOp]:
    """One operation for each new value, at its place among those that are there by then."""
    additions: list[AddEnumValueOp] = []
    values = list(old)
    for position, value in enumerate(new):
        if value not in old:
            following = next((later for later in new[position + 1 :] if later in values), None)
            addition = AddEnumValueOp(name, value, before=following, schema=schema, values=values)
            additions.append(addition)
            values = addition.resulting_values()
    return additions
