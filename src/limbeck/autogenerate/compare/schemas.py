"""Which schemas are looked at: the connection's own, with ``include_schemas`` all (behaviour 7.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from limbeck.operations.ops import UpgradeOps
    from limbeck.runtime.plugins import Plugin

    from ..context import AutogenContext

_NOT_OURS = {"information_schema"}


def setup(plugin: Plugin) -> None:
    """Register the comparator of this file."""
    plugin.add_autogenerate_comparator(compare_schemas, "autogenerate")


def compare_schemas(autogen_context: AutogenContext, upgrade_ops: UpgradeOps) -> None:
    """Choose the schemas, None standing for the default one, and hand them to the comparators of schemas."""
    schemas: set[str | None] = {None}
    if autogen_context.opts.get("include_schemas", False):
        schemas |= set(autogen_context.inspector.get_schema_names()) - _NOT_OURS
        schemas.discard(autogen_context.dialect.default_schema_name)
    chosen = {name for name in _sorted(schemas) if autogen_context.run_name_filters(name, "schema", {})}
    compare = autogen_context.comparators.dispatch("schema", qualifier=autogen_context.dialect.name)
    compare(autogen_context, upgrade_ops, chosen)


def _sorted(schemas: set[str | None]) -> list[str | None]:
    return sorted(schemas, key=lambda name: name or "")
