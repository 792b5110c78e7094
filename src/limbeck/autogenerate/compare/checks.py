"""Check constraints by name: the plugin ``alembic.ext.checkconstraint_byname``, which a run has to choose."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from limbeck import sqla
from limbeck.autogenerate.registry import add_comparator
from limbeck.operations.ops import AddConstraintOp, DropConstraintOp

if TYPE_CHECKING:
    from sqlalchemy import CheckConstraint, Table
    from sqlalchemy.engine import Dialect

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.autogenerate.read.table_view import TableView
    from limbeck.operations.ops import ModifyTableOps
    from limbeck.runtime.plugins import Plugin

log = logging.getLogger("alembic.ext.checkconstraint_byname")


def setup(plugin: Plugin) -> None:
    """Register the comparator of this file."""
    add_comparator(plugin, compare_checks, "table", "checkconstraints", is_unchanged_checks)


def is_unchanged_checks(view: TableView) -> bool:
    """Whether the named checks of the model are those of the database; their texts are not compared."""
    database = {listed["name"] for listed in view.listed("check_constraints") or ()} - {None}
    named = _named(view.table, view.impl.dialect)
    return database == {name for name, check in named.items() if sqla.wanted_by(check, view.impl)}


def compare_checks(
    autogen_context: AutogenContext,
    modify_table_ops: ModifyTableOps,
    schema: str | None,
    tname: str,
    conn_table: Table | None,
    metadata_table: Table | None,
) -> None:
    """Compare the named checks of a table that is on both sides; the impl compares the texts of two of one name."""
    if conn_table is None or metadata_table is None:
        return
    impl, dialect = autogen_context.migration_context.impl, autogen_context.dialect
    database = {
        name: check
        for name, check in _named(conn_table, dialect).items()
        if autogen_context.run_name_filters(name, "check_constraint", {"table_name": tname, "schema_name": schema})
    }
    model = {name: check for name, check in _named(metadata_table, dialect).items() if sqla.wanted_by(check, impl)}
    for name in sorted(database.keys() - model.keys()):
        _change(autogen_context, modify_table_ops, name, database[name], None)
    for name in sorted(database.keys() & model.keys()):
        if impl.compare_check_constraint(model[name], database[name]).is_different:
            _change(autogen_context, modify_table_ops, name, database[name], model[name])
    for name in sorted(model.keys() - database.keys()):
        _change(autogen_context, modify_table_ops, name, None, model[name])


def _change(
    autogen_context: AutogenContext,
    changes: ModifyTableOps,
    name: str,
    old: CheckConstraint | None,
    new: CheckConstraint | None,
) -> None:
    """Drop ``old`` and add ``new``, one of which may be None, unless the object filters leave them out."""
    subject = old if new is None else new
    compare_to = None if new is None else old
    if not autogen_context.run_object_filters(subject, name, "check_constraint", new is None, compare_to):  # type: ignore[arg-type]  # one is there
        return
    if old is not None:
        changes.ops.append(DropConstraintOp.from_constraint(old))
    if new is not None:
        changes.ops.append(AddConstraintOp.from_constraint(new))
    word = "removed" if new is None else "added" if old is None else "changed"
    log.info("Detected %s check constraint %r on table %r", word, name, changes.table_name)


def _named(table: Table, dialect: Dialect) -> dict[str, CheckConstraint]:
    named = [(sqla.constraint_name(check, dialect), check) for check in sqla.checks_of(table)]
    return {name: check for name, check in named if name is not None}
