"""Foreign keys that stay, and are dropped while what they stand on is changed.

Databases refuse some changes beneath a foreign key: another type of a column (errors 1832 and 1833 of MariaDB; on
PostgreSQL where the two ends cannot be compared meanwhile), the drop of the unique constraint that the key refers to,
and the drop of the index that it needs (error 1553 of MariaDB).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Date, DateTime, Integer, LargeBinary, Numeric, String

from limbeck import sqla
from limbeck.operations.containers import each_of
from limbeck.operations.ops import AddConstraintOp, AlterColumnOp, DropConstraintOp, DropTableOp

from .key_support import End, dropped_support, loses_support

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import ForeignKeyConstraint

    from limbeck.autogenerate.read.catalogue import Catalogue
    from limbeck.autogenerate.read.names import TableName
    from limbeck.autogenerate.read.reflect import Reflection
    from limbeck.operations.ops import MigrateOperation

    from .edits import Operations
    from .facts import Facts

    ListedKey = Mapping[str, Any]  # as Inspector.get_foreign_keys lists it


class Suspension(NamedTuple):
    """Operations that suspend foreign keys.

    :param drops: to be put before all others. :param creations: to be put after all others.
    """

    drops: Operations
    creations: Operations


def suspended(operations: Operations, facts: Facts) -> Suspension:
    """The suspension of foreign keys that ``operations`` need; none where the dialect alters no constraints."""
    suspension = Suspension([], [])
    changes = _changes_by_table(operations) if facts.impl.dialect.supports_alter else {}
    if not changes:
        return suspension
    gone = {(op.schema, op.table_name) for op in operations if isinstance(op, DropTableOp)}
    dropped = {
        (op.schema, op.table_name, op.constraint_name)
        for op in each_of(operations)
        if isinstance(op, DropConstraintOp) and op.constraint_type == "foreignkey"
    }
    for table, key in _foreign_keys(facts.catalogue):
        if table in gone or (*table, key["name"]) in dropped:
            continue
        if _has_to_go(table, key, changes, facts):
            constraint = _constraint(facts.reflection, table, key)
            suspension.drops.append(DropConstraintOp.from_constraint(constraint))
            suspension.creations.append(AddConstraintOp.from_constraint(constraint))
    return suspension


def _changes_by_table(operations: Operations) -> dict[TableName, list[MigrateOperation]]:
    """The operations that change something beneath a foreign key, by table."""
    changes: dict[TableName, list[MigrateOperation]] = {}
    for op in each_of(operations):
        is_retype = isinstance(op, AlterColumnOp) and op.modify_type is not None
        if is_retype or dropped_support(op) is not None:
            changes.setdefault((op.schema, op.table_name), []).append(op)  # type: ignore[attr-defined]  # all have both
    return changes


def _foreign_keys(catalogue: Catalogue) -> Iterator[tuple[TableName, ListedKey]]:
    for schema in catalogue.schemas:
        for table, keys in (catalogue.all_of("foreign_keys", schema) or {}).items():
            for key in keys:
                yield table, key


def _has_to_go(
    table: TableName, key: ListedKey, changes: Mapping[TableName, Sequence[MigrateOperation]], facts: Facts
) -> bool:
    own = End(table, tuple(key["constrained_columns"]))
    referred = End((key["referred_schema"], key["referred_table"]), tuple(key["referred_columns"]))
    near = [*changes.get(own.table, ()), *changes.get(referred.table, ())]
    holds_indexes = facts.impl.keys_hold_indexes
    if not near:
        return False
    if any(_retypes(op, end, holds_types=holds_indexes) for op in near for end in (own, referred)):
        return True
    if loses_support(referred, near, facts.catalogue, unique=not holds_indexes):
        return True
    return holds_indexes and loses_support(own, near, facts.catalogue, unique=False)


def _retypes(operation: MigrateOperation, end: End, *, holds_types: bool) -> bool:
    """Whether an operation gives a column of ``end`` a type beneath a key that does not allow this.

    :param holds_types: whether keys allow no other type at all; else none that does not compare with the present one.
    """
    if not isinstance(operation, AlterColumnOp) or operation.modify_type is None:
        return False
    if (operation.schema, operation.table_name) != end.table or operation.column_name not in end.columns:
        return False
    return holds_types or _compares_as(operation.existing_type) is not _compares_as(operation.modify_type)


_COMPARABLE = (String, Integer, Numeric, DateTime, Date, LargeBinary)


def _compares_as(type_: object) -> type:
    """What a type compares with: numbers with numbers, texts with texts."""
    found = next((class_ for class_ in _COMPARABLE if isinstance(type_, class_)), type(type_))
    return Integer if found is Numeric else found


def _constraint(reflection: Reflection, table: TableName, key: ListedKey) -> ForeignKeyConstraint:
    """The reflected constraint of a foreign key of the catalogue."""
    reflection.build([table])
    return next(
        item
        for item in sqla.foreign_keys_of(reflection.built(table))
        if item.name == key["name"] and list(item.column_keys) == list(key["constrained_columns"])
    )
