"""Enum types, domains and sequences, which stand outside of tables: created before tables, dropped after them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.autogenerate.read.names import one_name_each
from limbeck.runtime.priority import DispatchPriority

from .domains import compare_domains
from .enums import compare_enums
from .named_types import domains_of_models, enums_of_models
from .sequences import compare_sequences, sequences_of_models
from .table_pair import normalizer_of
from .unmentioned import without_used

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.autogenerate.read.names import TableName
    from limbeck.operations.ops import MigrateOperation, UpgradeOps
    from limbeck.runtime.plugins import Plugin


def setup(plugin: Plugin) -> None:
    """Register the comparator of this file, which is called when the tables have been compared."""
    plugin.add_autogenerate_comparator(compare_standalone, "schema", "types", priority=DispatchPriority.LAST)


def compare_standalone(autogen_context: AutogenContext, upgrade_ops: UpgradeOps, schemas: set[str | None]) -> None:
    """Put what tables need before their operations, and what they no longer need after them.

    In a schema that only the models mention, what is missing is created, since new tables need it; nothing there is
    altered or dropped.
    """
    has_named_types = autogen_context.migration_context.impl.has_named_types
    before: list[MigrateOperation] = []
    after: list[MigrateOperation] = []
    enums, domains, sequences = (
        _replaced(autogen_context, schemas, kind, of_models)
        for kind, of_models in (
            ("enum", enums_of_models),
            ("domain", domains_of_models),
            ("sequence", sequences_of_models),
        )
    )
    everywhere = sorted(schemas | _schemas_of_models(autogen_context), key=lambda name: name or "")
    for schema in everywhere:
        compared = schema in schemas
        if has_named_types:
            compare_enums(autogen_context, schema, before, after, compared=compared, replaced=enums)
        compare_sequences(autogen_context, schema, before, after, compared=compared, replaced=sequences)
    if has_named_types:  # domains may be based on enum types, and have defaults from sequences
        loosened, tightened = compare_domains(autogen_context, everywhere, schemas, upgrade_ops.ops, domains)
        before, after = [*before, *loosened], [*tightened, *after]
    upgrade_ops.ops[:] = without_used(autogen_context, [*before, *upgrade_ops.ops, *after])


def _replaced(
    autogen_context: AutogenContext,
    schemas: set[str | None],
    kind: str,
    of_models: Callable[[AutogenContext, str | None], Iterable[str]],
) -> Collection[TableName]:
    found = normalizer_of(autogen_context).found_on_path(kind)
    mentioned = {(schema, name) for schema in {None, *found.values()} for name in of_models(autogen_context, schema)}
    return one_name_each(found, mentioned, schemas)


def _schemas_of_models(autogen_context: AutogenContext) -> set[str | None]:
    default = autogen_context.default_schema
    return {None if table.schema == default else table.schema for table in autogen_context.sorted_tables}
