"""Foreign keys: the same where source, target and actions are, whatever their names (behaviour 7.2, appendix B)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKeyConstraint

from limbeck import sqla
from limbeck.autogenerate.read.reflect import qualified, reflection_of
from limbeck.ddl.signature import deferral, unusual
from limbeck.operations.ops import AddConstraintOp, DropConstraintOp

from .unchanged import add_comparator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Table

    from limbeck.autogenerate.read.reflect import TableName
    from limbeck.ddl.impl import DefaultImpl
    from limbeck.ddl.signature import ForeignKeySignature
    from limbeck.operations.ops import ModifyTableOps
    from limbeck.runtime.plugins import Plugin

    from ..context import AutogenContext
    from .unchanged import TableView

    Signed = dict[tuple[Any, ...], ForeignKeySignature]

log = logging.getLogger("alembic.autogenerate.compare.constraints")


def setup(plugin: Plugin) -> None:
    """Register the comparator of this file."""
    add_comparator(plugin, compare_foreign_keys, "table", "foreignkeys", surely_same_foreign_keys)


def surely_same_foreign_keys(sight: TableView) -> bool:
    """Whether the foreign keys are those of the models, by source, target and options."""
    listed = sight.listed("foreign_keys") or []
    options = any("options" in key for key in listed)
    sign = sight.impl._create_metadata_constraint_sig
    wanted = {sign(key, include_options=options).unnamed for key in foreign_keys_of(sight.table)}
    return wanted == {_meaning(sight.impl, sight.name, key, options=options) for key in listed}


def _meaning(impl: DefaultImpl, table: TableName, listed: Mapping[str, Any], *, options: bool) -> tuple[Any, ...]:
    """What a foreign key of the catalogue is identified by, as `ForeignKeySignature.unnamed` says it."""
    schema, said = listed["referred_schema"], listed.get("options", {})
    return (
        *table,
        tuple(listed["constrained_columns"]),
        None if schema == impl.dialect.default_schema_name else schema,
        listed["referred_table"],
        tuple(listed["referred_columns"]),
        unusual(impl, said.get("onupdate")) if options else None,
        unusual(impl, said.get("ondelete")) if options else None,
        deferral(said.get("deferrable"), said.get("initially")) if options else None,
    )


def compare_foreign_keys(
    autogen_context: AutogenContext,
    modify_table_ops: ModifyTableOps,
    schema: str | None,
    tname: str,
    conn_table: Table | None,
    metadata_table: Table | None,
) -> None:
    """Foreign keys of a table that is on both sides."""
    if conn_table is None or metadata_table is None:
        return
    names = {"table_name": tname, "schema_name": schema}
    there = {
        key
        for key in foreign_keys_of(conn_table)
        if autogen_context.run_name_filters(sqla.given_name(key), "foreign_key_constraint", dict(names))  # type: ignore[arg-type]
    }
    wanted = set(foreign_keys_of(metadata_table))
    impl = autogen_context.migration_context.impl
    impl.correct_for_autogen_foreignkeys(there, wanted)
    options = reflection_of(autogen_context).knows_foreign_key_options(conn_table)
    theirs = _by_meaning(impl._create_reflected_constraint_sig, conn_table, there, options)
    ours = _by_meaning(impl._create_metadata_constraint_sig, metadata_table, wanted, options)
    for item, namesake in _without_counterpart(theirs, ours):
        if autogen_context.run_object_filters(item.const, item.name, "foreign_key_constraint", True, namesake):
            modify_table_ops.ops.append(DropConstraintOp.from_constraint(item.const))
            _tell("removed", item, (schema, tname))
    for item, namesake in _without_counterpart(ours, theirs):
        if autogen_context.run_object_filters(item.const, item.name, "foreign_key_constraint", False, namesake):
            modify_table_ops.ops.append(AddConstraintOp.from_constraint(item.const))
            _tell("added", item, (schema, tname))


def _without_counterpart(side: Signed, other: Signed) -> Iterator[tuple[ForeignKeySignature, Any]]:
    """The keys of one side that mean what none of the other does, each with the other's key of its name, or None."""
    named: dict[str | None, Any] = {item.name: item.const for item in other.values() if item.name is not None}
    return ((item, named.get(item.name)) for meaning, item in side.items() if meaning not in other)


def foreign_keys_of(table: Table) -> list[ForeignKeyConstraint]:
    """The foreign keys of ``table``, in the order in which they were made."""
    return [item for item in sqla.in_order(table.constraints) if isinstance(item, ForeignKeyConstraint)]


def _by_meaning(sign: Callable[..., Any], table: Table, kept: set[ForeignKeyConstraint], options: bool) -> Signed:
    """The signatures of the foreign keys ``kept`` by what identifies them, in the order of ``table``."""
    signatures = [sign(key, include_options=options) for key in foreign_keys_of(table) if key in kept]
    return {item.unnamed: item for item in signatures}


def _tell(what: str, item: ForeignKeySignature, table: TableName) -> None:
    log.info(
        "Detected %s foreign key (%s)(%s) on table %s",
        what,
        ", ".join(item.source_columns),
        ", ".join(item.target_columns),
        qualified(table),
    )
