"""What a run deletes of what there is: the rows of tables, and the values of columns, counted before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from .results import Loss

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

    from .ddl.impl import DefaultImpl
    from .operations.in_words import Change


class Lost(NamedTuple):
    """A table, or a column of it, that a script drops."""

    schema: str | None
    table: str
    column: str | None


class Losses:
    """Counts what changes delete, one change after the other, on a database that none of them has reached yet.

    What an earlier change has renamed is counted by its present name, what one has created is not counted.

    :param connection: of the database, only read. :param impl: its impl.
    """

    def __init__(self, connection: Connection, impl: DefaultImpl) -> None:
        self._connection = connection
        self._impl = impl
        self._counts: dict[Lost, Loss | None] = {}
        self._renamed: dict[Lost, Lost] = {}
        self._new: set[tuple[str | None, str]] = set()

    def of(self, change: Change) -> Iterator[Loss]:
        """What a change deletes; an empty table, or a column that is NULL in all rows, is no loss."""
        for schema, table, column in change.lost:
            loss = self._loss(self._present(Lost(schema, table, column)))
            if loss is not None and loss.count:
                yield loss
        for new, old in change.renamed:
            self._renamed[Lost(*new)] = self._present(Lost(*old))
        self._new.update(change.created)

    def _present(self, name: Lost) -> Lost:
        """What there is now under the name that a script will find it by."""
        if name in self._renamed:
            return self._renamed[name]
        table = self._renamed.get(name._replace(column=None))
        return name if table is None else table._replace(column=name.column)

    def _loss(self, name: Lost) -> Loss | None:
        if (name.schema, name.table) in self._new:
            return None
        if name not in self._counts:
            self._counts[name] = self._count(name)
        return self._counts[name]

    def _count(self, name: Lost) -> Loss | None:
        """The rows of a table, and the values of a column that are not NULL; None where it does not exist."""
        schema = self._impl.translated(name.schema)
        inspector = sa.inspect(self._connection)
        if not inspector.has_table(name.table, schema=schema):
            return None
        table = sa.table(name.table, schema=schema)
        if name.column is None:
            rows = self._connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            return Loss(name.table, name.schema, None, int(rows), None)
        if name.column not in {column["name"] for column in inspector.get_columns(name.table, schema=schema)}:
            return None
        column: sa.ColumnClause[object] = sa.column(name.column)
        counts = sa.select(sa.func.count(), sa.func.count(column)).select_from(table)
        rows, values = self._connection.execute(counts).one()
        return Loss(name.table, name.schema, name.column, int(rows), int(values))
