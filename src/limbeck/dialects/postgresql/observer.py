"""What statements did on PostgreSQL: by ``pg_locks``, file nodes, and the statistics of the open transaction.

A statement outside of a transaction gives its locks back when it ends. It is put into one, unless it may not run in
any, as what is CONCURRENTLY: then another session holds all tables, and sees which lock the statement asks for first.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import text

from limbeck import sqla
from limbeck.ddl.locks import unquoted
from limbeck.ddl.observer import HeldLock, Observer, Seen

from .locks import MODES, ROW_EXCLUSIVE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection

    from limbeck.ddl.observer import Parameters

_ALONE = re.compile(
    r"\s*(?:.*\bCONCURRENTLY\b|VACUUM\b|CLUSTER\s*$|REINDEX\s+(?:SCHEMA|DATABASE|SYSTEM)\b"
    r"|(?:CREATE|DROP)\s+(?:DATABASE|TABLESPACE)\b|ALTER\s+SYSTEM\b)",
    re.IGNORECASE | re.DOTALL,
)
"""Statements that PostgreSQL refuses in a transaction."""

_TABLES = r"""
SELECT c.oid::bigint, c.oid::regclass::text, pg_catalog.pg_relation_filenode(c.oid)::bigint,
    coalesce(pg_catalog.pg_stat_get_xact_numscans(c.oid), 0)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm', 'v') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
"""
_LOCKS = """
SELECT relation::bigint, mode FROM pg_catalog.pg_locks
WHERE locktype = 'relation' AND pid = {pid} AND granted = {granted}
"""
_PATIENCE = 5.0
"""Seconds after which a statement is let go that has asked for no lock."""


_Lock = tuple[int, str]
"""A table and a mode."""


class _Table(NamedTuple):
    """A table: its number, its name, quoted, its file, and how often the open transaction has read all of it."""

    oid: int
    name: str
    file: int | None
    scans: int


class PostgresqlObserver(Observer):
    """By what the session sees of itself."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._known = frozenset(self._tables())
        self._pid = self.rows("SELECT pg_catalog.pg_backend_pid()", int)[0]
        self._before: dict[int, _Table] = {}
        self._held: frozenset[_Lock] = frozenset()
        self._own_transaction = False
        self._barrier: _Barrier | None = None

    def before(self, statement: str, parameters: Parameters) -> str:
        """Note how tables are, and see to it that the locks of the statement can be seen."""
        if sqla.is_autocommit(self.connection):
            if not _ALONE.match(statement):
                self.send("BEGIN")
                self._own_transaction = True
            elif not self.connection.dialect.is_async:  # whose sessions belong to one thread
                self._barrier = _Barrier(self.connection, self._pid, [t.name for t in self._tables().values()])
        self._before = self._tables()
        self._held = self._locks()
        if self._barrier is not None:
            self._barrier.watch()
        return statement

    def after(self) -> Seen:
        """What differs from before."""
        if self._barrier is not None:
            held, barrier = self._barrier.asked(), self._barrier
            barrier.end()
            self._barrier = None
        else:
            held = self._locks()
        now = self._tables()
        before = {oid: one for oid, one in self._before.items() if oid in self._known}
        taken = [(before[oid].name, mode, (oid, mode) not in self._held) for oid, mode in held if oid in before]
        locks = [HeldLock(unquoted(name), mode, is_new) for name, mode, is_new in taken]
        same = [(one, now[oid]) for oid, one in before.items() if oid in now]
        seen = Seen(
            tuple(sorted(locks, key=lambda lock: (-MODES.index(lock.mode), lock.table))),
            tuple(sorted(unquoted(then.name) for then, one in same if then.file != one.file)),
            tuple(sorted(unquoted(then.name) for then, one in same if one.scans > then.scans)),
        )
        if self._own_transaction:
            self.send("COMMIT")
            self._own_transaction = False
        return seen

    def failed(self) -> None:
        """Give back what was begun."""
        if self._barrier is not None:
            self._barrier.end()
            self._barrier = None
        if self._own_transaction:
            self.send("ROLLBACK")
            self._own_transaction = False

    def _tables(self) -> dict[int, _Table]:
        return {table.oid: table for table in self.rows(_TABLES, _Table)}

    def _locks(self) -> frozenset[_Lock]:
        """The locks on tables that the session has."""
        return _named(self.rows(_LOCKS.format(pid=self._pid, granted="true"), _lock))


class _Barrier:
    """A session that holds tables, but against reads, until another one asks for a lock on one of them.

    :param connection: of the other session. :param pid: its number. :param tables: the tables, quoted.
    """

    def __init__(self, connection: Connection, pid: int, tables: list[str]) -> None:
        self._session = sqla.side_connection(connection.engine)
        self._waiting = text(_LOCKS.format(pid=pid, granted="false"))
        self._asked: frozenset[_Lock] = frozenset()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._session.exec_driver_sql(f"SET LOCAL lock_timeout = '{_PATIENCE:.0f}s'")
        for table in tables:
            self._session.exec_driver_sql(f"LOCK TABLE {table} IN EXCLUSIVE MODE")

    def watch(self) -> None:
        """Begin to look, just before the other session sends its statement."""
        self._thread.start()

    def asked(self) -> frozenset[_Lock]:
        """The locks that it asked for, after its statement."""
        self._ended.set()
        self._thread.join()
        return self._asked

    def end(self) -> None:
        """Let go of all."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        self._session.close()

    def _look(self) -> None:
        for _ in range(int(_PATIENCE / 0.005)):
            self._asked = _named(_lock(*row) for row in self._session.execute(self._waiting))
            if self._asked or self._ended.wait(0.005):
                break
        self._session.rollback()


def _lock(table: int, mode: str) -> _Lock:
    return table, mode


def _named(locks: Iterable[_Lock]) -> frozenset[_Lock]:
    """Locks as the manual names them, from ROW EXCLUSIVE upwards."""
    named = [
        (table, re.sub(r"(?<=[a-z])(?=[A-Z])", " ", mode.removesuffix("Lock")).upper())  # of ShareRowExclusiveLock
        for table, mode in locks
    ]
    return frozenset(lock for lock in named if MODES.index(lock[1]) >= MODES.index(ROW_EXCLUSIVE))
