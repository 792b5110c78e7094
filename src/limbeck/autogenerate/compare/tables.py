"""Tables: which were added, which removed, and what changed in those on both sides (behaviour 7.2, 7.7)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from limbeck import sqla
from limbeck.autogenerate.exact.snapshot import complete_reflected, known_better, not_ours, read_sides
from limbeck.autogenerate.read.reflect import qualified, reflection_of
from limbeck.operations.ops import CreateTableOp, DropTableOp, ModifyTableOps
from limbeck.runtime.journal import SUFFIX as JOURNAL

from .columns import columns_of_database, columns_of_model, compare_columns, drop_columns
from .drops import demand_leave_for_mass_drops
from .renames import settle_renames
from .unchanged import settled_at_a_glance

if TYPE_CHECKING:
    from sqlalchemy import Table

    from limbeck.autogenerate.read.reflect import TableName
    from limbeck.operations.ops import UpgradeOps
    from limbeck.runtime.plugins import Plugin

    from ..context import AutogenContext

log = logging.getLogger("alembic.autogenerate.compare.tables")


def setup(plugin: Plugin) -> None:
    """Register the comparator of this file."""
    plugin.add_autogenerate_comparator(compare_tables, "schema", "tables")


def compare_tables(autogen_context: AutogenContext, upgrade_ops: UpgradeOps, schemas: set[str | None]) -> None:
    """Compare the tables of ``schemas`` with the models'."""
    with known_better(autogen_context):
        _compare_tables(autogen_context, upgrade_ops, schemas)


def _compare_tables(autogen_context: AutogenContext, upgrade_ops: UpgradeOps, schemas: set[str | None]) -> None:
    models = _tables_of_models(autogen_context)
    there = _tables_of_database(autogen_context, schemas)
    reflection = reflection_of(autogen_context)
    names = dict.fromkeys(reflection.read(there))
    renames = reflection.renames = settle_renames(autogen_context, reflection.catalogue, names, models)
    names = dict.fromkeys(map(renames.after, names))
    read_sides(autogen_context, names, models)
    settled = {name for name in settled_at_a_glance(autogen_context, names, models) if not renames.concern(name)}
    reflection.build(name for name in names if name not in settled)
    present = {name: reflection.built(name) for name in names if name not in settled}
    complete_reflected(autogen_context, present)
    for name, table in models.items():
        if name not in names:
            _added(autogen_context, upgrade_ops, name, table)
    for name in _dependents_first({name: table for name, table in present.items() if name not in models}):
        _removed(autogen_context, upgrade_ops, name, present[name])
    drops = [op.table_name for op in upgrade_ops.ops if isinstance(op, DropTableOp)]
    demand_leave_for_mass_drops(autogen_context, models=len(models), tables=len(names), dropped=drops)
    for name in sorted(present.keys() & models.keys(), key=lambda name: (name[0] or "", name[1])):
        _on_both_sides(autogen_context, upgrade_ops, name, present[name], models[name])


def _tables_of_models(autogen_context: AutogenContext) -> dict[TableName, Table]:
    """Tables of the models by name, referred ones first, the version table left out; the default schema is None."""
    default = autogen_context.dialect.default_schema_name
    _ = autogen_context.table_key_to_table  # refuses two MetaData with tables of one name
    found = {
        (None if table.schema == default else table.schema, table.name): table
        for table in autogen_context.sorted_tables
    }
    found.pop(_version_table(autogen_context), None)
    return found


def _version_table(autogen_context: AutogenContext) -> TableName:
    context = autogen_context.migration_context
    schema = context.version_table_schema
    return (None if schema == autogen_context.dialect.default_schema_name else schema, context.version_table)


def _tables_of_database(autogen_context: AutogenContext, schemas: set[str | None]) -> list[TableName]:
    place, version_table = _version_table(autogen_context)
    ours = {(place, version_table), (place, version_table + JOURNAL)}
    return [
        (schema, name)
        for schema in sorted(schemas, key=lambda schema: schema or "")
        for unmanaged_tables in [not_ours(autogen_context, schema)]
        for name in autogen_context.inspector.get_table_names(schema=schema)
        if (schema, name) not in ours
        and name not in unmanaged_tables
        and autogen_context.run_name_filters(name, "table", {"schema_name": schema})
    ]


def _dependents_first(tables: dict[TableName, Table]) -> list[TableName]:
    """The names of ``tables`` so that a table comes before those that it refers to; else by name."""
    names = {id(table): name for name, table in tables.items()}
    ordered = sorted(tables.values(), key=lambda table: (table.schema or "", table.name), reverse=True)
    return [names[id(table)] for table in reversed(sqla.in_order_of_creation(ordered)) if id(table) in names]


def _compare_table(
    autogen_context: AutogenContext, name: TableName, conn_table: Table | None, metadata_table: Table | None
) -> ModifyTableOps:
    schema, table_name = name
    changes = ModifyTableOps(table_name, [], schema=schema)
    dispatch_table(autogen_context, changes, name, conn_table, metadata_table)
    return changes


def dispatch_table(
    autogen_context: AutogenContext,
    changes: ModifyTableOps,
    name: TableName,
    conn_table: Table | None,
    metadata_table: Table | None,
) -> Any:
    """Call the comparators of tables."""
    schema, table_name = name
    compare = autogen_context.comparators.dispatch("table", qualifier=autogen_context.dialect.name)
    return compare(autogen_context, changes, schema, table_name, conn_table, metadata_table)


def _added(autogen_context: AutogenContext, upgrade_ops: UpgradeOps, name: TableName, table: Table) -> None:
    if not autogen_context.run_object_filters(table, name[1], "table", False, None):
        return
    upgrade_ops.ops.append(CreateTableOp.from_table(table))
    log.info("Detected added table %r", qualified(name))
    changes = _compare_table(autogen_context, name, None, table)
    if not changes.is_empty():
        upgrade_ops.ops.append(changes)


def _removed(autogen_context: AutogenContext, upgrade_ops: UpgradeOps, name: TableName, table: Table) -> None:
    if not autogen_context.run_object_filters(table, name[1], "table", True, None):
        return
    drop = DropTableOp.from_table(table)
    changes = _compare_table(autogen_context, name, table, None)
    if not changes.is_empty():
        upgrade_ops.ops.append(changes)
    upgrade_ops.ops.append(drop)
    log.info("Detected removed table %r", qualified(name))


def _on_both_sides(
    autogen_context: AutogenContext,
    upgrade_ops: UpgradeOps,
    name: TableName,
    conn_table: Table,
    metadata_table: Table,
) -> None:
    if not autogen_context.run_object_filters(metadata_table, name[1], "table", False, conn_table):
        return
    changes = ModifyTableOps(name[1], [], schema=name[0])
    there, ours = columns_of_database(autogen_context, name, conn_table), columns_of_model(metadata_table)
    compare_columns(autogen_context, changes, name, there, ours)
    dispatch_table(autogen_context, changes, name, conn_table, metadata_table)
    drop_columns(autogen_context, changes, name, there, ours)
    if not changes.is_empty():
        upgrade_ops.ops.append(changes)
