"""The exact comparison: each difference between the two shapes of a table becomes an operation."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    DefaultClause,
    ForeignKeyConstraint,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)
from sqlalchemy.types import SchemaType

from limbeck import sqla
from limbeck.autogenerate.compare.defaults import compare_server_default
from limbeck.autogenerate.compare.foreign_keys import foreign_keys_of
from limbeck.autogenerate.compare.renames import renames_of
from limbeck.autogenerate.compare.types import compare_type
from limbeck.ddl.shape import PART, ModelPart, foreign_key, paired, part_columns, same
from limbeck.operations.ops import (
    AddColumnOp,
    AddConstraintOp,
    AlterColumnOp,
    AlterSequenceOp,
    AlterTableOptionsOp,
    CreateCheckConstraintOp,
    CreateIndexOp,
    CreateSequenceOp,
    CreateTableCommentOp,
    DropColumnOp,
    DropConstraintOp,
    DropIndexOp,
    DropSequenceOp,
    DropTableCommentOp,
)

from .snapshot import shapes_of, sides_of

if TYPE_CHECKING:
    from limbeck.ddl.shape import ColumnShape, ModelShape, PartShape, TableShape
    from limbeck.operations.ops import MigrateOperation, ModifyTableOps
    from limbeck.runtime.plugins import Plugin

    from ..context import AutogenContext

log = logging.getLogger("alembic.autogenerate.compare.exact")

PLUGIN = "limbeck.exact"


def setup(plugin: Plugin) -> None:
    """Register the comparators of this file."""
    plugin.add_autogenerate_comparator(compare_column, "column", "exact")
    plugin.add_autogenerate_comparator(compare_table, "table", "exact")


# --- columns ------------------------------------------------------------------------------------------------------


def compare_column(
    autogen_context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    tname: str,
    cname: str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> None:
    """What differs of a column, but for computed ones, which are made anew."""
    shapes: Any = shapes_of(autogen_context)
    table_there, table_of_models = sides_of(autogen_context).both((schema, tname))
    there, ours = table_there.columns.get(cname), table_of_models.columns.get(cname)
    if table_of_models.by_text:
        compare_type(autogen_context, alter_column_op, schema, tname, cname, conn_col, metadata_col)
        compare_server_default(autogen_context, alter_column_op, schema, tname, cname, conn_col, metadata_col)
    context = autogen_context.migration_context
    alter_column_op.existing_type = conn_col.type
    alter_column_op.existing_nullable = conn_col.nullable
    alter_column_op.existing_comment = conn_col.comment or None
    known = (conn_col.server_default, metadata_col.server_default) != (None, None)
    if known or context.impl.restates_columns:
        alter_column_op.existing_server_default = conn_col.server_default
    if there is None or ours is None or there == ours or made_anew(there, ours):
        return
    if _type_differs(context, conn_col, metadata_col, there, ours):
        alter_column_op.existing_type, alter_column_op.modify_type = shapes.rendered_types(
            (conn_col.type, there), (_without_check(metadata_col.type), ours), (table_there, table_of_models)
        )
    if there.nullable != ours.nullable:
        alter_column_op.modify_nullable = ours.nullable
    _change_default(shapes, alter_column_op, conn_col, metadata_col, there, ours)
    if there.comment != ours.comment:
        alter_column_op.modify_comment = ours.comment
    if there.counts != ours.counts and not shapes.counts_by_sequence:
        alter_column_op.kw |= {"autoincrement": ours.counts, "existing_autoincrement": there.counts}
    for aspect, old, new in zip(there._fields, there, ours, strict=True):
        if old != new:
            log.info("Detected %s of column '%s.%s' changed from %r to %r", aspect.rstrip("_"), tname, cname, old, new)


def _change_default(
    shapes: Any,
    operation: AlterColumnOp,
    conn_col: Column[Any],
    metadata_col: Column[Any],
    there: ColumnShape,
    ours: ColumnShape,
) -> None:
    """The default or the identity; that of a column whose sequence comes or goes is part of those steps."""
    if (there.default, there.identity, there.extra) == (ours.default, ours.identity, ours.extra):
        return
    if there.counts != ours.counts and shapes.counts_by_sequence:
        return
    both = there.identity is not None and ours.identity is not None
    operation.modify_server_default = shapes.identity(ours) if both else metadata_col.server_default
    operation.existing_server_default = shapes.identity(there) if both else conn_col.server_default


def made_anew(there: ColumnShape, ours: ColumnShape) -> bool:
    """Whether a column has to be dropped and added again: what it computes differs."""
    return there.computed != ours.computed or (ours.computed is not None and there.type_ != ours.type_)


def _type_differs(
    context: Any, conn_col: Column[Any], metadata_col: Column[Any], there: ColumnShape, ours: ColumnShape
) -> bool:
    wanted = context._user_compare_type
    if wanted is False:
        return False
    verdict = wanted(context, conn_col, metadata_col, conn_col.type, metadata_col.type) if callable(wanted) else None
    return there.type_ != ours.type_ if verdict is None else bool(verdict)


def _without_check(type_: Any) -> Any:
    """The type of a model without the check that it brings: that is compared, and created, as a check."""
    if isinstance(type_, SchemaType) and getattr(type_, "create_constraint", False):
        return type_.adapt(type(type_), create_constraint=False)
    return type_


# --- tables -------------------------------------------------------------------------------------------------------


def compare_table(
    autogen_context: AutogenContext,
    modify_table_ops: ModifyTableOps,
    schema: str | None,
    tname: str,
    conn_table: Table | None,
    metadata_table: Table | None,
) -> None:
    """Computed columns, constraints, indexes and options of a table; those of a new or removed one: indexes alone."""
    if conn_table is None or metadata_table is None:
        _whole_table(autogen_context, modify_table_ops, conn_table, metadata_table)
        return
    sides = sides_of(autogen_context)
    there, ours = sides.both((schema, tname))
    _compare_comment(modify_table_ops, there, ours)
    _compare_options(autogen_context, modify_table_ops, there, ours)
    table = _Table(autogen_context, modify_table_ops, conn_table, metadata_table)
    table.make_columns_anew(there, ours)
    table.leave_checks_to_steps()
    table.change_sequences(there, ours)
    table.compare_parts(there, ours)


def _whole_table(
    autogen_context: AutogenContext, changes: ModifyTableOps, conn_table: Table | None, metadata_table: Table | None
) -> None:
    allowed = autogen_context.run_object_filters
    for index in _indexes(metadata_table):
        if allowed(index, index.name, "index", False, None):
            changes.ops.append(CreateIndexOp.from_index(index))
    for index in _indexes(conn_table):
        if allowed(index, index.name, "index", True, None):
            changes.ops.append(DropIndexOp.from_index(index))


def _indexes(table: Table | None) -> list[Index]:
    return [] if table is None else sorted(table.indexes, key=lambda index: str(index.name))


def _compare_comment(changes: ModifyTableOps, there: TableShape, ours: ModelShape) -> None:
    old, new = there.options.get("comment"), ours.options.get("comment")
    if old == new:
        return
    if new is None:
        changes.ops.append(DropTableCommentOp(changes.table_name, existing_comment=old, schema=changes.schema))
    else:
        changes.ops.append(CreateTableCommentOp(changes.table_name, new, existing_comment=old, schema=changes.schema))


def _compare_options(
    autogen_context: AutogenContext, changes: ModifyTableOps, there: TableShape, ours: ModelShape
) -> None:
    shapes: Any = shapes_of(autogen_context)
    old, new = (shapes.option_values(side.options) for side in (there, ours))
    differing = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    if differing:
        options, existing = ({name: side.get(name) for name in differing} for side in (new, old))
        changes.ops.append(AlterTableOptionsOp(changes.table_name, options, existing=existing, schema=changes.schema))
        log.info("Detected changed options of table '%s': %s", changes.table_name, ", ".join(differing))


class _Table:
    """One table that is on both sides.

    :param changes: where its operations go.
    """

    def __init__(
        self, autogen_context: AutogenContext, changes: ModifyTableOps, conn_table: Table, metadata_table: Table
    ) -> None:
        self._context = autogen_context
        self._changes = changes
        self._conn_table = conn_table
        self._metadata_table = metadata_table
        self._impl = autogen_context.migration_context.impl
        self._anew: set[str] = set()
        self._keys: dict[PartShape, ForeignKeyConstraint] = {}

    def make_columns_anew(self, there: TableShape, ours: ModelShape) -> None:
        """Drop and add columns whose computation differs, and computed ones whose sources change their type."""
        both = [name for name in ours.columns if name in there.columns]
        self._anew = {name for name in both if made_anew(there.columns[name], ours.columns[name])}
        altered = [op for op in self._changes.ops if isinstance(op, AlterColumnOp)]
        retyped = {op.column_name for op in altered if op.modify_type is not None}
        for name in [name for name in both if name not in self._anew]:
            computed = there.columns[name].computed
            if computed is not None and any(_mentions(computed, other) for other in retyped | self._anew):
                self._anew.add(name)
        where = (self._changes.schema, self._changes.table_name)
        for name in [name for name in ours.columns if name in self._anew]:
            old, new = self._conn_table.c[name], self._metadata_table.c[name]
            if self._context.run_object_filters(new, name, "column", False, old):
                self._changes.ops[:] = [op for op in self._changes.ops if not _alters(op, name)]
                self._changes.ops.append(DropColumnOp.from_column_and_tablename(*where, old))
                self._changes.ops.append(AddColumnOp.from_column_and_tablename(*where, new))
                log.info("Detected changed computation of column '%s.%s'", where[1], name)

    def change_sequences(self, there: TableShape, ours: ModelShape) -> None:
        """Let columns count by a sequence of their own (serial), by one of another type, or no longer."""
        shapes: Any = shapes_of(self._context)
        first: list[MigrateOperation] = []
        for name in [name for name in ours.columns if name in there.columns] if shapes.counts_by_sequence else ():
            old, new = there.columns[name], ours.columns[name]
            if old.counts != new.counts and name not in self._anew:
                going, coming = self._changed_sequence(shapes, name, new.counts)
                first += going
                self._changes.ops += coming
            elif new.counts and old.type_ != new.type_:
                self._change_type_of_sequence(shapes, name)
        self._changes.ops[:0] = first

    def _changed_sequence(
        self, shapes: Any, name: str, counts: bool
    ) -> tuple[list[MigrateOperation], list[MigrateOperation]]:
        """One step after the other: each needs the one before, and so do their reverses.

        By what a column counts has its type: the old goes before that changes, the new comes after.
        """
        schema, table = self._changes.schema, self._changes.table_name
        old, new = self._conn_table.c[name], self._metadata_table.c[name]
        sequence, options = (
            shapes.chosen_sequence(self._metadata_table, new) if counts else self._own_sequence(shapes, name)
        )
        options = {"schema": schema, "owned_by": (table, name), **options}
        counting = DefaultClause(shapes.next_value(schema, sequence))

        def default(column: Column[Any], before: Any, after: Any) -> AlterColumnOp:
            facts: dict[str, Any] = {"existing_type": column.type, "existing_nullable": column.nullable}
            change = {"existing_server_default": before, "modify_server_default": after}
            return AlterColumnOp(table, name, schema=schema, **facts, **change)

        going: list[MigrateOperation]
        coming: list[MigrateOperation]
        if counts:
            going = [default(old, old.server_default, None)] if old.server_default is not None else []
            coming = [CreateSequenceOp(sequence, **options), default(new, None, counting)]
        else:
            going = [default(old, counting, None), DropSequenceOp(sequence, **options)]
            coming = [default(new, None, new.server_default)] if new.server_default is not None else []
        return going, coming

    def _change_type_of_sequence(self, shapes: Any, name: str) -> None:
        """Give the sequence the column's new type, which it would not take along."""
        schema = self._changes.schema
        sequence, old = self._own_sequence(shapes, name)
        _, new = shapes.chosen_sequence(self._metadata_table, self._metadata_table.c[name])
        if old["data_type"] is not new["data_type"]:
            existing = {"data_type": old["data_type"]}
            self._changes.ops.append(AlterSequenceOp(sequence, schema=schema, existing=existing, **new))

    def _own_sequence(self, shapes: Any, column: str) -> Any:
        """The sequence of a column, which the database knows by the names of before."""
        renames, name = renames_of(self._context), (self._changes.schema, self._changes.table_name)
        schema, table = renames.before(name)
        return shapes.own_sequence(schema, table, renames.column_before(name, column))

    def compare_parts(self, there: TableShape, ours: ModelShape) -> None:
        """Constraints and indexes: what goes, what comes, and what has to go and come again."""
        self._keys = {foreign_key(key, self._impl): key for key in foreign_keys_of(self._conn_table)}
        old = [*there.parts, *self._keys]
        old = [part for part in old if self._counts(part)]
        new = [*ours.parts, *self._model_keys(ours)]
        new = [part for part in new if not self._comes_with_column(part, there)]
        pairs = paired(old, new)
        if any("primary" in _kinds(pair) and not _is_kept(*pair) for pair in pairs):
            self._pause_counting(there, ours)
        kept = {part.name for part, other in pairs if part is not None and _is_kept(part, other)}
        for before, after in pairs:
            if _is_kept(before, after) and self._anew.isdisjoint(before.columns):  # type: ignore[union-attr]  # not None, says unchanged
                continue
            # the name that a new database would give may be that of a part that stays: then this one chooses another
            self._change(before, after._replace(chosen=None) if after and after.chosen in kept else after)

    def _pause_counting(self, there: TableShape, ours: ModelShape) -> None:
        """Let AUTO_INCREMENT, which needs a key, stop while the primary key changes."""
        shapes: Any = shapes_of(self._context)
        both = (there.columns.keys() & ours.columns.keys()) if shapes.counts_under_key else set()
        for name in (name for name in both if there.columns[name].counts and ours.columns[name].counts):
            for op in self._changes.ops:
                if _alters(op, name):
                    op.kw["autoincrement"] = False  # type: ignore[attr-defined]  # an AlterColumnOp
            for column, counts in ((self._conn_table.c[name], False), (self._metadata_table.c[name], True)):
                self._changes.ops.append(
                    AlterColumnOp(
                        self._changes.table_name,
                        name,
                        schema=self._changes.schema,
                        existing_type=column.type,
                        existing_nullable=False,
                        existing_server_default=None,
                        autoincrement=counts,
                        existing_autoincrement=not counts,
                    )
                )

    def _model_keys(self, ours: ModelShape) -> list[ModelPart]:
        """The foreign keys of the model; the names that the database gives count what is named already."""
        shapes: Any = shapes_of(self._context)
        taken = {str(part.shape.name or part.chosen) for part in ours.parts}
        found = []
        for key in foreign_keys_of(self._metadata_table):
            shape = foreign_key(key, self._impl)
            chosen = shapes.key_name(self._changes.table_name, shape.columns, taken) if shape.name is None else None
            taken.add(str(shape.name or chosen))
            found.append(ModelPart(key, shape, chosen))
        return found

    def _counts(self, part: PartShape) -> bool:
        kind = _FILTERED.get(part.kind)
        names = {"table_name": self._changes.table_name, "schema_name": self._changes.schema}
        return kind is None or self._context.run_name_filters(part.name, kind, names)  # type: ignore[arg-type]

    def _comes_with_column(self, part: ModelPart, there: TableShape) -> bool:
        """Whether the column that is to be added brings the check."""
        item = part.item
        if isinstance(item, CheckConstraint) and sqla.column_of_check(item) is not None:
            names = part_columns(item)
            return bool(names) and all(name not in there.columns for name in names)
        return False

    def leave_checks_to_steps(self) -> None:
        """Let new columns come without the checks of their types: these are created, and dropped, by themselves."""
        for operation in self._changes.ops:
            if isinstance(operation, AddColumnOp):
                type_ = _without_check(operation.column.type)
                if type_ is not operation.column.type:
                    operation.column = sqla.copy_column(operation.column)
                    operation.column.type = type_

    def _change(self, before: PartShape | None, after: ModelPart | None) -> None:
        old = None if before is None else self._reflected(before)
        if after is not None and after.item is None:
            after = after._replace(item=_implied(after.shape, self._metadata_table))
        new = None if after is None else after.item
        kind: Any = _FILTERED.get((before or after.shape).kind)  # type: ignore[union-attr]  # one of them is there
        if kind is not None:
            name = before.name if after is None else after.shape.name  # type: ignore[union-attr]
            subject: Any = old if new is None else new
            if not self._context.run_object_filters(subject, name, kind, new is None, old if new is not None else None):
                return
        if old is not None:
            self._changes.ops.append(_drop(old))
            log.info("Detected removed %s on '%s'", _shown(before), self._changes.table_name)  # type: ignore[arg-type]  # see above
        if after is not None:
            self._changes.ops.append(_create(after, self._metadata_table))
            log.info("Detected added %s on '%s'", _shown(after.shape), self._changes.table_name)

    def _reflected(self, part: PartShape) -> Any:
        """SQLAlchemy's object of a part of the database."""
        if part.kind == "primary":
            return self._conn_table.primary_key
        if part.kind == "foreign":
            return self._keys[part]
        if part.name is None:
            return next(item for item in self._conn_table.constraints if item.info.get(PART) is part)
        items: Any = self._conn_table.indexes if part.kind == "index" else self._conn_table.constraints
        class_ = _CLASSES.get(part.kind)
        return next(
            item for item in items if str(item.name) == str(part.name) and (class_ is None or isinstance(item, class_))
        )


