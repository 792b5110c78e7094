"""What a pass may ask about the database, the models and the run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import MetaData
    from sqlalchemy.engine import Connection

    from limbeck.autogenerate.read.catalogue import Catalogue
    from limbeck.autogenerate.read.reflect import Reflection
    from limbeck.autogenerate.read.renames import OpenRename, Renames
    from limbeck.ddl.impl import DefaultImpl


@dataclass(frozen=True)
class Facts:
    """What a pass may ask about the database, the models and the run.

    :param impl: how the dialect behaves. :param reflection: what is in the database, under its names after renaming.
    :param models: the models. :param connection: the connection to the database; None where there is none.
    :param is_exact: whether the comparison was exact. :param has_edition: whether the environment has an edition.
    :param has_objects: whether views, functions, triggers and the like are compared.
    :param open_renames: possible renamings that are not decided on.
    """

    impl: DefaultImpl
    reflection: Reflection
    models: Sequence[MetaData] = ()
    connection: Connection | None = None
    is_exact: bool = False
    has_edition: bool = False
    has_objects: bool = False
    open_renames: Sequence[OpenRename] = ()

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue of the database."""
        return self.reflection.catalogue

    def has_index(self, schema: str | None, table: str, name: str | None) -> bool:
        """Whether a table of the models has an index of that name."""
        key = table if schema is None else f"{schema}.{table}"
        found = [metadata.tables[key] for metadata in self.models if key in metadata.tables]
        return any(index.name == name for each in found for index in each.indexes)

    @property
    def renames(self) -> Renames:
        """The renamings."""
        return self.reflection.renames
