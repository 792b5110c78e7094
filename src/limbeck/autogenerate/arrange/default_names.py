"""The names that databases give to constraints which models leave unnamed: a downgrade drops them by these."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.sql.elements import ClauseElement

from limbeck import sqla
from limbeck.operations.containers import each_of
from limbeck.operations.ops import (
    CreateCheckConstraintOp,
    CreateForeignKeyOp,
    CreateUniqueConstraintOp,
    DropConstraintOp,
    DropIndexOp,
    DropTableOp,
    MigrateOperation,
)

from .edits import changed, each_changed
from .key_support import source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from limbeck.autogenerate.read.names import TableName
    from limbeck.ddl.impl import DefaultImpl
    from limbeck.operations.ops import AddConstraintOp

    from .edits import Operations
    from .facts import Facts


def name_unnamed_drops(operations: Operations, facts: Facts) -> Operations:
    """Give the drops of unnamed constraints the names that the database will have given when they are carried out.

    :param operations: those of a downgrade: the reverse of an upgrade, last things first.
    :param facts: knows the names before that upgrade, and how the database makes new ones; where it makes none, the
        constraint is found by its columns.
    """
    if facts.impl.default_name_scope is None or not any(map(_is_unnamed, each_of(operations))):
        return operations
    names = _names_given(operations, facts)
    return each_changed(
        operations,
        lambda op: changed(op, constraint_name=names[id(op)]) if id(op) in names else op,
    )


def _names_given(operations: Operations, facts: Facts) -> dict[int, str | None]:
    """The names that the constraints of unnamed drops have by then, by the identities of the drops."""
    found: dict[int, str | None] = {}
    taken = _TakenNames(facts)
    for undone in reversed(list(each_of(operations))):  # the upgrade's order
        names = taken.beside(undone)
        if isinstance(undone, DropConstraintOp) and undone.constraint_name is None and undone.creation is not None:
            creation = undone.creation
            name = facts.impl.default_constraint_name(
                creation.constraint_type, undone.table_name, _columns(creation), names
            )
            found[id(undone)] = name
            names |= {name} if name is not None else set()
        elif isinstance(undone, DropConstraintOp | DropIndexOp):
            names |= _name_of(undone)
        elif isinstance(undone, DropTableOp):
            names |= _names_within(undone, facts.impl, names)
        else:
            names -= _name_of(undone)  # what the downgrade creates, the upgrade drops
    return found


def _is_unnamed(operation: MigrateOperation) -> bool:
    return isinstance(operation, DropConstraintOp) and operation.constraint_name is None


class _TakenNames:
    """The names of tables, indexes and constraints, at first those before the upgrade: of a schema, or of a table."""

    def __init__(self, facts: Facts) -> None:
        self._catalogue = facts.catalogue
        self._of_schema = facts.impl.default_name_scope == "schema"
        self._names: dict[TableName, set[str]] = {}

    def beside(self, operation: MigrateOperation) -> set[str]:
        """The names beside which one that an operation gives must be unique."""
        schema, table = _place(operation)
        place = (schema, "" if self._of_schema else table)
        if place not in self._names:
            self._names[place] = set(self._read(place))
        return self._names[place]

    def _read(self, place: TableName) -> Iterator[str]:
        schema, table = place
        if schema not in self._catalogue.schemas:
            return
        for kind in _KINDS_OF_FACTS:
            facts = (
                (self._catalogue.all_of(kind, schema) or {})
                if table == ""
                else {place: self._catalogue.of(kind, place)}
            )
            for (_, name), found in facts.items():
                if found is not None:
                    yield name
                    yield from _names_in(kind, found)


_KINDS_OF_FACTS = ("columns", "indexes", "unique_constraints", "foreign_keys", "check_constraints", "pk_constraint")


def _names_in(kind: str, found: Any) -> Iterator[str]:
    """The names in facts of one table: a list of them, for the primary key one alone; columns have no place in them."""
    listed: Iterable[Any] = [] if kind == "columns" else [found] if isinstance(found, dict) else found
    return (fact["name"] for fact in listed if fact.get("name"))


def _names_within(table: DropTableOp, impl: DefaultImpl, taken: set[str]) -> set[str]:
    """The names of a new table, and of its foreign keys and unique constraints, the database's own included."""
    found = {table.table_name}
    for item in () if table.creation is None else table.creation.columns:
        if isinstance(item, ForeignKeyConstraint | UniqueConstraint):
            kind = "foreignkey" if isinstance(item, ForeignKeyConstraint) else "unique"
            columns = [column.name for column in item.columns]
            name = sqla.constraint_name(item, impl.dialect)
            name = name or impl.default_constraint_name(kind, table.table_name, columns, taken | found)
            found |= set() if name is None else {name}
    return found


def _columns(creation: AddConstraintOp) -> Sequence[str]:
    """The columns of a constraint; those that a check mentions."""
    if isinstance(creation, CreateForeignKeyOp):
        return creation.local_cols
    if isinstance(creation, CreateCheckConstraintOp):
        return _mentioned(creation)
    return creation.columns if isinstance(creation, CreateUniqueConstraintOp) else ()


def _place(operation: MigrateOperation) -> TableName:
    if isinstance(operation, CreateForeignKeyOp):
        return source(operation)
    return getattr(operation, "schema", None), getattr(operation, "table_name", "")


def _name_of(operation: MigrateOperation) -> set[str]:
    name = getattr(operation, "constraint_name", None) or getattr(operation, "index_name", None)
    return set() if name is None else {str(name)}


def _mentioned(check: CreateCheckConstraintOp) -> list[str]:
    """The columns that a check mentions: of the tables of its expression, those whose names are words of its text."""
    if not isinstance(check.condition, ClauseElement):
        return []
    table = next((column.table for column in sqla.find_columns(check.condition)), None)
    words = set(re.findall(r"\w+", str(check.condition)))
    return [column.name for column in (table.columns if table is not None else ()) if column.name in words]
