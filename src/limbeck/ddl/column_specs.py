"""The distinct column specifications of models: a schema has thousands of columns, and few different ones."""

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
    """A specification that some columns share.

    :param example: one of these columns.
    :param sql: the specification as SQL, without a name; None where it depends on the column's table.
    :param shape: what the database makes of it, once that is known.
    """

    example: sa.Column[Any]
    sql: str | None
    shape: ColumnShape | None = None


class ColumnSpecs:
    """The specifications of all columns of ``tables``.

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
        spec = ColumnSpec(column, self._write(column))
        self.distinct.append(spec)
        if words is not None:
            self._known[words] = spec
        return spec

    def of(self, name: TableName) -> list[tuple[sa.Column[Any], ColumnSpec]]:
        """The columns of a table, each with its specification."""
        return self._of[name]
