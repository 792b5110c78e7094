"""Foreign keys: equal where source, target and actions are, whatever their names."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from limbeck import sqla
from limbeck.autogenerate.read.names import qualified
from limbeck.autogenerate.registry import add_comparator
from limbeck.ddl.signature import deferral, unusual
from limbeck.operations.ops import AddConstraintOp, DropConstraintOp

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping

    from sqlalchemy import ForeignKeyConstraint, Table

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.autogenerate.read.names import TableName
    from limbeck.autogenerate.read.table_view import TableView
    from limbeck.ddl.impl import DefaultImpl
    from limbeck.ddl.signature import ForeignKeySignature
    from limbeck.operations.ops import ModifyTableOps
    from limbeck.runtime.plugins import Plugin

    Signatures = dict[tuple[Hashable, ...], ForeignKeySignature]  # by what identifies a key

log = logging.getLogger("alembic.autogenerate.compare.constraints")


def setup(plugin: Plugin) -> None:
    """Register the comparator of this file."""
    add_comparator(plugin, compare_foreign_keys, "table", "foreignkeys", is_unchanged_foreign_keys)


def is_unchanged_foreign_keys(view: TableView) -> bool:
    """Whether the foreign keys are those of the model, by source, target and options."""
    listed = view.listed("foreign_keys") or []
    options = any("options" in key for key in listed)
    sign = view.impl._create_metadata_constraint_sig  # noqa: SLF001 what Alembic calls it
    model = {sign(key, include_options=options).unnamed for key in sqla.foreign_keys_of(view.table)}
    return model == {_identity(view.impl, view.name, key, options=options) for key in listed}


def _identity(impl: DefaultImpl, table: TableName, listed: Mapping[str, Any], *, options: bool) -> tuple[Hashable, ...]:
    """What identifies a foreign key of the catalogue, as `ForeignKeySignature.unnamed` has it."""
    schema, given = listed["referred_schema"], listed.get("options", {})
    return (
        *table,
        tuple(listed["constrained_columns"]),
        None if schema == impl.default_schema else schema,
        listed["referred_table"],
        tuple(listed["referred_columns"]),
        unusual(impl, given.get("onupdate")) if options else None,
        unusual(impl, given.get("ondelete")) if options else None,
        deferral(given.get("deferrable"), given.get("initially")) if options else None,
    )


def compare_foreign_keys(
    autogen_context: AutogenContext,
    modify_table_ops: ModifyTableOps,
    schema: str | None,
    tname: str,
    conn_table: Table | None,
    metadata_table: Table | None,
) -> None:
    """Compare the foreign keys of a table that is on both sides."""
    if conn_table is None or metadata_table is None:
        return
    names = {"table_name": tname, "schema_name": schema}
    in_database = {
        key
        for key in sqla.foreign_keys_of(conn_table)
        if autogen_context.run_name_filters(sqla.given_name(key), "foreign_key_constraint", dict(names))  # type: ignore[arg-type]
    }
    in_model = set(sqla.foreign_keys_of(metadata_table))
    impl = autogen_context.migration_context.impl
    impl.correct_for_autogen_foreignkeys(in_database, in_model)
    options = autogen_context.state.reflection.knows_foreign_key_options(conn_table)
    database = _signatures(impl._create_reflected_constraint_sig, conn_table, in_database, options)  # noqa: SLF001 what Alembic calls it
    model = _signatures(impl._create_metadata_constraint_sig, metadata_table, in_model, options)  # noqa: SLF001 the same
    for item, namesake in _without_counterpart(database, model):
        if autogen_context.run_object_filters(item.const, item.name, "foreign_key_constraint", True, namesake):
            modify_table_ops.ops.append(DropConstraintOp.from_constraint(item.const))
            _log("removed", item, (schema, tname))
    for item, namesake in _without_counterpart(model, database):
        if autogen_context.run_object_filters(item.const, item.name, "foreign_key_constraint", False, namesake):
            modify_table_ops.ops.append(AddConstraintOp.from_constraint(item.const))
            _log("added", item, (schema, tname))


def _without_counterpart(
    side: Signatures, other: Signatures
) -> Iterator[tuple[ForeignKeySignature, ForeignKeyConstraint | None]]:
    """The keys of one side that the other has not, each with the other's key of the same name, or None."""
    named: dict[str | None, ForeignKeyConstraint] = {
        item.name: item.const for item in other.values() if item.name is not None
    }
    return ((item, named.get(item.name)) for identity, item in side.items() if identity not in other)


def _signatures(sign: Callable[..., Any], table: Table, kept: set[ForeignKeyConstraint], options: bool) -> Signatures:
    """The signatures of the foreign keys ``kept``, by what identifies them, in the order of ``table``."""
    signatures = [sign(key, include_options=options) for key in sqla.foreign_keys_of(table) if key in kept]
    return {item.unnamed: item for item in signatures}


def _log(what: str, item: ForeignKeySignature, table: TableName) -> None:
    log.info(
        "Detected %s foreign key (%s)(%s) on table %s",
        what,
        ", ".join(item.source_columns),
        ", ".join(item.target_columns),
        qualified(table),
    )
