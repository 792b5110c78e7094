"""One mutating run on one database: its lock, what its version rows have to be in the end, and the look that proves it.

Behaviour 4.7 and failures R1 and R4: a run that says it is done has been seen to be done, on a fresh session.
"""

from __future__ import annotations

import logging
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any

from limbeck import sqla
from limbeck.errors import CommandError, warn

from . import connections as connecting
from . import lock as locks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection

    from limbeck.ddl.locking import FileLock, SessionLock

    from .version_table import Location, VersionTable

log = logging.getLogger("alembic.runtime.migration")


class Run:
    """A run from its first write to its end.

    :param connection: the run's connection. :param versions: its version table.
    :param wants_lock: whether to exclude other runs. :param timeout: seconds to wait for the lock.
    :param held: the scopes that this environment holds locks of; a second run of it on one of them needs none.
    """

    def __init__(
        self, connection: Connection, versions: VersionTable, *, wants_lock: bool, timeout: float, held: set[str]
    ) -> None:
        self._connection = connection
        self._versions = versions
        self._wants_lock = wants_lock
        self._timeout = timeout
        self._held = held
        self._lock: locks.RunLock | None = None
        self._scope = ""
        self._location: Location | None = None
        self._shared = True
        self._expected: tuple[str, ...] | None = None

    def enter(self) -> bool:
        """Take the lock, unless it is taken; True where it was taken now, so that rows have to be read again."""
        if self._location is not None:
            return False
        impl = self._versions.impl
        self._location = self._versions.locate(self._connection)
        self._shared = impl.has_other_sessions(self._connection)
        taken = self._wants_lock and self._take_lock(locks.scope(self._location))
        impl.begin_run(self._connection)
        return taken

    def _take_lock(self, scope: str) -> bool:
        kind = self._versions.impl.run_lock(self._connection, scope)
        if kind is None or scope in self._held:
            return False
        lock = self._made(kind)
        try:
            locks.acquire(lock, self._timeout, lambda holder: log.info("Waiting for the run lock, held by %s", holder))
        except BaseException:
            lock.release()
            raise
        self._lock, self._scope = lock, scope
        self._held.add(scope)
        return True

    def _made(self, kind: SessionLock | FileLock) -> locks.RunLock:
        from sqlalchemy.exc import DBAPIError

        try:
            return locks.make(self._connection, kind)
        except DBAPIError as error:
            raise CommandError(
                f"The run lock is kept on a session of its own, which cannot be opened: {error.orig}",
                code="lock-session",
                hint="let the account open a second session; if no other run can be at work, use --no-lock",
            ) from error

    def expect(self, rows: Iterable[str]) -> None:
        """Say which version rows the database has to have in the end."""
        self._expected = tuple(rows)

    @property
    def place(self) -> tuple[Any, ...] | None:
        """What two runs have in common that change the same rows; None where nothing is to be proved."""
        return None if self._expected is None else (str(self._connection.engine.url), self._location)

    def finish(self, *, visible: bool, failed: bool = False) -> None:
        """Prove that the rows are as expected, and give the lock back.

        :param visible: whether the run's work is to be committed by now, so that a fresh session sees it.
        :param failed: the run raised; nothing is proved then.

        Raises `CommandError` where the rows are others than expected.
        """
        location, self._location = self._location, None
        expected, self._expected = self._expected, None
        try:
            if location is not None and not (self._connection.closed or self._connection.invalidated):
                self._clean_up(failed=failed)
            if location is not None and expected is not None and not failed:
                self._prove(location, expected, visible=visible)
        finally:
            lock, self._lock = self._lock, None
            if lock is not None:
                self._held.discard(self._scope)
                lock.release()

    def _clean_up(self, *, failed: bool) -> None:
        """Have the dialect end the run; after a failure it may be unable to, and must not hide what failed."""
        from sqlalchemy.exc import SQLAlchemyError

        with suppress(SQLAlchemyError) if failed else nullcontext():
            busy = self._connection.in_transaction()
            self._versions.impl.end_run(self._connection)
            if not busy:
                self._connection.rollback()

    def _prove(self, location: Location, expected: tuple[str, ...], *, visible: bool) -> None:
        closed = self._connection.closed
        if visible and not closed and self._connection.in_transaction():
            raise self._amiss("is in a transaction that nobody has committed", expected)
        if visible and self._shared:
            found = self._read_afresh(location)
        elif not closed:
            found = self._versions.read(self._connection)
        else:
            return
        if found is not None and sorted(found) != sorted(expected):
            raise self._amiss(f"has {_list(found)} after this run", expected)

    def _amiss(self, what: str, expected: tuple[str, ...]) -> CommandError:
        return CommandError(
            f"Version table '{self._versions.name}' {what}, and not {_list(expected)} as its steps left it",
            code="not-committed",
            hint="wrap context.run_migrations() in `with context.begin_transaction():`, or commit the transaction that "
            "env.py opened itself; `limbeck current` shows what the database has",
        )

    def _read_afresh(self, location: Location) -> tuple[str, ...] | None:
        from sqlalchemy.exc import DBAPIError

        def read() -> tuple[str, ...]:
            with sqla.side_connection(self._connection.engine) as session:
                return self._versions.read(session, location.schema)

        beside = connecting.Beside(self._connection.dialect)
        try:
            return beside.call(read)
        except DBAPIError as error:
            warn(
                f"The version rows could not be read again on a fresh session: {error.orig}",
                code="not-verified",
                hint="look with `limbeck current`",
            )
            return None
        finally:
            beside.end()


def _list(rows: tuple[str, ...]) -> str:
    return ", ".join(sorted(rows)) or "no rows"
