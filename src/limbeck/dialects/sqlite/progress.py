"""The progress of a long rebuild: in the events of a run, where a subscriber asks, else at a terminal on stderr.

SQLite calls back after a number of instructions of its virtual machine (sqlite3.Connection.set_progress_handler), and
EXPLAIN tells how many a row takes. So nothing is asked of the database meanwhile, and the statements stay as they are.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from sqlalchemy import MetaData, Table, func, select
from sqlalchemy.exc import DBAPIError

from limbeck import console, events
from limbeck.ddl.progress import ServerProgress

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import Insert
    from sqlalchemy.engine import Connection

    from limbeck.ddl.impl import DefaultImpl

FEW_ROWS = 100_000
"""The number of rows up to which there is no output."""
_EVERY = 50_000  # instructions between two calls
_PAUSE = 0.2  # seconds between two changes of the line


class SQLiteProgress(ServerProgress):
    """What the rebuild at work tells; None between two of them."""

    own_session = ""

    def __init__(self) -> None:
        self.now: events.Progress | None = None

    def of(self, connection: Connection, session: int) -> events.Progress | None:
        """How far the rebuild is."""
        return self.now


@dataclass
class Progress:
    """Lines about the rebuild of one table.

    :param table_name: the table. :param rows: its rows. :param driver: the driver's connection; None: no output.
    :param told: is told in place of a terminal.
    """

    table_name: str
    rows: int = 0
    driver: sqlite3.Connection | None = None
    told: SQLiteProgress | None = None

    @classmethod
    def of(cls, impl: DefaultImpl, table: Table) -> Progress:
        """For the rebuild of ``table``: no output if nobody follows it, or the table is small."""
        told = impl.progress() if events.is_work_followed() else None
        if told is None and not sys.stderr.isatty():
            return cls(table.name)
        import sqlite3

        connection = impl.require_connection("A rebuild")
        driver = connection.connection.driver_connection
        counted = select(func.count()).select_from(Table(table.name, MetaData(), schema=table.schema))
        rows = connection.execute(counted).scalar_one()
        is_long = isinstance(driver, sqlite3.Connection) and rows > FEW_ROWS
        return cls(table.name, rows, driver if is_long else None, told if isinstance(told, SQLiteProgress) else None)

    def copying(self, impl: DefaultImpl, fill: Insert) -> AbstractContextManager[None]:
        """Show progress while ``fill`` copies the rows."""
        each = 0 if self.driver is None else _instructions_for_a_row(impl, fill)
        return self.during(f"copying {self.rows:,} rows", self.rows * each)

    @contextmanager
    def during(self, what: str, instructions: int = 0) -> Iterator[None]:
        """Show progress while ``what`` is done.

        :param instructions: how many instructions it takes, about; 0 where that is not known.
        """
        if self.driver is None:
            yield
            return
        line = _Line(f"table {self.table_name}: {what}", instructions, self.told)
        self.driver.set_progress_handler(line.tick, _EVERY)
        try:
            yield
        except DBAPIError:
            line.end("FAILED")
            if line.interrupt is not None:
                raise line.interrupt from None
            raise
        finally:
            self.driver.set_progress_handler(None, 0)
        line.end("done")


class _Line:
    """A line that is overwritten while the driver calls `tick`."""

    def __init__(self, text: str, instructions: int, told: SQLiteProgress | None) -> None:
        self._text = text
        self._told = told
        self._instructions = instructions
        self._begun = self._written = monotonic()
        self._ticks = 0
        self.interrupt: BaseException | None = None

    def tick(self) -> int:
        """Write the progress; an exception meanwhile, such as that of Ctrl-C, stops the statement."""
        try:
            self._ticks += 1
            now = monotonic()
            if now - self._written > _PAUSE:
                self._written = now
                share = self._share()
                if self._told is not None:
                    self._told.now = events.Progress(doing=self._text, share=share)
                else:
                    self._write(f"{now - self._begun:.0f} s" if share is None else f"{share:.0%}".replace("%", " %"))
        except BaseException as error:  # noqa: BLE001  raised again where the statement ends
            self.interrupt = error
            return 1
        return 0

    def end(self, word: str) -> None:
        """Write the line for the last time."""
        if self._told is not None:
            self._told.now = None
        else:
            self._write(f"{word} in {monotonic() - self._begun:.1f} s\n")

    def _share(self) -> float | None:
        """The share that is done, at most 99 %: it is an estimate. None where nothing is known."""
        return min(self._ticks * _EVERY / self._instructions, 0.99) if self._instructions else None

    def _write(self, state: str) -> None:
        console.write(sys.stderr, f"\r  {self._text} ... {state}")


def _instructions_for_a_row(impl: DefaultImpl, fill: Insert) -> int:
    """The instructions in the loops over the rows: one reads them, another may write; a loop ends with a jump back."""
    sql = str(fill.compile(dialect=impl.dialect))
    explained = impl.require_connection("A rebuild").exec_driver_sql(f"EXPLAIN {sql}").all()
    jumps = [(at, to) for at, code, _, to, *_ in explained if code in {"Next", "Goto"}]
    return sum(at - to + 1 for at, to in jumps if 1 < to < at)  # to 1 jumps what begins the whole program
