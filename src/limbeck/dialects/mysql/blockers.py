"""Who holds the lock that a session of MySQL or MariaDB waits for.

Locks on rows are in InnoDB's tables. The lock of a table as a whole, which DDL waits for, is in ``performance_schema``,
where that is on, or in the table of MariaDB's plugin ``metadata_lock_info``. Where neither is there, those with an open
transaction and those at work in the same database may hold it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from limbeck.ddl.blockers import Blocker, Blockers

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_SURE = (
    # locks on rows, MariaDB and MySQL 5.7
    (
        "SELECT DISTINCT b.trx_mysql_thread_id FROM information_schema.INNODB_LOCK_WAITS w "
        "JOIN information_schema.INNODB_TRX r ON r.trx_id = w.requesting_trx_id "
        "JOIN information_schema.INNODB_TRX b ON b.trx_id = w.blocking_trx_id WHERE r.trx_mysql_thread_id = :session"
    ),
    # the same, MySQL 8
    (
        "SELECT DISTINCT b.PROCESSLIST_ID FROM performance_schema.data_lock_waits w "
        "JOIN performance_schema.threads r ON r.THREAD_ID = w.REQUESTING_THREAD_ID "
        "JOIN performance_schema.threads b ON b.THREAD_ID = w.BLOCKING_THREAD_ID WHERE r.PROCESSLIST_ID = :session"
    ),
    # the lock of a table
    (
        "SELECT DISTINCT b.PROCESSLIST_ID FROM performance_schema.metadata_locks w "
        "JOIN performance_schema.threads r ON r.THREAD_ID = w.OWNER_THREAD_ID "
        "JOIN performance_schema.metadata_locks g ON g.OBJECT_TYPE = w.OBJECT_TYPE "
        "AND g.OBJECT_SCHEMA = w.OBJECT_SCHEMA AND g.OBJECT_NAME = w.OBJECT_NAME "
        "AND g.LOCK_STATUS = 'GRANTED' AND g.OWNER_THREAD_ID <> w.OWNER_THREAD_ID "
        "JOIN performance_schema.threads b ON b.THREAD_ID = g.OWNER_THREAD_ID "
        "WHERE w.LOCK_STATUS = 'PENDING' AND r.PROCESSLIST_ID = :session"
    ),
    # the same by MariaDB's plugin, which does not say who waits for what: a table that the statement names
    (
        "SELECT DISTINCT m.THREAD_ID FROM information_schema.METADATA_LOCK_INFO m "
        "JOIN information_schema.PROCESSLIST p ON p.ID = :session WHERE m.THREAD_ID <> p.ID "
        "AND m.LOCK_TYPE = 'Table metadata lock' AND p.STATE LIKE 'Waiting for % lock' "
        "AND LOCATE(m.TABLE_NAME, p.INFO) > 0"
    ),
)
"""Whose lock it is, each statement for one kind; those that the server does not have are left out."""

_PERHAPS = (
    "SELECT b.ID FROM information_schema.PROCESSLIST w JOIN information_schema.PROCESSLIST b ON b.ID <> w.ID "
    "LEFT JOIN information_schema.INNODB_TRX t ON t.trx_mysql_thread_id = b.ID "
    "WHERE w.ID = :session AND w.STATE LIKE 'Waiting for % lock' AND b.STATE NOT LIKE 'Waiting for % lock' "
    "AND b.ID <> CONNECTION_ID() AND b.COMMAND <> 'Daemon' "
    "AND b.DB = w.DB AND (t.trx_id IS NOT NULL OR b.COMMAND = 'Query') ORDER BY t.trx_started"
)
_SESSION = (
    "SELECT p.ID, p.USER, p.HOST, t.trx_id IS NOT NULL, p.COMMAND, "
    "TIMESTAMPDIFF(SECOND, t.trx_started, NOW()), p.TIME, COALESCE(p.INFO, '') FROM information_schema.PROCESSLIST p "
    "LEFT JOIN information_schema.INNODB_TRX t ON t.trx_mysql_thread_id = p.ID WHERE p.ID = :session"
)


class MySQLBlockers(Blockers):
    """By what the server offers."""

    own_session = "SELECT CONNECTION_ID()"

    def __init__(self) -> None:
        self._asked: list[str] = list(_SURE)

    def find(self, connection: Connection, session: int) -> list[Blocker]:
        """Those that hold the lock, else those that may."""
        sure = [number for query in tuple(self._asked) for number in self._ask(connection, query, session)]
        perhaps = [] if sure else connection.scalars(sa.text(_PERHAPS), {"session": session}).all()
        numbers = dict.fromkeys([*sure, *perhaps])
        found = (connection.execute(sa.text(_SESSION), {"session": one}).first() for one in numbers)
        return [_blocker(*row)._replace(sure=bool(sure)) for row in found if row is not None]

    def _ask(self, connection: Connection, query: str, session: int) -> list[int]:
        try:
            return list(connection.scalars(sa.text(query), {"session": session}))
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            self._asked.remove(query)  # this server has no such table, or shows it to others only
            return []


def _blocker(
    number: int, user: str, host: str, in_transaction: bool, command: str, age: int | None, busy: int, statement: str
) -> Blocker:
    state = "idle in transaction" if in_transaction and command == "Sleep" else str(command).lower()
    age = busy if age is None else age
    return Blocker(str(number), user, host, state, float(age or 0), str(statement), f"KILL {number}")
