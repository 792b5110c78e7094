"""What settles a table of an exact comparison at a glance: both of its shapes are alike, and its foreign keys too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ForeignKeyConstraint

from limbeck import sqla
from limbeck.ddl.shape import ModelPart, foreign_key, listed_foreign_key, paired, same

from .exact import compare_column, compare_table
from .glance import give_glance
from .sides import sides_of

if TYPE_CHECKING:
    from limbeck.runtime.plugins import Plugin

    from .glance import Sight


def setup(_plugin: Plugin) -> None:
    """Give the comparators of the exact comparison their glances."""
    give_glance(compare_column, surely_same_shape)
    give_glance(compare_table, surely_same_shapes_of_keys)


def surely_same_shape(sight: Sight) -> bool:
    """Whether the database would make of the model just what it has."""
    return sight.name in sides_of(sight.context).models.alike


def surely_same_shapes_of_keys(sight: Sight) -> bool:
    """Whether the foreign keys are those of the model, by name where they have one."""
    keys = [item for item in sqla.in_order(sight.table.constraints) if isinstance(item, ForeignKeyConstraint)]
    ours = [ModelPart(key, foreign_key(key, sight.impl)) for key in keys]
    there = [listed_foreign_key(listed, sight.impl) for listed in sight.listed("foreign_keys") or ()]
    return all(old is not None and new is not None and same(old, new) for old, new in paired(there, ours))
