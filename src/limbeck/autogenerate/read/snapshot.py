"""Both sides of an exact comparison, read once: what the database has, and what it would make of the models."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import SAWarning

from limbeck.ddl.shape import as_model
from limbeck.errors import warn

from .renamed import renamed_shapes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sqlalchemy import Table

    from limbeck.ddl.normalizer import Normalizer
    from limbeck.ddl.shape import ModelShape, ModelSide, TableShape

    from .names import TableName
    from .renames import Renames


@dataclass(frozen=True)
class Snapshot:
    """Both sides of an exact comparison.

    :param database: the shapes of the database's tables, by their names after renaming.
    :param model: those of the models' tables that the database has.
    """

    database: Mapping[TableName, TableShape]
    model: ModelSide

    def both(self, name: TableName) -> tuple[TableShape, ModelShape]:
        """The shapes of a table that is on both sides."""
        database = self.database[name]
        return database, self.model.shapes.get(name) or as_model(database)

    def is_alike(self, name: TableName) -> bool:
        """Whether the database would make of the model just what it has, but for foreign keys."""
        return name in self.model.unchanged


def read_snapshot(
    normalizer: Normalizer, renames: Renames, names: Collection[TableName], models: Mapping[TableName, Table]
) -> Snapshot:
    """Read both sides of tables, and warn of models of which the database refused a scratch copy.

    :param names: the tables of the database, by their names after ``renames``. :param models: the models by name.
    """
    database = renamed_shapes(normalizer.read([renames.before(name) for name in names]), renames)
    made = normalizer.of_models({name: table for name, table in models.items() if name in names}, database)
    if made.failed:
        warn(
            f"Compared by its text alone: {'; '.join(made.failed)}",
            code="compared-by-text",
            hint="the database refused a scratch copy: give the role the right to create temporary tables, or see what "
            "the model of that table says that the database does not know",
            stacklevel=4,
        )
    return Snapshot(database, made)


@contextmanager
def without_known_warnings(normalizer: Normalizer | None) -> Iterator[None]:
    """Ignore the warnings of SQLAlchemy about what an exact comparison reads by other means."""
    with warnings.catch_warnings():
        for beginning in () if normalizer is None else normalizer.ignored_warnings:
            warnings.filterwarnings("ignore", beginning, SAWarning)
        yield
