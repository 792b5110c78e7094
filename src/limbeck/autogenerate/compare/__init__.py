"""Comparing models with a database: what differs becomes operations (behaviour 7.1, 7.2, 7.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from limbeck.autogenerate.arrange.across_tables import by_dependency
from limbeck.autogenerate.arrange.casts import show_casts
from limbeck.autogenerate.arrange.complete_drops import complete
from limbeck.autogenerate.arrange.default_names import name_what_is_dropped
from limbeck.autogenerate.arrange.key_indexes import leave_indexes_to_their_tables, show_key_indexes
from limbeck.autogenerate.arrange.within_table import by_stage, keys_before_their_indexes
from limbeck.autogenerate.exact import enums as exact_types
from limbeck.autogenerate.exact import tables as exact
from limbeck.autogenerate.exact import unchanged as exact_glance
from limbeck.autogenerate.exact.snapshot import shapes_of
from limbeck.autogenerate.read.reflect import reflection_of
from limbeck.runtime.plugins import Plugin
from limbeck.runtime.priority import PriorityDispatcher

from . import checks, comments, constraints, defaults, foreign_keys, nullability, schemas, tables, types
from .renames import rename_first

if TYPE_CHECKING:
    from limbeck.operations.ops import MigrationScript, UpgradeOps

    from ..context import AutogenContext

comparators = PriorityDispatcher()
"""Comparators for every run, beside those of plugins: ``@comparators.dispatch_for("schema")``."""

_OURS: dict[str, tuple[Any, ...]] = {
    "alembic.autogenerate.schemas": (schemas,),
    "alembic.autogenerate.tables": (tables,),
    "alembic.autogenerate.types": (types,),
    "alembic.autogenerate.constraints": (nullability, constraints, foreign_keys),
    "alembic.autogenerate.defaults": (defaults,),
    "alembic.autogenerate.comments": (comments,),
    "alembic.ext.checkconstraint_byname": (checks,),
    exact.PLUGIN: (exact, exact_glance, exact_types),
}

for _name, _modules in _OURS.items():
    _plugin = Plugin(_name)
    for _module in _modules:
        _module.setup(_plugin)


def _populate_migration_script(autogen_context: AutogenContext, migration_script: MigrationScript) -> None:
    """Fill the last upgrade and downgrade operations of a script with what models and database differ in."""
    upgrade_ops = migration_script.upgrade_ops_list[-1]
    _produce_net_changes(autogen_context, upgrade_ops)
    downgrade_ops = upgrade_ops.reverse_into(migration_script.downgrade_ops_list[-1])
    impl = autogen_context.migration_context.impl
    if autogen_context.opts.get("edition") is not None and impl.keys_hold_indexes:
        leave_indexes_to_their_tables(downgrade_ops)
    name_what_is_dropped(downgrade_ops, reflection_of(autogen_context).catalogue, impl)


def _produce_net_changes(autogen_context: AutogenContext, upgrade_ops: UpgradeOps) -> None:
    """Add to ``upgrade_ops`` what models and database differ in, in an order in which it can be carried out."""
    compare = autogen_context.comparators.dispatch("autogenerate", qualifier=autogen_context.dialect.name)
    compare(autogen_context, upgrade_ops)
    reflection, impl = reflection_of(autogen_context), autogen_context.migration_context.impl
    if shapes_of(autogen_context) is not None:
        by_stage(upgrade_ops)
        if impl.keys_hold_indexes:
            keys_before_their_indexes(upgrade_ops)
    show_casts(upgrade_ops, impl)
    by_dependency(upgrade_ops, reflection, impl)
    if autogen_context.opts.get("edition") is not None:
        if impl.keys_hold_indexes:
            show_key_indexes(upgrade_ops, reflection.catalogue)
        if autogen_context.connection is not None:
            complete(upgrade_ops, impl, autogen_context.connection)
    rename_first(autogen_context, upgrade_ops, reflection)
