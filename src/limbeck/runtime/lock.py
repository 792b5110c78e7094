"""The run lock: one mutating run at a time for a database, schema and version table.

It is polled, on a connection of its own in autocommit mode: a session that waited in a transaction would hold up the
concurrent index build of the run that it waits for. A killed process leaves no lock behind: the server releases a
session's with the session, the operating system a file's with the process.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from sqlalchemy import event

from limbeck import sqla
from limbeck.ddl.locking import FileLock, SessionLock
from limbeck.errors import CommandError, LockNotObtained
from limbeck.file_lock import lock_handle

from .connections import Beside

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection

    from .version_table import Location

DEFAULT_TIMEOUT = 600.0
"""Seconds to wait for the lock."""


class RunLock(Protocol):
    """The lock of one run."""

    def try_acquire(self) -> bool:
        """Take it if it is free, without waiting; whether it was taken."""
        ...

    def holder(self) -> str:
        """Who holds it and since when, in words."""
        ...

    def is_held(self) -> bool:
        """Whether it is held still, after it was taken: the session, or the file, that holds it may be gone."""
        ...

    @property
    def session(self) -> Session | None:
        """Its session, which sees what others have committed; None where it has none, or one in a transaction."""
        ...

    def release(self) -> None:
        """Release it."""


class Session(NamedTuple):
    """A session in autocommit mode, and where it is used."""

    connection: Connection
    beside: Beside


def scope(location: Location) -> str:
    """The name of a version table's lock: two runs with the same one exclude each other."""
    return "\x1f".join((location.database, location.schema or "", location.table))


class ServerLock:
    """A session lock of the database server, on a connection of its own."""

    def __init__(self, engine: Engine, statements: SessionLock) -> None:
        self._statements = statements
        self._beside = Beside(engine.dialect)
        try:
            self._session = self._beside.call(partial(sqla.side_connection, engine, autocommit=True))
            for statement in statements.prepare:
                self._beside.call(partial(self._session.exec_driver_sql, statement))
        except BaseException:
            self._beside.end()
            raise

    def _ask(self, statement: str) -> object:
        return self._beside.call(lambda: self._session.exec_driver_sql(statement).scalar())

    def try_acquire(self) -> bool:
        """Take it if it is free."""
        return bool(self._ask(self._statements.acquire))

    def holder(self) -> str:
        """The session that holds it, as the server reports it."""
        return str(self._ask(self._statements.holder) or "a session that the server does not show")

    def is_held(self) -> bool:
        """Whether the session is alive."""
        return _is_alive(self._beside, self._session)

    @property
    def session(self) -> Session:
        """Its session."""
        return Session(self._session, self._beside)

    def release(self) -> None:
        """Release it and end the session; where the session is dead, the server has released the lock."""
        from sqlalchemy.exc import SQLAlchemyError

        for work in (partial(self._session.exec_driver_sql, self._statements.release), self._session.close):
            with suppress(SQLAlchemyError):
                self._beside.call(work)
        self._beside.end()


class TransactionLock:
    """A lock of a transaction, which is held open on a connection of its own.

    Each attempt has a connection of its own too: a driver prepares what it sends again and again, and a pooler gives
    the next transaction to a session that does not know it.
    """

    def __init__(self, engine: Engine, statements: SessionLock) -> None:
        self._engine = engine
        self._statements = statements
        self._beside = Beside(engine.dialect)
        self._session: Connection | None = None

    def try_acquire(self) -> bool:
        """Take it if it is free."""
        session = self._beside.call(partial(sqla.side_connection, self._engine))
        taken = False
        try:
            for statement in self._statements.prepare:
                self._beside.call(partial(session.exec_driver_sql, statement))
            taken = bool(self._ask(session, self._statements.acquire))
        finally:
            if not taken:
                self._beside.call(session.close)
        self._session = session if taken else None
        return taken

    def _ask(self, session: Connection, statement: str) -> object:
        return self._beside.call(lambda: session.exec_driver_sql(statement).scalar())

    def holder(self) -> str:
        """The session that holds it, as the server reports it."""
        session = self._beside.call(partial(sqla.side_connection, self._engine))
        try:
            return str(self._ask(session, self._statements.holder) or "a session that the server does not show")
        finally:
            self._beside.call(session.close)

    def is_held(self) -> bool:
        """Whether the transaction is open."""
        return self._session is not None and _is_alive(self._beside, self._session)

    @property
    def session(self) -> None:
        """None: it is in a transaction."""

    def release(self) -> None:
        """End the transaction."""
        from sqlalchemy.exc import SQLAlchemyError

        session, self._session = self._session, None
        if session is not None:
            with suppress(SQLAlchemyError):
                self._beside.call(session.close)
        self._beside.end()


