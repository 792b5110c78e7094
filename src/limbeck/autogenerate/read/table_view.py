"""A table of the models beside what the catalogue has of it, for telling an unchanged one without making objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from sqlalchemy import Column, Table

    from limbeck.ddl.impl import DefaultImpl

    from .catalogue import Catalogue
    from .names import TableName
    from .snapshot import Snapshot


class Verdicts:
    """What was found of pairs of values, by keys that are equal for pairs which cannot but compare alike."""

    def __init__(self) -> None:
        self._found: dict[Hashable, bool] = {}

    def of(self, key: tuple[Hashable, ...], find: Callable[[], bool]) -> bool:
        """The result of ``find``, which is called once for each ``key``; a key with a None in it is none."""
        if None in key:
            return find()
        if key not in self._found:
            self._found[key] = find()
        return self._found[key]


@dataclass(frozen=True)
class TableView:
    """A table that is on both sides, as its model and as facts of the catalogue.

    :param name: its name. :param table: the model.
    :param columns: the columns of the model, each with what the catalogue has of it.
    :param catalogue: the catalogue. :param impl: the impl of the dialect.
    :param snapshot: both sides of an exact comparison; None in a classic one.
    :param compares_types: whether the environment wants types compared. :param compares_defaults: likewise defaults.
    :param verdicts: what was found of types and defaults of this comparison.
    """

    name: TableName
    table: Table
    columns: Sequence[tuple[Mapping[str, Any], Column[Any]]]
    catalogue: Catalogue
    impl: DefaultImpl
    snapshot: Snapshot | None
    compares_types: bool
    compares_defaults: bool
    verdicts: Verdicts

    def listed(self, kind: str) -> Any:
        """What the catalogue has of the table, as ``Inspector.get_<kind>`` returns it; None where it has nothing."""
        return self.catalogue.of(kind, self.name)

    def knows(self, kind: str) -> bool:
        """Whether the dialect reflects that kind of facts."""
        return self.catalogue.all_of(kind, self.name[0]) is not None
