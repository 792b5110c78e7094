"""Tables: those that are added, those that are removed, and what differs in those on both sides."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from sqlalchemy import Constraint

from limbeck import sqla
from limbeck.autogenerate.read.names import one_name_each, qualified
from limbeck.autogenerate.read.snapshot import read_snapshot, without_known_warnings
from limbeck.objects.declared import objects_of
from limbeck.operations.ops import CreateTableOp, DropTableOp, ModifyTableOps
from limbeck.runtime.history import TABLE as HISTORY
from limbeck.runtime.journal import SUFFIX as JOURNAL

from .columns import add_and_alter_columns, columns_of_database, columns_of_model, drop_columns
from .drops import check_mass_drops
from .renames import settle_renames
from .unchanged import unchanged_tables

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Table

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.autogenerate.read.names import TableName
    from limbeck.operations.ops import UpgradeOps
    from limbeck.runtime.plugins import Plugin

log = logging.getLogger("alembic.autogenerate.compare.tables")


def setup(plugin: Plugin) -> None:
    """Register the comparator of this file."""
    plugin.add_autogenerate_comparator(compare_tables, "schema", "tables")


def compare_tables(autogen_context: AutogenContext, upgrade_ops: UpgradeOps, schemas: set[str | None]) -> None:
    """Compare the tables of ``schemas`` with those of the models."""
    with without_known_warnings(autogen_context.state.normalizer):
        _compare_tables(autogen_context, upgrade_ops, schemas)


def _compare_tables(autogen_context: AutogenContext, upgrade_ops: UpgradeOps, schemas: set[str | None]) -> None:
    state = autogen_context.state
    models = _tables_of_models(autogen_context)
    known_as = _known_as(autogen_context, schemas, models)
    unmanaged = {schema: _unmanaged(autogen_context, schema) for schema in schemas}
    models = {name: table for name, table in models.items() if name[1] not in unmanaged.get(name[0], ())}
    listed = state.reflection.read(_tables_of_database(autogen_context, unmanaged, known_as), known_as)
    renames = settle_renames(autogen_context, dict.fromkeys(listed), models)
    names = dict.fromkeys(map(renames.after, listed))
    if state.normalizer is not None:
        state.snapshot = read_snapshot(state.normalizer, renames, names, models)
    unchanged = unchanged_tables(autogen_context, names, models)
    database = _built(autogen_context, [name for name in names if name not in unchanged or renames.concern(name)])
    for name, table in models.items():
        if name not in names:
            _add(autogen_context, upgrade_ops, name, table)
    for name in _dependents_first({name: table for name, table in database.items() if name not in models}):
        _remove(autogen_context, upgrade_ops, name, database[name])
    drops = [op.table_name for op in upgrade_ops.ops if isinstance(op, DropTableOp)]
    check_mass_drops(autogen_context, models=len(models), tables=len(names), dropped=drops)
    for name in sorted(database.keys() & models.keys(), key=lambda name: (name[0] or "", name[1])):
        _modify(autogen_context, upgrade_ops, name, database[name], models[name])


def _built(autogen_context: AutogenContext, names: list[TableName]) -> dict[TableName, Table]:
    """Objects of tables that were read, with what a snapshot has of them and SQLAlchemy's reflection has not."""
    state = autogen_context.state
    state.reflection.build(names)
    tables = {name: state.reflection.built(name) for name in names}
    if state.normalizer is not None and state.snapshot is not None:
        for name, table in tables.items():
            if name in state.snapshot.database:
                state.normalizer.complete(table, state.snapshot.database[name])
    return tables


def _tables_of_models(autogen_context: AutogenContext) -> dict[TableName, Table]:
    """The tables of the models by name, referred ones first, without the version table; the default schema is None."""
    default = autogen_context.default_schema
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
    return (None if schema == autogen_context.default_schema else schema, context.version_table)


def _own_tables(autogen_context: AutogenContext) -> set[TableName]:
    schema, version_table = _version_table(autogen_context)
    return {(schema, version_table), (schema, version_table + JOURNAL), (schema, HISTORY)}


def _known_as(
    autogen_context: AutogenContext, schemas: set[str | None], models: Collection[TableName]
) -> dict[TableName, TableName]:
    normalizer = autogen_context.state.normalizer
    if normalizer is None:
        return {}
    return one_name_each(normalizer.found_on_path("table"), {*models, *_own_tables(autogen_context)}, schemas)