def _alters(operation: MigrateOperation, column: str) -> bool:
    return isinstance(operation, AlterColumnOp) and operation.column_name == column


def _kinds(pair: tuple[PartShape | None, ModelPart | None]) -> set[str]:
    before, after = pair
    return {part.kind for part in (before, after and after.shape) if part is not None}


def _is_kept(before: PartShape | None, after: ModelPart | None) -> bool:
    return before is not None and after is not None and same(before, after)


def _shown(part: PartShape) -> str:
    """A part in words, for the log."""
    return f"{_WORDS[part.kind]} {'without a name' if part.name is None else repr(part.name)}"


def _mentions(expression: str, column: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(column)}(?!\w)", expression) is not None


def _drop(item: Any) -> MigrateOperation:
    return DropIndexOp.from_index(item) if isinstance(item, Index) else DropConstraintOp.from_constraint(item)


def _implied(part: PartShape, table: Table) -> Index:
    """The index that the database makes by itself; it is none of the models' table."""
    twin = Table(table.name, MetaData(), *map(Column, part.columns), schema=table.schema)
    return Index(sqla.conv(str(part.name)), *twin.columns)


def _create(part: ModelPart, table: Table) -> MigrateOperation:
    """The creation of a part of a model; what the database would name gets that name, so that it can be dropped."""
    item = part.item
    if isinstance(item, Index):
        return CreateIndexOp.from_index(item)
    if isinstance(item, CheckConstraint) and sqla.column_of_check(item) is not None:
        operation: Any = CreateCheckConstraintOp(
            sqla.given_name(item), table.name, item.sqltext, schema=table.schema, **item.dialect_kwargs
        )
    else:
        operation = AddConstraintOp.from_constraint(item)
    if operation.constraint_name is None and part.chosen is not None:
        operation.constraint_name = sqla.conv(part.chosen)
    return operation  # type: ignore[no-any-return]


_FILTERED = {
    "index": "index",
    "unique": "unique_constraint",
    "foreign": "foreign_key_constraint",
    "check": "check_constraint",
}
_WORDS = {
    "primary": "primary key",
    "unique": "unique constraint",
    "foreign": "foreign key",
    "check": "check constraint",
    "exclude": "exclude constraint",
    "index": "index",
}
_CLASSES: dict[str, type] = {
    "unique": UniqueConstraint,
    "check": CheckConstraint,
    "primary": PrimaryKeyConstraint,
}
