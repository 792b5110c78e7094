"""The names that databases give to constraints that models leave without one: a downgrade drops them by these (G6)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.schema import ColumnCollectionConstraint

from limbeck import sqla
from limbeck.operations.ops import (
    CreateCheckConstraintOp,
    CreateForeignKeyOp,
    CreateUniqueConstraintOp,
    DropConstraintOp,
    DropIndexOp,
    DropTableOp,
)

from .suspend_foreign_keys import each_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from limbeck.autogenerate.read.catalogue import Catalogue
    from limbeck.autogenerate.read.reflect import TableName
    from limbeck.ddl.impl import DefaultImpl
    from limbeck.operations.ops import AddConstraintOp, DowngradeOps, MigrateOperation


def name_what_is_dropped(downgrade_ops: DowngradeOps, catalogue: Catalogue, impl: DefaultImpl) -> None:
    """Give the drops of unnamed constraints the names that the database will have given when they run.

    :param downgrade_ops: what reverses an upgrade, last things first.
    :param catalogue: the database before that upgrade.
    :param impl: knows the names; where it knows none, the constraint is found by its columns.
    """
    operations = list(each_of(downgrade_ops.ops))
    if impl.chosen_names_are_new_in is None or not any(_is_unnamed(op) for op in operations):
        return
    taken: dict[TableName, set[str]] = {}
    for undone in reversed(operations):
        schema, table = _place(undone)
        place = (schema, "" if impl.chosen_names_are_new_in == "schema" else table)
        if place not in taken:
            taken[place] = _names(catalogue, place)
        names = taken[place]
        if isinstance(undone, DropConstraintOp | DropIndexOp):
            if isinstance(undone, DropConstraintOp) and _is_unnamed(undone) and undone._reverse is not None:
                made = undone._reverse
                undone.constraint_name = impl.default_constraint_name(
                    made.constraint_type, table, _columns(made), names
                )
            names |= _name_of(undone)
        elif isinstance(undone, DropTableOp):
            names |= _within(undone, impl, names)
        else:
            names -= _name_of(undone)  # what the upgrade drops, the downgrade creates


def _within(table: DropTableOp, impl: DefaultImpl, taken: set[str]) -> set[str]:
    """The names of a new table, and of the keys that come with it, those that the database chooses included."""
    found = {table.table_name}
    for item in () if table._reverse is None else table._reverse.columns:
        kind = next((kind for class_, kind in _KINDS.items() if isinstance(item, class_)), None)
        if kind is not None and isinstance(item, ColumnCollectionConstraint):
            columns = [column.name for column in item.columns]
            name = sqla.constraint_name(item, impl.dialect)
            name = name or impl.default_constraint_name(kind, table.table_name, columns, taken | found)
            found |= set() if name is None else {name}
    return found


_KINDS = {ForeignKeyConstraint: "foreignkey", UniqueConstraint: "unique"}


def _is_unnamed(operation: MigrateOperation) -> bool:
    return isinstance(operation, DropConstraintOp) and operation.constraint_name is None


def _columns(creation: AddConstraintOp) -> Sequence[str]:
    """The columns of a constraint; those that a check mentions."""
    if isinstance(creation, CreateForeignKeyOp):
        return creation.local_cols
    if isinstance(creation, CreateCheckConstraintOp):
        return _mentioned(creation)
    return creation.columns if isinstance(creation, CreateUniqueConstraintOp) else ()


def _place(operation: Any) -> TableName:
    if isinstance(operation, CreateForeignKeyOp):
        return operation.kw.get("source_schema"), operation.source_table
    return getattr(operation, "schema", None), getattr(operation, "table_name", "")


def _name_of(operation: Any) -> set[str]:
    name = getattr(operation, "constraint_name", None) or getattr(operation, "index_name", None)
    return set() if name is None else {str(name)}


def _names(catalogue: Catalogue, place: TableName) -> set[str]:
    """All names of tables, indexes and constraints in a schema, or of a table."""
    schema, table = place
    found: set[str] = set()
    if schema not in catalogue.schemas:
        return found
    for kind in ("columns", "indexes", "unique_constraints", "foreign_keys", "check_constraints", "pk_constraint"):
        said = (catalogue.all_of(kind, schema) or {}) if table == "" else {place: catalogue.of(kind, place)}
        for (_, name), facts in said.items():
            if facts is not None:
                found.add(name)
                listed = [facts] if isinstance(facts, dict) else [] if kind == "columns" else facts
                found.update(fact["name"] for fact in listed if fact.get("name"))
    return found


def _mentioned(check: CreateCheckConstraintOp) -> list[str]:
    table = getattr(next(iter(_columns_of(check)), None), "table", None)
    words = set(re.findall(r"\w+", str(check.condition)))
    return [column.name for column in (table.columns if table is not None else ()) if column.name in words]


def _columns_of(check: CreateCheckConstraintOp) -> list[object]:
    from sqlalchemy.sql.elements import ClauseElement

    return list(sqla.find_columns(check.condition)) if isinstance(check.condition, ClauseElement) else []