def _tables_of_database(
    autogen_context: AutogenContext, unmanaged: Mapping[str | None, set[str]], known_as: Mapping[TableName, TableName]
) -> list[TableName]:
    """The tables of the database by name, without Limbeck's own and those that other objects make and drop.

    :param unmanaged: the latter, by schema. :param known_as: other names of tables, each with the one to use.
    """
    own = _own_tables(autogen_context)
    found: dict[TableName, None] = {}
    for schema in sorted(unmanaged, key=lambda schema: schema or ""):
        listed = autogen_context.inspector.get_table_names(schema=schema)
        found |= dict.fromkeys(
            known_as.get((schema, name), (schema, name)) for name in listed if name not in unmanaged[schema]
        )
    allows = autogen_context.run_name_filters
    return [
        (schema, name)
        for schema, name in found
        if (schema, name) not in own and allows(name, "table", {"schema_name": schema})
    ]


def _unmanaged(autogen_context: AutogenContext, schema: str | None) -> set[str]:
    """Tables that other objects make and drop; without an exact comparison, where the models declare such objects."""
    normalizer = autogen_context.state.normalizer
    if normalizer is None and any(each.kind == "virtual_table" for each in objects_of(*autogen_context.metadatas)):
        connection = autogen_context.state.reflection.catalogue.connection
        normalizer = autogen_context.migration_context.impl.normalizer(connection)
    return set() if normalizer is None else normalizer.unmanaged_tables(schema)


def _dependents_first(tables: Mapping[TableName, Table]) -> list[TableName]:
    """The names of ``tables`` so that a table comes before those that it refers to; else by name."""
    names = {id(table): name for name, table in tables.items()}
    ordered = sorted(tables.values(), key=lambda table: (table.schema or "", table.name), reverse=True)
    return [names[id(table)] for table in reversed(sqla.in_order_of_creation(ordered)) if id(table) in names]


def _add(autogen_context: AutogenContext, upgrade_ops: UpgradeOps, name: TableName, table: Table) -> None:
    if not autogen_context.run_object_filters(table, name[1], "table", False, None):
        return
    creation = CreateTableOp.from_table(table)
    if autogen_context.state.is_exact:
        applies = autogen_context.migration_context.impl.applies
        creation.columns = [item for item in creation.columns if not isinstance(item, Constraint) or applies(item)]
    upgrade_ops.ops.append(creation)
    log.info("Detected added table %r", qualified(name))
    changes = ModifyTableOps(name[1], [], schema=name[0])
    _call_comparators(autogen_context, changes, None, table)
    if not changes.is_empty():
        upgrade_ops.ops.append(changes)


def _remove(autogen_context: AutogenContext, upgrade_ops: UpgradeOps, name: TableName, table: Table) -> None:
    if not autogen_context.run_object_filters(table, name[1], "table", True, None):
        return
    drop = DropTableOp.from_table(table)
    changes = ModifyTableOps(name[1], [], schema=name[0])
    _call_comparators(autogen_context, changes, table, None)
    if not changes.is_empty():
        upgrade_ops.ops.append(changes)
    upgrade_ops.ops.append(drop)
    log.info("Detected removed table %r", qualified(name))


def _modify(
    autogen_context: AutogenContext,
    upgrade_ops: UpgradeOps,
    name: TableName,
    conn_table: Table,
    metadata_table: Table,
) -> None:
    if not autogen_context.run_object_filters(metadata_table, name[1], "table", False, conn_table):
        return
    changes = ModifyTableOps(name[1], [], schema=name[0])
    database, model = columns_of_database(autogen_context, name, conn_table), columns_of_model(metadata_table)
    add_and_alter_columns(autogen_context, changes, name, database, model)
    _call_comparators(autogen_context, changes, conn_table, metadata_table)
    drop_columns(autogen_context, changes, name, database, model)
    if not changes.is_empty():
        upgrade_ops.ops.append(changes)


def _call_comparators(
    autogen_context: AutogenContext, changes: ModifyTableOps, conn_table: Table | None, metadata_table: Table | None
) -> None:
    """Call the comparators of tables; one side is None where the table is created or dropped."""
    compare = autogen_context.comparators.dispatch("table", qualifier=autogen_context.dialect.name)
    compare(autogen_context, changes, changes.schema, changes.table_name, conn_table, metadata_table)
