"""Indexes and unique constraints: matched by name, unnamed unique constraints by their columns (appendix B)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from sqlalchemy import UniqueConstraint

from limbeck import sqla
from limbeck.autogenerate.read.reflect import reflection_of
from limbeck.ddl.index_values import (
    KeyValues,
    PlainTable,
    listed_index,
    listed_unique,
    plain_index,
    plain_table,
    plain_unique,
)
from limbeck.operations.ops import AddConstraintOp, CreateIndexOp, DropConstraintOp, DropIndexOp

from .unchanged import add_comparator

if TYPE_CHECKING:
    from sqlalchemy import Index, Table

    from limbeck.ddl.impl import DefaultImpl
    from limbeck.ddl.signature import Signature
    from limbeck.operations.ops import ModifyTableOps
    from limbeck.runtime.plugins import Plugin

    from ..context import AutogenContext
    from .unchanged import TableView

    Listed = list[dict[str, Any]]

log = logging.getLogger("alembic.autogenerate.compare.constraints")


def setup(plugin: Plugin) -> None:
    """Register the comparator of this file."""
    add_comparator(plugin, compare_indexes_and_uniques, "table", "indexes", surely_same_keys)


def surely_same_keys(sight: TableView) -> bool:
    """Whether unique constraints, and indexes that are on plain columns, are those of the models."""
    impl, ours, table = sight.impl, _of_models(sight.table), plain_table(sight.table)
    if ours.uniques and not sight.knows("unique_constraints"):
        return False
    uniques, indexes = _in_our_form(impl, ours, sight.listed("unique_constraints") or [], sight.listed("indexes") or [])
    there = PlainTable(
        [column["name"] for column in sight.listed("columns")],
        [(key["name"], key["constrained_columns"]) for key in sight.listed("foreign_keys") or ()],
        [index["name"] for index in indexes if index.get("duplicates_constraint")],
    )
    options = impl.compared_options
    our_indexes = [plain_index(item, sqla.constraint_name(item, impl.dialect), options) for item in ours.indexes]
    their_indexes = [listed_index(listed, options) for listed in indexes]
    carriers = {item.name for item in their_indexes if impl.belongs_to_constraint(item, there)}
    wanted = KeyValues(
        [plain_unique(item, sqla.constraint_name(item, impl.dialect), options) for item in ours.uniques],
        [item for item in our_indexes if not (item.name in carriers and impl.belongs_to_constraint(item, table))],
    )
    found = KeyValues(
        [listed_unique(listed, options) for listed in uniques],
        [item for item in their_indexes if item.name not in carriers],
    )
    return wanted.is_unchanged(found)


def compare_indexes_and_uniques(
    autogen_context: AutogenContext,
    modify_table_ops: ModifyTableOps,
    schema: str | None,
    tname: str,
    conn_table: Table | None,
    metadata_table: Table | None,
) -> None:
    """Indexes and unique constraints of one table; those of a new or a removed table: indexes alone."""
    ours = _of_models(metadata_table)
    theirs = _of_database(autogen_context, schema, tname, conn_table, ours)
    impl = autogen_context.migration_context.impl
    their_uniques, their_indexes = set(theirs.uniques), set(theirs.indexes)
    our_uniques, our_indexes = set(ours.uniques), set(ours.indexes)
    impl.correct_for_autogen_constraints(their_uniques, their_indexes, our_uniques, our_indexes)
    there: set[Any] = their_uniques | their_indexes
    wanted: set[Any] = our_uniques | our_indexes
    whole_table = conn_table is None or metadata_table is None
    changes = _Changes(autogen_context, modify_table_ops, tname, whole_table, theirs.knows_uniques)
    _compare(
        changes,
        [impl._create_reflected_constraint_sig(item) for item in theirs.all() if item in there],
        [impl._create_metadata_constraint_sig(item) for item in ours.all() if item in wanted],
    )


class _Side:
    """Indexes and unique constraints of one side, in order.

    :param knows_uniques: whether the side can tell unique constraints from unique indexes.
    """

    def __init__(self, uniques: list[UniqueConstraint], indexes: list[Index], *, knows_uniques: bool = True) -> None:
        self.uniques = uniques
        self.indexes = indexes
        self.knows_uniques = knows_uniques

    def all(self) -> list[Any]:
        return [*self.uniques, *self.indexes]


def _of_models(table: Table | None) -> _Side:
    if table is None:
        return _Side([], [])
    uniques = [item for item in sqla.in_order(table.constraints) if isinstance(item, UniqueConstraint)]
    return _Side(uniques, sorted(table.indexes, key=lambda index: (str(index.name or ""), str(index.expressions))))


def _of_database(
    autogen_context: AutogenContext, schema: str | None, tname: str, table: Table | None, ours: _Side
) -> _Side:
    if table is None:
        return _Side([], [])
    reflection = reflection_of(autogen_context)
    listed_uniques = reflection.unique_constraints(table)

    def wanted(listed: dict[str, Any], kind: Any) -> bool:
        return autogen_context.run_name_filters(listed["name"], kind, {"table_name": tname, "schema_name": schema})

    uniques, indexes = _in_our_form(
        autogen_context.migration_context.impl,
        ours,
        [listed for listed in listed_uniques or () if wanted(listed, "unique_constraint")],
        [listed for listed in reflection.indexes(table) if wanted(listed, "index")],
    )
    return _Side(
        [reflection.unique_constraint(table, listed) for listed in uniques],
        [reflection.index(table, listed) for listed in indexes],
        knows_uniques=listed_uniques is not None,
    )


def _in_our_form(impl: DefaultImpl, ours: _Side, uniques: Listed, indexes: Listed) -> tuple[Listed, Listed]:
    """Of what the database lists both as unique constraint and as index, the form that the models use."""
    twins = [listed for listed in uniques if listed.get("duplicates_index")]
    if not twins:
        return uniques, indexes
    names = {sqla.constraint_name(item, impl.dialect) for item in ours.uniques}
    unnamed = {_columns(item) for item in ours.uniques if sqla.constraint_name(item, impl.dialect) is None}
    as_index = {index.name for index in ours.indexes}
    for twin in twins:
        on_columns = tuple(sorted(twin["column_names"])) in unnamed
        if twin["name"] in names or (on_columns and twin["name"] not in as_index):
            indexes = [listed for listed in indexes if listed["name"] != twin["duplicates_index"]]
        else:
            uniques = [listed for listed in uniques if listed is not twin]
    return uniques, indexes


def _columns(unique: UniqueConstraint) -> tuple[str, ...]:
    return tuple(sorted(column.name for column in unique.columns))


def _compare(changes: _Changes, theirs: list[Signature], ours: list[Signature]) -> None:
    there: dict[str, list[Signature]] = {}
    for item in theirs:
        if item.name is not None:
            there.setdefault(item.name, []).append(item)
    named = {item.name: item for item in ours if item.name is not None}
    unnamed = {item.unnamed: item for item in ours if item.name is None and not item.is_index}
    present_columns = {item.unnamed for item in theirs if not item.is_index}

    for name in sorted(there.keys() - named.keys()):
        for item in there[name]:
            if item.is_index or item.unnamed not in unnamed:
                changes.removed(item)
    for name in sorted(there.keys() & named.keys()):
        _compare_same_name(changes, there[name], named[name])
    for name in sorted(named.keys() - there.keys()):
        changes.added(named[name])
    for columns, item in unnamed.items():
        if columns not in present_columns:
            changes.added(item)


def _compare_same_name(changes: _Changes, theirs: list[Signature], ours: Signature) -> None:
    alike = [item for item in theirs if item.is_index is ours.is_index]
    if not alike:
        for item in theirs:
            changes.removed(item)
        changes.added(ours)
        return
    result = ours.compare_to_reflected(alike[0])
    if result.is_different:
        changes.changed(alike[0], ours, result.message)
    elif result.is_skip:
        kind = "index" if ours.is_index else "unique constraint"
        log.info("Cannot compare %s %r, assuming equal and skipping. %s", kind, ours.name, result.message)


class _Changes:
    """Where differences become operations.

    :param whole_table: the table is created or dropped, and its unique constraints with it.
    :param knows_uniques: the database can tell unique constraints from unique indexes.
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
        """An index or unique constraint that the database lacks."""
        if not item.is_index and (self._whole_table or not self._knows_uniques):
            return
        if self._context.run_object_filters(item.const, item.name, _kind(item), False, None):
            self._create(item)
            log.info("Detected added %s %r on '%s'", _word(item), item.name, item.column_names)

    def removed(self, item: Signature) -> None:
        """One that the models lack; a unique index may be a unique constraint where the two can't be told apart."""
        if self._whole_table and not item.is_index:
            return
        if item.is_index and item.is_unique and not self._knows_uniques:
            return
        if self._context.run_object_filters(item.const, item.name, _kind(item), True, None):
            self._drop(item)
            log.info("Detected removed %s %r on %r", _word(item), item.name, self._table)

    def changed(self, old: Signature, new: Signature, message: str) -> None:
        """One that is there, but different."""
        if self._context.run_object_filters(new.const, new.name, _kind(new), False, old.const):
            log.info("Detected changed %s %r on %r: %s", _word(new), old.name, self._table, message)
            self._drop(old)
            self._create(new)

    def _create(self, item: Signature) -> None:
        made = CreateIndexOp.from_index if item.is_index else AddConstraintOp.from_constraint
        self._ops.append(made(item.const))

    def _drop(self, item: Signature) -> None:
        made = DropIndexOp.from_index if item.is_index else DropConstraintOp.from_constraint
        self._ops.append(made(item.const))


def _kind(item: Signature) -> Any:
    return "index" if item.is_index else "unique_constraint"


def _word(item: Signature) -> str:
    return "index" if item.is_index else "unique constraint"
