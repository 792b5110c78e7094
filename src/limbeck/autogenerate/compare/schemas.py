"""The schemas that are compared: the connection's default one, with ``include_schemas`` all."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from limbeck.autogenerate.context import AutogenContext
    from limbeck.operations.ops import UpgradeOps
    from limbeck.runtime.plugins import Plugin

_SYSTEM = {"information_schema"}


def setup(plugin: Plugin) -> None:
    """Register the comparator of this file."""
    plugin.add_autogenerate_comparator(compare_schemas, "autogenerate")


def compare_schemas(autogen_context: AutogenContext, upgrade_ops: UpgradeOps) -> None:
    """Choose the schemas, the default one as None, and call the comparators of schemas with them."""
    schemas: set[str | None] = {None}
    if autogen_context.opts.get("include_schemas", False):
        named = set(autogen_context.inspector.get_schema_names()) - _SYSTEM
        schemas |= named - {autogen_context.default_schema}
    in_order = sorted(schemas, key=lambda name: (name is None, name or ""))  # as Alembic asks: the default one last
    chosen = {name for name in in_order if autogen_context.run_name_filters(name, "schema", {})}
    compare = autogen_context.comparators.dispatch("schema", qualifier=autogen_context.dialect.name)
    compare(autogen_context, upgrade_ops, chosen)
