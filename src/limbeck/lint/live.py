"""What the database says of a finding: how large its table is, how it is used, and whether rows break it.

What costs more in a larger table is a grade worse in one of at least ``large_table``, and a grade milder in one below a
hundredth of that. A finding about rows is an error where there are such rows, and a grade milder where there are none.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from .witness import Testimony

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

    from limbeck.ddl.impl import DefaultImpl
    from limbeck.ddl.table_facts import TableSize

    from .rule import Found, Rule

SMALL = 100
"""A table is small below this part of a large one."""

PATIENCE = 10.0
"""Seconds that the query of a finding may take."""

_CERTAIN = 2  # grades from info to error


class Live:
    """Asks a database about findings; it is only read.

    :param connection: the database. :param impl: its impl.
    :param large: bytes from which on a table counts as large.
    """

    def __init__(self, connection: Connection, impl: DefaultImpl, large: int) -> None:
        self._connection = connection
        self._impl = impl
        self._large = large
        self._sizes: dict[str, TableSize | None] = {}
        self._answers: dict[str, int | str] = {}

    def testify(self, rule: Rule, found: Found) -> Testimony:
        """What the database says of something that ``rule`` finds."""
        said = Testimony()
        if found.proof is not None:
            said = self._of_rows(found.proof)
        if found.at is None or found.at.is_new or not (rule.by_size or rule.by_use):
            return said
        table = found.table
        used = self._used(table) if rule.by_use else None  # before rows are counted, which is use too
        size = self._size(table)
        if size is None:
            return said
        fact = f"{table} has {size.in_words()}" + ("" if used is None else f"; {used}")
        return Testimony(said.grade + (self._grade(size) if rule.by_size else 0), (*said.facts, fact))

    def _grade(self, size: TableSize) -> int:
        if size.bytes is None:
            return 0
        return (size.bytes >= self._large) - (size.bytes * SMALL < self._large)

    def _size(self, table: str) -> TableSize | None:
        if table not in self._sizes:
            self._sizes[table] = self._impl.table_size(self._connection, *_split(table))
        return self._sizes[table]

    def _used(self, table: str) -> str | None:
        use = self._impl.table_use(self._connection, *_split(table))
        return None if use is None else use.in_words()

    # --- rows ---------------------------------------------------------------------------------------------------------

    def _of_rows(self, query: str) -> Testimony:
        if query not in self._answers:
            self._answers[query] = self._count(query)
        answer = self._answers[query]
        if isinstance(answer, str):
            return Testimony(0, (f"whether there are any is not known: {answer}",))
        if answer:
            return Testimony(_CERTAIN, (f"it gives {answer:,} row{'' if answer == 1 else 's'} now",))
        return Testimony(-1, ("it gives no row now",))

    def _count(self, query: str) -> int | str:
        """How many rows a query gives; why that is not known, where it fails or takes too long."""
        counting = f"SELECT count(*) FROM ({query}) broken"  # noqa: S608 made by a rule
        try:
            with self._looking():
                result = self._connection.exec_driver_sql(counting, execution_options={"no_parameters": True})
                return int(result.scalar_one())
        except DBAPIError as error:
            return str(error.orig).partition("\n")[0]

    @contextmanager
    def _looking(self) -> Iterator[None]:
        """A block whose statements are bounded, and leave nothing."""
        connection, timeouts = self._connection, self._impl.timeouts()
        settings = timeouts.of(None, PATIENCE)
        before: dict[str, str] = {}
        if not timeouts.local:  # they outlive the savepoint
            before = {name: str(connection.exec_driver_sql(timeouts.reading(name)).scalar()) for name in settings}
        savepoint = connection.begin_nested()
        try:
            for name, value in settings.items():
                connection.exec_driver_sql(timeouts.writing(name, value, local=timeouts.local))
            yield
        finally:
            savepoint.rollback()
            for name, value in before.items():
                connection.exec_driver_sql(timeouts.writing(name, value, local=False))


def _split(table: str) -> tuple[str, str | None]:
    schema, _, name = table.rpartition(".")
    return name, schema or None
