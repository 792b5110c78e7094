"""Foreign keys that stay, and yet step aside while what they stand on changes.

They are dropped before and created again after a change that the database refuses beneath a foreign key: the type of a
column (MariaDB 1832 and 1833, PostgreSQL where the two ends do not compare meanwhile), the unique constraint that it
refers to, the index that it needs (MariaDB 1553).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Date, DateTime, ForeignKeyConstraint, Integer, LargeBinary, Numeric, String

from limbeck.operations.ops import (
    AddConstraintOp,
    AlterColumnOp,
    CreateIndexOp,
    CreatePrimaryKeyOp,
    CreateUniqueConstraintOp,
    DropConstraintOp,
    DropIndexOp,
    DropTableOp,
    MigrateOperation,
    ModifyTableOps,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from limbeck.autogenerate.read.catalogue import Catalogue
    from limbeck.autogenerate.read.reflect import Reflection, TableName
    from limbeck.ddl.impl import DefaultImpl


class End(NamedTuple):
    """One end of a foreign key."""

    table: TableName
    columns: tuple[str, ...]

    def leads(self, columns: Iterable[str]) -> bool:
        """Whether an index on ``columns`` serves this end: it begins with them, in whatever order."""
        return set(list(columns)[: len(self.columns)]) == set(self.columns)


def step_aside(
    operations: list[MigrateOperation], reflection: Reflection, impl: DefaultImpl
) -> tuple[list[MigrateOperation], list[MigrateOperation]]:
    """The drops that have to come first, and the creations that have to come last.

    :param operations: those of an upgrade. :param reflection: what is in the database.
    :param impl: of a dialect that alters nothing (SQLite), no key has to step aside.
    """
    first: list[MigrateOperation] = []
    last: list[MigrateOperation] = []
    changes = list(each_of(operations))
    touching = [op for op in changes if _may_touch(op)]
    if not impl.dialect.supports_alter or not touching:
        return first, last
    gone = {(op.schema, op.table_name) for op in changes if isinstance(op, DropTableOp)}
    dropped = {
        (op.schema, op.table_name, op.constraint_name)
        for op in changes
        if isinstance(op, DropConstraintOp) and op.constraint_type == "foreignkey"
    }
    touched: dict[TableName, list[MigrateOperation]] = {}
    for op in touching:
        touched.setdefault((op.schema, op.table_name), []).append(op)  # type: ignore[attr-defined]  # all have both
    for table, key in _keys(reflection.catalogue):
        target = (key["referred_schema"], key["referred_table"])
        near = [*touched.get(table, ()), *(touched.get(target, ()) if target != table else ())]
        if not near or table in gone or (*table, key["name"]) in dropped:
            continue
        if _is_in_the_way(table, key, near, reflection.catalogue, needs_index=impl.keys_hold_indexes):
            constraint = _constraint(reflection, table, key)
            first.append(DropConstraintOp.from_constraint(constraint))
            last.append(AddConstraintOp.from_constraint(constraint))
    return first, last


def each_of(operations: Iterable[MigrateOperation]) -> Iterator[MigrateOperation]:
    """Operations one by one, those inside of containers too."""
    for operation in operations:
        if isinstance(operation, ModifyTableOps):
            yield from operation.ops
        else:
            yield operation


def _keys(catalogue: Catalogue) -> Iterator[tuple[TableName, dict[str, Any]]]:
    for schema in catalogue.schemas:
        for table, keys in (catalogue.all_of("foreign_keys", schema) or {}).items():
            for key in keys:
                yield table, key


def _constraint(reflection: Reflection, table: TableName, key: dict[str, Any]) -> ForeignKeyConstraint:
    reflection.build([table])
    made = reflection.table(table)
    found = () if made is None else made.constraints
    return next(
        item
        for item in found
        if isinstance(item, ForeignKeyConstraint)
        and item.name == key["name"]
        and list(item.column_keys) == list(key["constrained_columns"])
    )


def _may_touch(operation: MigrateOperation) -> bool:
    if isinstance(operation, AlterColumnOp):
        return operation.modify_type is not None
    return _support(operation) is not None


def _support(operation: MigrateOperation) -> CreateIndexOp | CreateUniqueConstraintOp | CreatePrimaryKeyOp | None:
    """What foreign keys stand on, where an operation drops that."""
    back = operation._reverse if isinstance(operation, DropIndexOp | DropConstraintOp) else None
    return back if isinstance(back, CreateIndexOp | CreateUniqueConstraintOp | CreatePrimaryKeyOp) else None


def _is_in_the_way(
    table: TableName,
    key: dict[str, Any],
    changes: list[MigrateOperation],
    catalogue: Catalogue,
    *,
    needs_index: bool,
) -> bool:
    here = End(table, tuple(key["constrained_columns"]))
    there = End((key["referred_schema"], key["referred_table"]), tuple(key["referred_columns"]))
    if any(isinstance(op, AlterColumnOp) and _retypes(op, end, needs_index) for op in changes for end in (here, there)):
        return True
    if _loses_support(there, changes, catalogue, unique=not needs_index):
        return True
    return needs_index and _loses_support(here, changes, catalogue, unique=False)


def _retypes(operation: AlterColumnOp, end: End, any_type: bool) -> bool:
    if operation.modify_type is None or (operation.schema, operation.table_name) != end.table:
        return False
    if operation.column_name not in end.columns:
        return False
    return any_type or _kind(operation.existing_type) is not _kind(operation.modify_type)


_KINDS = (String, Integer, Numeric, DateTime, Date, LargeBinary)


def _kind(type_: Any) -> type:
    """What a type compares with: numbers with numbers, texts with texts."""
    found = next((kind for kind in _KINDS if isinstance(type_, kind)), type(type_))
    return Integer if found is Numeric else found


def _loses_support(end: End, changes: list[MigrateOperation], catalogue: Catalogue, *, unique: bool) -> bool:
    """Whether what serves this end of a key is dropped, and nothing that is there takes its place.

    :param unique: only what is unique serves.
    """
    dropped = set()
    for operation in changes:
        support = _support(operation)
        if support is not None and (support.schema, support.table_name) == end.table:
            dropped.add(support.index_name if isinstance(support, CreateIndexOp) else support.constraint_name)
    if not dropped or not catalogue.has(end.table):
        return False
    kinds = ("unique_constraints", "indexes")
    listed = [item for kind in kinds for item in catalogue.of(kind, end.table) or ()]
    present = [
        (item["name"], item["column_names"])
        for item in listed
        if not unique or item.get("unique", True)  # a unique constraint does not say that it is
    ]
    key = catalogue.of("pk_constraint", end.table)
    if key is not None:
        present.append((key["name"], key["constrained_columns"]))
    serving = [name for name, columns in present if _serves(end, columns, unique=unique)]
    return not dropped.isdisjoint(serving) and dropped.issuperset(serving)


def _serves(end: End, columns: list[str], *, unique: bool) -> bool:
    return set(columns) == set(end.columns) if unique else end.leads(columns)
