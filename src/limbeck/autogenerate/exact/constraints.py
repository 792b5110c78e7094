"""Constraints and indexes: those of both sides in pairs, of which each that differs is dropped and created."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Literal

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from limbeck import sqla
from limbeck.ddl.shape import PART, ModelPart, foreign_key, listed_foreign_key, paired, same
from limbeck.operations.ops import (
    AddConstraintOp,
    CreateCheckConstraintOp,
    CreateIndexOp,
    DropConstraintOp,
    DropIndexOp,
)

from .autoincrement import pause_auto_increment

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy import ForeignKeyConstraint
    from sqlalchemy.schema import Constraint

    from limbeck.autogenerate.read.table_view import TableView
    from limbeck.ddl.shape import PartShape
    from limbeck.operations.ops import MigrateOperation

    from .table_pair import TablePair

    Pair = tuple[PartShape | None, ModelPart | None]  # of the database, of the model

log = logging.getLogger("alembic.autogenerate.compare.exact")


def is_unchanged_foreign_keys(view: TableView) -> bool:
    """Whether the foreign keys are those of the model, by name where they have one."""
    model = [
        ModelPart(key, foreign_key(key, view.impl))
        for key in filter(view.impl.applies, sqla.foreign_keys_of(view.table))
    ]
    database = [listed_foreign_key(listed, view.impl) for listed in view.listed("foreign_keys") or ()]
    return all(_is_kept(pair) for pair in paired(database, model))


def compare_constraints(pair: TablePair, recreated: Collection[str]) -> None:
    """Drop and create constraints and indexes that differ, and those of columns that are dropped and added.

    :param recreated: the names of such columns.
    """
    reflected_keys = _reflected_keys(pair)
    pairs = _pairs(pair, reflected_keys)
    if any("primary" in _kinds(each) and not _is_kept(each) for each in pairs):
        pause_auto_increment(pair)
    names_kept = {before.name for before, after in pairs if before is not None and _is_kept((before, after))}
    for before, after in pairs:
        if _is_kept((before, after)) and not _is_on(before, recreated):
            continue
        reflected = None if before is None else (before, _reflected(pair, before, reflected_keys))
        _change(pair, reflected, _without_taken_name(after, names_kept))


def _reflected_keys(pair: TablePair) -> dict[PartShape, ForeignKeyConstraint]:
    """The foreign keys of the database by their shapes."""
    impl = pair.context.migration_context.impl
    return {foreign_key(key, impl): key for key in sqla.foreign_keys_of(pair.conn_table)}


def _pairs(pair: TablePair, foreign_keys: Iterable[PartShape]) -> list[Pair]:
    """The parts of both sides that are compared, each with its counterpart.

    :param foreign_keys: those of the database.
    """
    database = [part for part in (*pair.database.parts, *foreign_keys) if _is_wanted(pair, part)]
    model = [part for part in (*pair.model.parts, *_foreign_keys_of_model(pair)) if not _comes_with_column(pair, part)]
    return paired(database, model)


def _is_on(part: PartShape | None, columns: Collection[str]) -> bool:
    return part is not None and any(name in columns for name in part.columns)


def _without_taken_name(part: ModelPart | None, names: set[str | None]) -> ModelPart | None:
    """A part of the model; unnamed where the name that a new database would give is among the ``names`` of others."""
    return part._replace(default_name=None) if part is not None and part.default_name in names else part


def _is_wanted(pair: TablePair, part: PartShape) -> bool:
    kind = _FILTERED.get(part.kind)
    return kind is None or pair.context.run_name_filters(
        part.name, kind, {"table_name": pair.changes.table_name, "schema_name": pair.changes.schema}
    )


def _comes_with_column(pair: TablePair, part: ModelPart) -> bool:
    """Whether a check was declared with a column that is to be added, and comes with it."""
    column = sqla.column_of_check(part.item) if isinstance(part.item, CheckConstraint) else None
    return column is not None and column.name not in pair.database.columns


def _foreign_keys_of_model(pair: TablePair) -> list[ModelPart]:
    """The foreign keys of the model, unnamed ones with the name that the database will give."""
    impl = pair.context.migration_context.impl
    taken = {str(part.shape.name or part.default_name) for part in pair.model.parts}
    found = []
    for key in filter(impl.applies, sqla.foreign_keys_of(pair.metadata_table)):
        shape = foreign_key(key, impl)
        chosen = None
        if shape.name is None:
            chosen = pair.normalizer.key_name(pair.changes.table_name, shape.columns, taken)
        taken.add(str(shape.name or chosen))
        found.append(ModelPart(key, shape, chosen))
    return found


def _is_kept(pair: Pair) -> bool:
    """Whether a part is on both sides, and says the same."""
    before, after = pair
    return before is not None and after is not None and same(before, after)


def _kinds(pair: Pair) -> set[str]:
    before, after = pair
    return {part.kind for part in (before, after and after.shape) if part is not None}


def _reflected(
    pair: TablePair, part: PartShape, foreign_keys: dict[PartShape, ForeignKeyConstraint]
) -> Constraint | Index:
    """SQLAlchemy's object of a part of the database."""
    if part.kind == "primary":
        return pair.conn_table.primary_key
    if part.kind == "foreign":
        return foreign_keys[part]
    if part.name is None:
        return next(item for item in pair.conn_table.constraints if item.info.get(PART) is part)
    items: Iterable[Constraint | Index] = (
        pair.conn_table.indexes if part.kind == "index" else pair.conn_table.constraints
    )
    class_ = _CLASSES.get(part.kind)
    return next(
        item for item in items if str(item.name) == str(part.name) and (class_ is None or isinstance(item, class_))
    )


