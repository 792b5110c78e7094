"""What settles a table of an exact comparison at a glance: both of its shapes are alike, and its foreign keys too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ForeignKeyConstraint

from limbeck import sqla
from limbeck.autogenerate.compare.unchanged import give_glance
from limbeck.ddl.shape import ModelPart, foreign_key, listed_foreign_key, paired, same

from .snapshot import sides_of
from .tables import compare_column, compare_table

if TYPE_CHECKING:
    from limbeck.autogenerate.compare.unchanged import TableView
    from limbeck.runtime.plugins import Plugin


def setup(_plugin: Plugin) -> None:
    """Give the comparators of the exact comparison their glances."""
    give_glance(compare_column, surely_same_shape)
    give_glance(compare_table, surely_same_shapes_of_keys)


def surely_same_shape(sight: TableView) -> bool:
    """Whether the database would make of the model just what it has."""
    return sight.name in sides_of(sight.context).models.alike


def surely_same_shapes_of_keys(sight: TableView) -> bool:
    """Whether the foreign keys are those of the model, by name where they have one."""
    keys = [item for item in sqla.in_order(sight.table.constraints) if isinstance(item, ForeignKeyConstraint)]
    ours = [ModelPart(key, foreign_key(key, sight.impl)) for key in keys]
    there = [listed_foreign_key(listed, sight.impl) for listed in sight.listed("foreign_keys") or ()]
    return all(old is not None and new is not None and same(old, new) for old, new in paired(there, ours))
