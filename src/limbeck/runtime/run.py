"""The run lock of one run, and the verification of its version rows on a fresh session.

A run that reports success has been seen to be committed: an env.py that commits nothing would go unnoticed otherwise.
"""

from __future__ import annotations

import logging
from contextlib import nullcontext, suppress
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import select

from limbeck import sqla
from limbeck.errors import CommandError, LockNotObtained, warn
from limbeck.events import Wait

from . import lock as locks
from .connections import Beside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy.engine import Connection

    from limbeck.ddl.locking import FileLock, SessionLock

    from .version_table import Location, VersionTable

log = logging.getLogger("alembic.runtime.migration")


class Run:
    """A run from before its first write to its end.

    :param connection: the run's connection.
    :param versions: its version table.
    :param wants_lock: whether to keep other runs out.
    :param timeout: seconds to wait for the lock.
    :param held: the scopes that this environment has locked; a second run of it on one of them takes no lock.
    :param waits: called where the lock has to be waited for.
    """

    def __init__(
        self,
        connection: Connection,
        versions: VersionTable,
        *,
        wants_lock: bool,
        timeout: float,
        held: set[str],
        waits: Callable[[Wait], None],
    ) -> None:
        self._connection = connection
        self._versions = versions
        self._wants_lock = wants_lock
        self._timeout = timeout
        self._held = held
        self._waits = waits
        self._lock: locks.RunLock | None = None
        self._scope = ""
        self._location: Location | None = None
        self._has_other_sessions = True
        self._expected: tuple[str, ...] | None = None

    def enter(self, settle: Callable[[], None]) -> bool:
        """Take the lock, unless it is taken; True where it was taken now, so that rows have to be read again.

        :param settle: ends a transaction that a read began; called where the lock has to be waited for.
        """
        if self._location is not None:
            return False
        impl = self._versions.impl
        self._location = self._versions.locate(self._connection)
        self._has_other_sessions = impl.has_other_sessions(self._connection)
        impl.start_run(self._connection)
        taken = self._wants_lock and self._take_lock(locks.scope(self._location), settle)
        impl.begin_run(self._connection)
        return taken

    def _take_lock(self, scope: str, settle: Callable[[], None]) -> bool:
        kind = self._versions.impl.run_lock(self._connection, scope)
        if kind is None or scope in self._held:
            return False
        lock = self._make(kind)

        def on_wait(holder: str) -> None:
            log.info("Waiting for the run lock, held by %s", holder)
            self._waits(Wait(reason="run-lock", holder=holder))
            settle()

        try:
            locks.acquire(lock, self._timeout, on_wait, self._stay_awake)
        except BaseException:
            lock.release()
            raise
        self._lock, self._scope = lock, scope
        self._held.add(scope)
        return True

    def keep_lock(self, rows: tuple[str, ...]) -> None:
        """Make sure that the lock is held; where its session has ended meanwhile, take it again.

        :param rows: the version rows as this run has written them.

        Raises `LockNotObtained` where another run has the lock by now, `CommandError` where it has changed the rows.
        """
        lock = self._lock
        if lock is None or lock.is_held():
            return
        log.warning("The run lock is lost: the session that held it has ended. It is taken again")
        self._lock = None
        self._held.discard(self._scope)
        lock.release()
        kind = self._versions.impl.run_lock(self._connection, self._scope)
        if kind is None:
            return
        self._lock = self._taken_at_once(kind)
        self._held.add(self._scope)
        with sqla.left_as_found(self._connection):
            found = self._versions.read(self._connection)
        if sorted(found) != sorted(rows):
            raise CommandError(
                f"The session that held the run lock has ended, and the version rows are {_list(found)} now, and not "
                f"{_list(rows)} as this run left them",
                code="lock-lost",
                hint="another run was at work meanwhile: look with `limbeck current`, then run again",
            )

    def _taken_at_once(self, kind: SessionLock | FileLock) -> locks.RunLock:
        lock = self._make(kind)
        try:
            taken = lock.try_acquire()
            holder = "" if taken else lock.holder()
        except BaseException:
            lock.release()
            raise
        if taken:
            return lock
        lock.release()
        raise LockNotObtained(
            f"The session that held the run lock has ended, and another run has the lock now: {holder}",
            code="lock-lost",
            hint="this run ends between two revisions; run again when the other has ended",
        )

    def _stay_awake(self) -> None:
        """Have the connection do something: servers end sessions, and transactions, that are idle for too long."""
        with sqla.left_as_found(self._connection):
            self._connection.scalar(select(1))

    def _make(self, kind: SessionLock | FileLock) -> locks.RunLock:
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
        """Have `finish` verify that these are the version rows."""
        self._expected = tuple(rows)

    @property
    def location(self) -> tuple[str, Location | None] | None:
        """Which version rows `finish` will verify, equal for two runs on the same; None where it verifies none."""
        return None if self._expected is None else (str(self._connection.engine.url), self._location)

    def finish(self, *, committed: bool, failed: bool = False) -> None:
        """Verify the version rows, and release the lock.

        :param committed: whether the run's work should be committed by now, so that a fresh session sees it.
        :param failed: the run raised; nothing is verified then.

        Raises `CommandError` where the rows are not as expected.
        """
        location, self._location = self._location, None
        expected, self._expected = self._expected, None
        try:
            if location is not None and not (self._connection.closed or self._connection.invalidated):
                self._end_in_database(failed=failed)
            if location is not None and expected is not None and not failed:
                self._verify(location, expected, committed=committed)
        finally:
            lock, self._lock = self._lock, None
            if lock is not None:
                self._held.discard(self._scope)
                lock.release()

    def _end_in_database(self, *, failed: bool) -> None:
        """Have the dialect end the run; after a failure it may be unable to, and must not hide the failure."""
        from sqlalchemy.exc import SQLAlchemyError

        with suppress(SQLAlchemyError) if failed else nullcontext(), sqla.left_as_found(self._connection):
            self._versions.impl.end_run(self._connection)

    def _verify(self, location: Location, expected: tuple[str, ...], *, committed: bool) -> None:
        closed = self._connection.closed
        if committed and not closed and self._connection.in_transaction():
            raise self._not_committed("is in a transaction that nobody has committed", expected)
        if committed and self._has_other_sessions:
            found = self._read_afresh(location)
        elif not closed:
            with sqla.left_as_found(self._connection):
                found = self._versions.read(self._connection)
        else:
            return
        if found is not None and sorted(found) != sorted(expected):
            raise self._not_committed(f"has {_list(found)} after this run", expected)

    def _not_committed(self, what: str, expected: tuple[str, ...]) -> CommandError:
        return CommandError(
            f"Version table '{self._versions.name}' {what}, and not {_list(expected)} as its steps left it",
            code="not-committed",
            hint="wrap context.run_migrations() in `with context.begin_transaction():`, or commit the transaction that "
            "env.py opened itself; `limbeck current` shows what the database has",
        )

    def _read_by_lock(self, location: Location) -> tuple[str, ...] | None:
        """The version rows as the lock's session sees them; None where it has none, and where there is no table."""
        from sqlalchemy.exc import DBAPIError

        session = None if self._lock is None else self._lock.session
        if session is not None:
            with suppress(DBAPIError):
                read = partial(self._versions.read, session.connection, location.schema, is_there=True)
                return session.beside.call(read)
        return None

    def _read_afresh(self, location: Location) -> tuple[str, ...] | None:
        """The version rows as another session sees them; None, with a warning, where none can be opened."""
        from sqlalchemy.exc import DBAPIError

        found = self._read_by_lock(location)
        if found is not None:
            return found

        def read() -> tuple[str, ...]:
            with sqla.side_connection(self._connection.engine) as session:
                return self._versions.read(session, location.schema)

        beside = Beside(self._connection.dialect)
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
