"""The columns of models by what they say: of thousands most say the same few things, and each is to be made once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from limbeck import sqla

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import sqlalchemy as sa

    from .shape import ColumnShape, TableName


@dataclass(eq=False)
class ColumnSpec:
    """What some columns say alike.

    :param example: one of them.
    :param sql: their SQL without the name; None where only the table of a column tells what it means.
    :param shape: what the database makes of it, once that is known.
    """

    example: sa.Column[Any]
    sql: str | None
    shape: ColumnShape | None = None


class ColumnSpecs:
    """The spellings of all columns of ``tables``.

    :param tables: the tables of the models.
    :param write: gives the SQL of a column, as in `ColumnSpec`.
    """

    def __init__(self, tables: Mapping[TableName, sa.Table], write: Callable[[sa.Column[Any]], str | None]) -> None:
        self.distinct: list[ColumnSpec] = []
        self._write = write
        self._known: dict[Any, ColumnSpec] = {}
        self._of = {name: self._read(table) for name, table in tables.items()}

    def _read(self, table: sa.Table) -> list[tuple[sa.Column[Any], ColumnSpec]]:
        return [
            (column, self._known.get(words) or self._new(column, words))
            for column, words in sqla.words_of_columns(table)
        ]

    def _new(self, column: sa.Column[Any], words: Any) -> ColumnSpec:
        spelling = ColumnSpec(column, self._write(column))
        self.distinct.append(spelling)
        if words is not None:
            self._known[words] = spelling
        return spelling

    def of(self, name: TableName) -> list[tuple[sa.Column[Any], ColumnSpec]]:
        """The columns of a table, each with its spelling."""
        return self._of[name]
