"""Indexes and unique constraints: matched by name, unnamed unique constraints by their columns."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import UniqueConstraint

from limbeck import sqla
from limbeck.autogenerate.registry import add_comparator
from limbeck.ddl.index_values import (
    IndexValue,
    KeyValues,
    TableValue,
    index_value,
    listed_index,
    listed_unique,
    table_value,
    unique_value,
)
from limbeck.operations.ops import AddConstraintOp, CreateIndexOp, DropConstraintOp, DropIndexOp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Index, Table

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.autogenerate.read.table_view import TableView
    from limbeck.ddl.impl import DefaultImpl
    from limbeck.ddl.signature import Signature
    from limbeck.operations.ops import ModifyTableOps
    from limbeck.runtime.plugins import Plugin

    Listed = Sequence[Mapping[str, Any]]  # as Inspector lists them

log = logging.getLogger("alembic.autogenerate.compare.constraints")


def setup(plugin: Plugin) -> None:
    """Register the comparator of this file."""
    add_comparator(plugin, compare_indexes_and_uniques, "table", "indexes", is_unchanged_keys)


@dataclass(frozen=True)
class _Keys:
    """Indexes and unique constraints of one side, in order.

    :param knows_uniques: whether the side tells unique constraints from unique indexes.
    """

    uniques: Sequence[UniqueConstraint] = ()
    indexes: Sequence[Index] = ()
    knows_uniques: bool = True

    def all(self) -> list[UniqueConstraint | Index]:
        return [*self.uniques, *self.indexes]


def _of_model(table: Table) -> _Keys:
    return _Keys(
        [item for item in sqla.in_order(table.constraints) if isinstance(item, UniqueConstraint)],
        sorted(table.indexes, key=lambda index: (str(index.name or ""), str(index.expressions))),
    )


def _in_form_of_model(impl: DefaultImpl, model: _Keys, uniques: Listed, indexes: Listed) -> tuple[Listed, Listed]:
    """Of what the catalogue lists both as unique constraint and as index, only that which the model has."""
    twins = [listed for listed in uniques if listed.get("duplicates_index")]
    if not twins:
        return uniques, indexes
    names_of_constraints = _names_among(impl, model, twins)
    as_index = {twin["name"] for twin in twins} - names_of_constraints
    doubled = {twin["duplicates_index"] for twin in twins if twin["name"] in names_of_constraints}
    return (
        [listed for listed in uniques if listed["name"] not in as_index],
        [listed for listed in indexes if listed["name"] not in doubled],
    )


def _names_among(impl: DefaultImpl, model: _Keys, listed: Listed) -> set[str | None]:
    """The names of those unique constraints of the database that the model has as such, by name or by columns."""
    names = {sqla.constraint_name(item, impl.dialect) for item in model.uniques}
    unnamed = {_columns(item) for item in model.uniques if sqla.constraint_name(item, impl.dialect) is None}
    names_of_indexes = {index.name for index in model.indexes}
    by_name = {each["name"] for each in listed if each["name"] in names}
    by_columns = {each["name"] for each in listed if tuple(sorted(each["column_names"])) in unnamed}
    return by_name | (by_columns - names_of_indexes)


def _columns(unique: UniqueConstraint) -> tuple[str, ...]:
    return tuple(sorted(column.name for column in unique.columns))


# --- unchanged tables ---------------------------------------------------------------------------------------------


def is_unchanged_keys(view: TableView) -> bool:
    """Whether unique constraints, and indexes on plain columns, are those of the model."""
    model = _of_model(view.table)
    if model.uniques and not view.knows("unique_constraints"):
        return False
    uniques, indexes = _in_form_of_model(
        view.impl, model, view.listed("unique_constraints") or [], view.listed("indexes") or []
    )
    in_database = [listed_index(listed, view.impl.compared_options) for listed in indexes]
    carriers = _carriers(view, indexes, in_database)
    database = KeyValues(
        [listed_unique(listed, view.impl.compared_options) for listed in uniques],
        [index for index in in_database if index.name not in carriers],
    )
    return _values_of_model(view, model, carriers).is_unchanged(database)


def _carriers(view: TableView, indexes: Listed, values: Sequence[IndexValue]) -> set[str | None]:
    """The names of those indexes of the database that it made for a constraint.

    :param indexes: the indexes as the catalogue lists them. :param values: the same as values.
    """
    table = TableValue(
        [column["name"] for column in view.listed("columns")],
        [(key["name"], key["constrained_columns"]) for key in view.listed("foreign_keys") or ()],
        [index["name"] for index in indexes if index.get("duplicates_constraint")],
    )
    return {index.name for index in values if view.impl.belongs_to_constraint(index, table)}


def _values_of_model(view: TableView, model: _Keys, carriers: set[str | None]) -> KeyValues:
    """Unique constraints and indexes of the model, without those that carry a constraint on both sides."""
    impl, options, table = view.impl, view.impl.compared_options, table_value(view.table)
    indexes = [index_value(item, sqla.constraint_name(item, impl.dialect), options) for item in model.indexes]
    return KeyValues(
        [unique_value(item, sqla.constraint_name(item, impl.dialect), options) for item in model.uniques],
        [index for index in indexes if not (index.name in carriers and impl.belongs_to_constraint(index, table))],
    )


# --- comparison ---------------------------------------------------------------------------------------------------


def compare_indexes_and_uniques(
    autogen_context: AutogenContext,
    modify_table_ops: ModifyTableOps,
    schema: str | None,
    tname: str,
    conn_table: Table | None,
    metadata_table: Table | None,
) -> None:
    """Compare indexes and unique constraints of one table; of one that is created or dropped, the indexes alone."""
    model = _Keys() if metadata_table is None else _of_model(metadata_table)
    database = _Keys() if conn_table is None else _of_database(autogen_context, schema, tname, conn_table, model)
    impl = autogen_context.migration_context.impl
    corrected: tuple[set[Any], ...] = (
        set(database.uniques),
        set(database.indexes),
        set(model.uniques),
        set(model.indexes),
    )
    impl.correct_for_autogen_constraints(*corrected)
    in_database, in_model = corrected[0] | corrected[1], corrected[2] | corrected[3]
    whole_table = conn_table is None or metadata_table is None
    changes = _Changes(autogen_context, modify_table_ops, tname, whole_table, database.knows_uniques)
    sign_reflected, sign = impl._create_reflected_constraint_sig, impl._create_metadata_constraint_sig  # noqa: SLF001 what Alembic calls them
    _compare(
        changes,
        [sign_reflected(item) for item in database.all() if item in in_database],
        [sign(item) for item in model.all() if item in in_model],
    )


def _of_database(autogen_context: AutogenContext, schema: str | None, tname: str, table: Table, model: _Keys) -> _Keys:
    reflection = autogen_context.state.reflection
    listed_uniques = reflection.unique_constraints(table)

    def is_wanted(listed: Mapping[str, Any], kind: Literal["unique_constraint", "index"]) -> bool:
        return autogen_context.run_name_filters(listed["name"], kind, {"table_name": tname, "schema_name": schema})

    uniques, indexes = _in_form_of_model(
        autogen_context.migration_context.impl,
        model,
        [listed for listed in listed_uniques or () if is_wanted(listed, "unique_constraint")],
        [listed for listed in reflection.indexes(table) if is_wanted(listed, "index")],
    )
    return _Keys(
        [reflection.unique_constraint(table, listed) for listed in uniques],
        [reflection.index(table, listed) for listed in indexes],
        knows_uniques=listed_uniques is not None,
    )


def _compare(changes: _Changes, database: Sequence[Signature], model: Sequence[Signature]) -> None:
    in_database, in_model = _by_name(database), _by_name(model)
    unnamed = {item.unnamed: item for item in model if item.name is None and not item.is_index}
    columns_in_database = {item.unnamed for item in database if not item.is_index}
    for item in _values(in_database, in_database.keys() - in_model.keys()):
        if item.is_index or item.unnamed not in unnamed:
            changes.removed(item)
    for name in sorted(in_database.keys() & in_model.keys()):
        _compare_namesakes(changes, in_database[name], in_model[name][-1])
    for name in sorted(in_model.keys() - in_database.keys()):
        changes.added(in_model[name][-1])
    for item in [item for columns, item in unnamed.items() if columns not in columns_in_database]:
        changes.added(item)


def _by_name(items: Iterable[Signature]) -> dict[str, list[Signature]]:
    found: dict[str, list[Signature]] = {}
    for item in items:
        if item.name is not None:
            found.setdefault(item.name, []).append(item)
    return found


def _values(items: Mapping[str, Sequence[Signature]], names: Iterable[str]) -> list[Signature]:
    return [item for name in sorted(names) for item in items[name]]


def _compare_namesakes(changes: _Changes, database: Sequence[Signature], model: Signature) -> None:
    of_kind = [item for item in database if item.is_index is model.is_index]
    if not of_kind:
        for item in database:
            changes.removed(item)
        changes.added(model)
        return
    result = model.compare_to_reflected(of_kind[0])
    if result.is_different:
        changes.changed(of_kind[0], model, result.message)
    elif result.is_skip:
        log.info("Cannot compare %s %r, assuming equal and skipping. %s", _word(model), model.name, result.message)


class _Changes:
    """Makes operations of differences.

    :param whole_table: whether the table is created or dropped, its unique constraints with it.
    :param knows_uniques: whether the database tells unique constraints from unique indexes.
    """

    def __init__(
        self,
        autogen_context: AutogenContext,
        modify_table_ops: ModifyTableOps,
        tname: str,
        whole_table: bool,
        knows_uniques: bool,
    ) -> None:
        self._context = autogen_context
        self._ops = modify_table_ops.ops
        self._table = tname
        self._whole_table = whole_table
        self._knows_uniques = knows_uniques

    def added(self, item: Signature) -> None:
        """Create what the database lacks."""
        if not item.is_index and (self._whole_table or not self._knows_uniques):
            return
        if self._context.run_object_filters(item.const, item.name, _kind(item), False, None):
            self._create(item)
            log.info("Detected added %s %r on '%s'", _word(item), item.name, item.column_names)

    def removed(self, item: Signature) -> None:
        """Drop what the models lack; but no unique index that may be a unique constraint."""
        if self._whole_table and not item.is_index:
            return
        if item.is_index and item.is_unique and not self._knows_uniques:
            return
        if self._context.run_object_filters(item.const, item.name, _kind(item), True, None):
            self._drop(item)
            log.info("Detected removed %s %r on %r", _word(item), item.name, self._table)

    def changed(self, old: Signature, new: Signature, message: str) -> None:
        """Drop and create what differs."""
        if self._context.run_object_filters(new.const, new.name, _kind(new), False, old.const):
            log.info("Detected changed %s %r on %r: %s", _word(new), old.name, self._table, message)
            self._drop(old)
            self._create(new)

    def _create(self, item: Signature) -> None:
        create = CreateIndexOp.from_index if item.is_index else AddConstraintOp.from_constraint
        self._ops.append(create(item.const))

    def _drop(self, item: Signature) -> None:
        drop = DropIndexOp.from_index if item.is_index else DropConstraintOp.from_constraint
        self._ops.append(drop(item.const))


def _kind(item: Signature) -> Literal["index", "unique_constraint"]:
    return "index" if item.is_index else "unique_constraint"


def _word(item: Signature) -> str:
    return "index" if item.is_index else "unique constraint"
