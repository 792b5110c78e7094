"""Check constraints by name, for who asks for the plugin ``alembic.ext.checkconstraint_byname`` (behaviour 7.9)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint

from limbeck import sqla
from limbeck.operations.ops import AddConstraintOp, DropConstraintOp

from .unchanged import add_comparator

if TYPE_CHECKING:
    from sqlalchemy import Table

    from limbeck.operations.ops import ModifyTableOps
    from limbeck.runtime.plugins import Plugin

    from ..context import AutogenContext
    from .unchanged import TableView

log = logging.getLogger("alembic.ext.checkconstraint_byname")


def setup(plugin: Plugin) -> None:
    """Register the comparator of this file."""
    add_comparator(plugin, compare_checks, "table", "checkconstraints", surely_same_checks)


def surely_same_checks(sight: TableView) -> bool:
    """Whether the named checks of the models are those of the database; their texts are not compared."""
    there = {listed["name"] for listed in sight.listed("check_constraints") or ()} - {None}
    named = _named(sight.table, sight.context)
    return there == {name for name, check in named.items() if sqla.wanted_by(check, sight.impl)}


def compare_checks(
    autogen_context: AutogenContext,
    modify_table_ops: ModifyTableOps,
    schema: str | None,
    tname: str,
    conn_table: Table | None,
    metadata_table: Table | None,
) -> None:
    """Named checks of a table that is on both sides; of two of one name the impl says whether they differ."""
    if conn_table is None or metadata_table is None:
        return
    impl = autogen_context.migration_context.impl
    there = {
        name: check
        for name, check in _named(conn_table, autogen_context).items()
        if autogen_context.run_name_filters(name, "check_constraint", {"table_name": tname, "schema_name": schema})
    }
    wanted = {
        name: check for name, check in _named(metadata_table, autogen_context).items() if sqla.wanted_by(check, impl)
    }
    allowed = autogen_context.run_object_filters
    for name in sorted(there.keys() - wanted.keys()):
        if allowed(there[name], name, "check_constraint", True, None):
            modify_table_ops.ops.append(DropConstraintOp.from_constraint(there[name]))
            log.info("Detected removed check constraint %r on table %r", name, tname)
    for name in sorted(there.keys() & wanted.keys()):
        if not impl.compare_check_constraint(wanted[name], there[name]).is_different:
            continue
        if allowed(wanted[name], name, "check_constraint", False, there[name]):
            log.info("Detected changed check constraint %r on table %r", name, tname)
            modify_table_ops.ops.append(DropConstraintOp.from_constraint(there[name]))
            modify_table_ops.ops.append(AddConstraintOp.from_constraint(wanted[name]))
    for name in sorted(wanted.keys() - there.keys()):
        if allowed(wanted[name], name, "check_constraint", False, None):
            modify_table_ops.ops.append(AddConstraintOp.from_constraint(wanted[name]))
            log.info("Detected added check constraint %r on table %r", name, tname)


def _named(table: Table, autogen_context: AutogenContext) -> dict[str, Any]:
    checks = [item for item in sqla.in_order(table.constraints) if isinstance(item, CheckConstraint)]
    named = [(sqla.constraint_name(check, autogen_context.dialect), check) for check in checks]
    return {name: check for name, check in named if name is not None}