def _is_alive(beside: Beside, session: Connection) -> bool:
    from sqlalchemy.exc import SQLAlchemyError

    try:
        beside.call(lambda: sqla.is_silent(session) or session.exec_driver_sql("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True


class WorkingLock:
    """A session lock on the run's own connection.

    Where the server finishes the statement of a killed process, it is held until then.
    """

    def __init__(self, connection: Connection, statements: SessionLock) -> None:
        self._connection = connection
        self._statements = statements
        self._pool = connection.engine.pool  # `Engine.dispose()` gives the engine another one
        self._session: DBAPIConnection | None = None
        self._checked_in = False

    def _ask(self, statement: str) -> object:
        busy = self._connection.in_transaction()
        answer = self._connection.exec_driver_sql(statement).scalar()
        if not busy:
            self._connection.rollback()
        return answer

    def try_acquire(self) -> bool:
        """Take it if it is free."""
        if not self._ask(self._statements.acquire):
            return False
        self._session = self._connection.connection.dbapi_connection
        event.listen(self._pool, "checkin", self._on_checkin)
        return True

    def holder(self) -> str:
        """The session that holds it, as the server reports it."""
        who = self._ask(self._statements.holder)
        return f"the statement of a run that has died, {who}" if who else "a session that has just ended"

    def is_held(self) -> bool:
        """Whether the run's connection has the session still."""
        return not (self._connection.closed or self._connection.invalidated)

    @property
    def session(self) -> None:
        """None: it is the run's."""

    def _on_checkin(self, session: DBAPIConnection, _record: object) -> None:
        """Release the lock where env.py returns the run's connection to its pool, in which the session lives on."""
        if session is self._session and not self._checked_in:
            self._checked_in = True
            cursor = session.cursor()
            cursor.execute(self._statements.release)
            cursor.close()

    def release(self) -> None:
        """Release it; where the session is dead, the server has released the lock."""
        from sqlalchemy.exc import SQLAlchemyError

        if self._session is None:
            return
        event.remove(self._pool, "checkin", self._on_checkin)
        self._session = None
        if not (self._checked_in or self._connection.closed or self._connection.invalidated):
            with suppress(SQLAlchemyError):
                self._ask(self._statements.release)


class BothLocks:
    """A lock on a session of its own, then one on the run's connection."""

    def __init__(self, beside: RunLock, at_work: RunLock) -> None:
        self._beside = beside
        self._at_work = at_work
        self._half = False

    def try_acquire(self) -> bool:
        """Take the first, and when that is held the second; whether both are held."""
        self._half = self._half or self._beside.try_acquire()
        return self._half and self._at_work.try_acquire()

    def holder(self) -> str:
        """Who holds the one that is waited for."""
        return (self._at_work if self._half else self._beside).holder()

    def is_held(self) -> bool:
        """Whether both are."""
        return self._beside.is_held() and self._at_work.is_held()

    @property
    def session(self) -> Session | None:
        """That of the first."""
        return self._beside.session

    def release(self) -> None:
        """Release both."""
        self._at_work.release()
        self._beside.release()


class LockedFile:
    """An operating system lock on a file, which is removed with the lock."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._handle: int | None = None

    def try_acquire(self) -> bool:
        """Take it if it is free."""
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            if isinstance(error, PermissionError) and os.path.exists(self._path):
                return False  # another account's run holds it
            raise CommandError(
                f"The lock file of this database cannot be made: {error.strerror}",
                code="lock-file",
                file=self._path,
                hint="a run has to write beside the database file; if no other run can be at work, use --no-lock",
            ) from error
        if not lock_handle(handle) or not self._still_the_file(handle):
            os.close(handle)
            return False
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"process {os.getpid()} since {time.strftime('%Y-%m-%d %H:%M:%S')}".encode(), 0)
        self._handle = handle
        return True

    def _still_the_file(self, handle: int) -> bool:
        """Whether the locked file is still the one of that name: its last holder may have removed it meanwhile."""
        with suppress(FileNotFoundError):
            return os.path.samestat(os.fstat(handle), os.stat(self._path))
        return False

    def holder(self) -> str:
        """What the holder wrote into the file."""
        with suppress(OSError), open(self._path, encoding="utf-8") as file:
            return file.read() or "a process that has just started"
        return "a process that has just ended"

    def is_held(self) -> bool:
        """Whether the file is there still: where it was removed, another run can lock a new one of that name."""
        return self._handle is not None and self._still_the_file(self._handle)

    @property
    def session(self) -> None:
        """None: a file has no session."""

    def release(self) -> None:
        """Remove the file and release the lock."""
        if self._handle is not None:
            if self.is_held():
                with suppress(OSError):
                    os.unlink(self._path)
            os.close(self._handle)
            self._handle = None


if os.name == "nt":

    def _is_there(process: int) -> bool:
        return False  # its lock would have kept the file from being read

else:

    def _is_there(process: int) -> bool:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


def holder(connection: Connection, kind: SessionLock | FileLock) -> str | None:
    """Who holds the lock that ``kind`` describes, in words; None where it is free. Takes nothing.

    Of a file it tells whether the process is there that wrote its number into it: a killed one leaves the file behind.

    :param connection: any connection to the database.
    """
    if isinstance(kind, SessionLock):
        found = connection.exec_driver_sql(kind.holder).scalar()
        if found is None and kind.at_work is not None:
            return holder(connection, kind.at_work)
        return None if found is None else str(found)
    try:
        with open(kind.path, encoding="utf-8") as file:
            found = file.read()
    except FileNotFoundError:
        return None
    except OSError:
        return "a process of another account"  # or one on Windows, where a locked file cannot be read
    number = found.removeprefix("process ").partition(" ")[0]
    if not number.isdecimal():
        return "a process that has just started"
    return found if _is_there(int(number)) else None


def make(connection: Connection, kind: SessionLock | FileLock) -> RunLock:
    """The lock that ``kind`` describes, not yet taken.

    :param connection: the run's connection.
    """
    if isinstance(kind, FileLock):
        return LockedFile(kind.path)
    if kind.of_transaction:
        return TransactionLock(connection.engine, kind)
    beside = ServerLock(connection.engine, kind)
    return beside if kind.at_work is None else BothLocks(beside, WorkingLock(connection, kind.at_work))


def acquire(
    lock: RunLock, timeout: float, on_wait: Callable[[str], None], meanwhile: Callable[[], None] = lambda: None
) -> None:
    """Take ``lock``, polling it.

    :param timeout: seconds to wait.
    :param on_wait: called once, with the holder, where the lock is not free.
    :param meanwhile: called before each pause.

    Raises `LockNotObtained` after ``timeout``.
    """
    deadline = time.monotonic() + timeout
    pause = 0.02
    reported = False
    while not lock.try_acquire():
        if time.monotonic() >= deadline:
            raise LockNotObtained(
                f"Another run holds the lock of this database: {lock.holder()}; waited {timeout:g} seconds",
                hint="wait for that run or end it, give more time with --lock-timeout, or take no lock with --no-lock",
            )
        if not reported:
            on_wait(lock.holder())
            reported = True
        meanwhile()
        sqla.sleep(min(pause, max(0.0, deadline - time.monotonic())))
        pause = min(pause * 1.5, 0.25)