# --- operations ---------------------------------------------------------------------------------------------------


def _change(pair: TablePair, before: tuple[PartShape, Constraint | Index] | None, after: ModelPart | None) -> None:
    """Drop a part of the database, create one of the model, or both, unless the object filters leave it out."""
    if after is not None and after.item is None:
        after = after._replace(item=_implied_index(after.shape, pair.metadata_table))
    if not _is_allowed(pair, before, after):
        return
    table = pair.changes.table_name
    if before is not None:
        shape, item = before
        pair.changes.ops.append(_drop(item))
        log.info("Detected removed %s on '%s'", _description(shape), table)
    if after is not None:
        pair.changes.ops.append(_create(after, pair.metadata_table))
        log.info("Detected added %s on '%s'", _description(after.shape), table)


def _is_allowed(pair: TablePair, before: tuple[PartShape, Constraint | Index] | None, after: ModelPart | None) -> bool:
    old = None if before is None else before[1]
    if after is not None:
        kind = _FILTERED.get(after.shape.kind if before is None else before[0].kind)
        return kind is None or pair.context.run_object_filters(after.item, after.shape.name, kind, False, old)
    if before is None:
        return False
    shape, item = before
    kind = _FILTERED.get(shape.kind)
    return kind is None or pair.context.run_object_filters(item, shape.name, kind, True, None)


def _drop(item: Constraint | Index) -> MigrateOperation:
    return DropIndexOp.from_index(item) if isinstance(item, Index) else DropConstraintOp.from_constraint(item)


def _implied_index(part: PartShape, table: Table) -> Index:
    """An index that the database makes by itself, which the models' table does not have."""
    twin = Table(table.name, MetaData(), *map(Column, part.columns), schema=table.schema)
    return Index(sqla.conv(str(part.name)), *twin.columns)


def _create(part: ModelPart, table: Table) -> MigrateOperation:
    """The creation of a part; an unnamed one gets the name that the database would give, by which it can be dropped."""
    item = part.item
    if isinstance(item, Index):
        return CreateIndexOp.from_index(item)
    if isinstance(item, CheckConstraint) and sqla.column_of_check(item) is not None:
        operation: AddConstraintOp = CreateCheckConstraintOp(
            sqla.given_name(item), table.name, item.sqltext, schema=table.schema, **item.dialect_kwargs
        )
    else:
        operation = AddConstraintOp.from_constraint(item)
    if operation.constraint_name is None and part.default_name is not None:
        operation.constraint_name = sqla.conv(part.default_name)
    return operation


def _description(part: PartShape) -> str:
    """A part in words, for the log."""
    return f"{_WORDS[part.kind]} {'without a name' if part.name is None else repr(part.name)}"


_FilteredKind = Literal["index", "unique_constraint", "foreign_key_constraint", "check_constraint"]
_FILTERED: dict[str, _FilteredKind] = {
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
