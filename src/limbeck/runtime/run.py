"""One mutating run on one database: its lock, what its version rows have to be in the end, and the look that proves it.

Behaviour 4.7 and failures R1 and R4: a run that says it is done has been seen to be done, on a fresh session.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from limbeck import sqla
from limbeck.errors import CommandError, warn

from . import lock as locks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection

    from .version_table import Location, VersionTable

log = logging.getLogger("alembic.runtime.migration")


class Run:
    """A run from its first write to its end.

    :param connection: the run's connection. :param versions: its version table.
    :param wants_lock: whether to exclude other runs. :param timeout: seconds to wait for the lock.
    """

    def __init__(self, connection: Connection, versions: VersionTable, *, wants_lock: bool, timeout: float) -> None:
        self._connection = connection
        self._versions = versions
        self._wants_lock = wants_lock
        self._timeout = timeout
        self._entered = False
        self._lock: locks.RunLock | None = None
        self._location: Location | None = None
        self._expected: tuple[str, ...] | None = None

    def enter(self) -> bool:
        """Take the lock, unless it is taken; True where it was taken now, so that rows have to be read again."""
        if self._entered:
            return False
        self._entered = True
        taken = self._wants_lock and self._take_lock()
        self._versions.impl.begin_run(self._connection)
        return taken

    def _take_lock(self) -> bool:
        kind = self._versions.impl.run_lock(self._connection, locks.scope(self._where()))
        if kind is None:
            return False
        lock = locks.make(self._connection.engine, kind)
        try:
            locks.acquire(lock, self._timeout, lambda holder: log.info("Waiting for the run lock, held by %s", holder))
        except BaseException:
            lock.release()
            raise
        self._lock = lock
        return True

    def expect(self, rows: Iterable[str]) -> None:
        """Say which version rows the database has to have in the end."""
        self._expected = tuple(rows)

    def finish(self, *, visible: bool, failed: bool = False) -> None:
        """Prove that the rows are as expected, and give the lock back.

        :param visible: whether the run's work is committed, so that a fresh session sees it.
        :param failed: the run raised; nothing is proved then.

        Raises `CommandError` where the rows are others than expected.
        """
        expected, self._expected = self._expected, None
        entered, self._entered = self._entered, False
        try:
            if entered and not self._connection.closed:
                self._versions.impl.end_run(self._connection)
            if expected is not None and not failed:
                self._prove(expected, visible=visible)
        finally:
            lock, self._lock = self._lock, None
            if lock is not None:
                lock.release()

    def _where(self) -> Location:
        if self._location is None:
            self._location = self._versions.locate(self._connection)
        return self._location

    def _prove(self, expected: tuple[str, ...], *, visible: bool) -> None:
        if visible and self._versions.impl.has_other_sessions(self._connection):
            found = self._read_afresh()
        elif not self._connection.closed:
            found = self._versions.read(self._connection)
        else:
            return
        if found is None or sorted(found) == sorted(expected):
            return
        raise CommandError(
            f"Version table '{self._versions.name}' has {_list(found)} after this run, and not {_list(expected)} "
            "as its steps left it",
            code="not-committed",
            hint="nothing of the run was committed: wrap context.run_migrations() in `with context.begin_transaction():`, "
            "or commit the transaction that env.py opened itself",
        )

    def _read_afresh(self) -> tuple[str, ...] | None:
        from sqlalchemy.exc import DBAPIError

        where = self._where()
        try:
            beside = sqla.side_connection(self._connection.engine)
            try:
                return self._versions.read(beside, where.schema)
            finally:
                sqla.close_side_connection(beside)
        except DBAPIError as error:
            warn(
                f"The version rows could not be read again on a fresh session: {error.orig}",
                code="not-verified",
                hint="look with `limbeck current`",
            )
            return None


def _list(rows: tuple[str, ...]) -> str:
    return ", ".join(sorted(rows)) or "no rows"
