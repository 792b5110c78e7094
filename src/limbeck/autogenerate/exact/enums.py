"""What stands beside tables: enum types with their values, sequences that belong to no column, and domains."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects.postgresql import ENUM
from sqlalchemy.schema import CreateIndex, CreateTable

from limbeck import sqla
from limbeck.operations.ops import (
    AddEnumValueOp,
    AlterSequenceOp,
    CreateEnumOp,
    CreateSequenceOp,
    DropEnumOp,
    DropSequenceOp,
    MigrateOperation,
    ReplaceEnumValuesOp,
)
from limbeck.runtime.priority import DispatchPriority

from .domains import compare_domains
from .named_types import named_types_of_models
from .snapshot import shapes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Sequence

    from limbeck.ddl.normalizer import Normalizer
    from limbeck.operations.ops import UpgradeOps
    from limbeck.runtime.plugins import Plugin

    from ..context import AutogenContext

    Before = list[MigrateOperation]
    After = list[MigrateOperation]

log = logging.getLogger("alembic.autogenerate.compare.exact")


def setup(plugin: Plugin) -> None:
    """Register the comparator of this file, which is called when the tables have been compared."""
    plugin.add_autogenerate_comparator(compare_beside_tables, "schema", "types", priority=DispatchPriority.LAST)


def compare_beside_tables(autogen_context: AutogenContext, upgrade_ops: UpgradeOps, schemas: set[str | None]) -> None:
    """What tables need comes before them, what they no longer need goes after them."""
    shapes: Any = shapes_of(autogen_context)
    has_named_types = autogen_context.migration_context.impl.has_named_types
    before: Before = []
    after: After = []
    everywhere = _in_order(schemas | _schemas_of_models(autogen_context))
    for schema in everywhere:
        # of a schema that is not looked at, what is there may be somebody else's; new tables need what is missing
        looked_at = schema in schemas
        if has_named_types:
            _compare_enums(autogen_context, shapes, schema, before, after if looked_at else None)
        _compare_sequences(autogen_context, shapes, schema, before, after if looked_at else None)
    if has_named_types:  # they may stand on all of these
        loosened, tightened = compare_domains(autogen_context, shapes, everywhere, schemas, upgrade_ops.ops)
        before, after = [*before, *loosened], [*tightened, *after]
    upgrade_ops.ops[:] = [*before, *upgrade_ops.ops, *after]


def _in_order(schemas: set[str | None]) -> list[str | None]:
    return sorted(schemas, key=lambda name: name or "")


def _schemas_of_models(autogen_context: AutogenContext) -> set[str | None]:
    default = autogen_context.dialect.default_schema_name
    return {None if table.schema == default else table.schema for table in autogen_context.sorted_tables}


def _compare_enums(
    autogen_context: AutogenContext, shapes: Normalizer, schema: str | None, before: Before, after: After | None
) -> None:
    there, mentioned = shapes.enum_types(schema), named_types_of_models(autogen_context, schema, ENUM)
    ours = {name: list(enum.enums) for name, enum in mentioned.items() if enum.create_type}
    for name in sorted(ours.keys() - there.keys()):
        before.append(CreateEnumOp(name, ours[name], schema=schema))
        log.info("Detected added enum type %r", name)
    if after is None:
        return
    for name in sorted(ours.keys() & there.keys()):
        if ours[name] != there[name]:
            used = _is_used(autogen_context, set(ours[name]) - set(there[name]))
            _change_values(name, schema, there[name], ours[name], before, after, at_once=used)
            log.info("Detected values of enum type %r changed from %s to %s", name, there[name], ours[name])
    for name in sorted(there.keys() - mentioned.keys()):
        after.append(DropEnumOp(name, schema=schema, values=there[name]))
        log.info("Detected removed enum type %r", name)


def _is_used(autogen_context: AutogenContext, values: set[str]) -> bool:
    """Whether a default, check or index of the models says one of ``values``, as it stands in SQL."""
    dialect = sqla.for_script(autogen_context.dialect)
    elements: list[Any] = [
        element
        for table in autogen_context.sorted_tables
        if values
        for element in (CreateTable(table), *map(CreateIndex, table.indexes))
    ]
    said = "".join(str(element.compile(dialect=dialect)) for element in elements)
    return any(sqla.literal(dialect, value) in said for value in values)


def _change_values(
    name: str, schema: str | None, old: list[str], new: list[str], before: Before, after: After, *, at_once: bool
) -> None:
    """Values that come are added first, so that defaults and checks may mention them; those that go, go last.

    :param at_once: whether they do mention them: PostgreSQL lets a transaction use no value that it adds to a type, but
        those of a type that it makes.
    """
    added = list(_additions(name, schema, old, new))
    between = added[-1].resulting_values() if added else old
    before += [ReplaceEnumValuesOp(name, between, schema=schema, existing_values=old)] if at_once else added
    if between != new:
        after.append(ReplaceEnumValuesOp(name, new, schema=schema, existing_values=between))


def _additions(name: str, schema: str | None, old: list[str], new: list[str]) -> Iterator[AddEnumValueOp]:
    """One operation a new value, each at its place among those that are there by then."""
    present = list(old)
    for position, value in enumerate(new):
        if value in old:
            continue
        following = next((later for later in new[position + 1 :] if later in present), None)
        yield AddEnumValueOp(name, value, before=following, schema=schema, values=list(present))
        present.insert(len(present) if following is None else present.index(following), value)


def _compare_sequences(
    autogen_context: AutogenContext, shapes: Normalizer, schema: str | None, before: Before, after: After | None
) -> None:
    def unusual(options: dict[str, Any]) -> dict[str, Any]:
        usual = shapes.usual_sequence()
        return {name: value for name, value in options.items() if str(value) != str(usual.get(name))}

    there = shapes.sequences(schema)
    ours = shapes.sequences_of_models(_sequences_of_models(autogen_context, schema))
    for name in sorted(ours.keys() - there.keys()):
        before.append(CreateSequenceOp(name, schema=schema, **unusual(ours[name])))
        log.info("Detected added sequence %r", name)
    if after is None:
        return
    for name in sorted(ours.keys() & there.keys()):
        differing = sorted(option for option, value in there[name].items() if value != ours[name][option])
        if differing:
            new, old = ({option: side[option] for option in differing} for side in (ours[name], there[name]))
            before.append(AlterSequenceOp(name, schema=schema, existing=old, **new))
            log.info("Detected changed options of sequence %r: %s", name, ", ".join(differing))
    for name in sorted(there.keys() - ours.keys()):
        after.append(DropSequenceOp(name, schema=schema, **unusual(there[name])))
        log.info("Detected removed sequence %r", name)


def _sequences_of_models(autogen_context: AutogenContext, schema: str | None) -> list[Sequence]:
    default = autogen_context.dialect.default_schema_name
    return [
        sequence
        for metadata in autogen_context._metadatas()
        for sequence in sqla.sequences_of(metadata)
        if (None if sequence.schema == default else sequence.schema) == schema
        and not (sequence.optional and autogen_context.dialect.sequences_optional)
    ]
