"""Sessions and locks of MySQL and MariaDB."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

import sqlalchemy as sa

from limbeck import sqla
from limbeck.ddl.locking import SessionLock
from limbeck.ddl.session import SessionFacts

from . import catalogue_state
from .blockers import MySQLBlockers
from .progress import MariaDBProgress
from .timeouts import MySQLTimeouts

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from limbeck.ddl.locks import LockFacts
    from limbeck.ddl.observer import Observer
    from limbeck.ddl.scratch_databases import ScratchDatabases
    from limbeck.ddl.table_facts import TableSize

_LOCK_WAIT_TIMEOUT = 1205


_USER_VARIABLE = re.compile(r"^\s*SET\s+@(?!@)|\bINTO\s+@|@\w+\s*:=", re.IGNORECASE)


class MySQLSession(SessionFacts):
    """Schemas are databases; a run holds user locks of the server."""

    def session_scope(self, connection: Connection, table: str, schema: str | None) -> tuple[str, str | None]:
        """The schema, or the session's database: in MySQL they are the same thing."""
        database = schema or str(connection.scalar(sa.text("SELECT DATABASE()")))
        return database, database

    def blockers(self) -> MySQLBlockers:
        """By what the server offers."""
        return MySQLBlockers()

    def progress(self) -> MariaDBProgress | None:
        """By columns that MariaDB alone has."""
        return MariaDBProgress() if getattr(self.dialect, "is_mariadb", False) else None

    def may_be_sent_again(self, connection: Connection, statement: str, error: BaseException) -> bool:
        """DDL, which commits what came before it; other statements where no refusal takes back more than themselves.

        A deadlock takes back the transaction, and so does the setting ``innodb_rollback_on_timeout``.
        """
        if self.commits_itself(connection, statement) or sqla.is_autocommit(connection):
            return True
        if error.args[:1] != (_LOCK_WAIT_TIMEOUT,):
            return False
        cursor = connection.connection.cursor()
        cursor.execute("SELECT @@innodb_rollback_on_timeout")
        (takes_back,) = cursor.fetchone() or (True,)
        cursor.close()
        return not takes_back

    def timeouts(self) -> MySQLTimeouts:
        """Variables of the session."""
        return MySQLTimeouts(is_mariadb=bool(getattr(self.dialect, "is_mariadb", False)))

    def run_lock(self, connection: Connection, scope: str) -> SessionLock:
        """Two user locks: the server may finish the statement of a killed run, for which the next run has to wait."""
        name = f"limbeck:{sha256(scope.encode()).hexdigest()[:48]}"
        return _user_lock(name)._replace(at_work=_user_lock(f"{name}:work"))

    def replica_lag(self, connection: Connection) -> float | None:
        """That of the server itself, where it is a replica of others: a primary does not know."""
        is_old = (connection.dialect.server_version_info or ()) < (
            (10, 5, 1) if self.product == "MariaDB" else (8, 0, 22)
        )
        rows = connection.exec_driver_sql(f"SHOW {'SLAVE' if is_old else 'REPLICA'} STATUS").mappings()
        names = ("Seconds_Behind_Source", "Seconds_Behind_Master")
        found = [float(row[name]) for row in rows for name in names if row.get(name) is not None]
        return max(found, default=None)

    @property
    def product(self) -> str:
        """MySQL or MariaDB."""
        return "MariaDB" if getattr(self.dialect, "is_mariadb", False) else "MySQL"

    def server_version(self, connection: Connection) -> str:
        """Its three numbers; SQLAlchemy 2.0 knows a fourth, of the distribution's."""
        return ".".join(map(str, (connection.dialect.server_version_info or ())[:3]))

    def cancellation(self, connection: Connection) -> str:
        """``KILL QUERY``, which leaves the session there."""
        ask = getattr(connection.connection.driver_connection, "thread_id", None)
        number = connection.scalar(sa.text("SELECT CONNECTION_ID()")) if ask is None else ask()
        return f"KILL QUERY {number}"

    def state_of_objects(self, connection: Connection, statement: str) -> str | None:
        """By ``SHOW CREATE``."""
        return catalogue_state.state(connection, statement)

    def makes_new_object(self, statement: str) -> bool:
        """Of a CREATE TABLE."""
        return catalogue_state.makes_a_table(statement)

    def leaves_session_state(self, statement: str) -> bool:
        """User variables too."""
        return super().leaves_session_state(statement) or _USER_VARIABLE.search(statement) is not None

    def widen_version_column(self, table: sa.Table, length: int) -> str:
        """The statement that lets column version_num of ``table`` hold ``length`` characters."""
        name = sqla.for_script(self.dialect).identifier_preparer.format_table(table)
        return f"ALTER TABLE {name} MODIFY version_num VARCHAR({max(length, 255)}) NOT NULL"

    def locks(self, connection: Connection) -> LockFacts:
        """ALGORITHM and LOCK."""
        from .locks import MySQLLocks

        return MySQLLocks(connection)

    def table_size(self, connection: Connection, table: str, schema: str | None) -> TableSize | None:
        """By information_schema; rows are counted where the table is small."""
        from .locks import table_size

        return table_size(connection, table, schema, sqla.quoted_table(self.dialect, table, schema))

    def observer(self, connection: Connection) -> Observer:
        """By ALGORITHM and LOCK."""
        from .observer import MySQLObserver

        return MySQLObserver(connection, is_mariadb=bool(getattr(self.dialect, "is_mariadb", False)))

    def scratch_databases(self) -> ScratchDatabases:
        """Databases of the same server."""
        from .scratch import MySQLScratch

        return MySQLScratch()


def _user_lock(name: str) -> SessionLock:
    """A user lock (MySQL manual, 14.14); its name is unique on the server, and has 64 characters at most."""
    return SessionLock(
        acquire=f"SELECT GET_LOCK('{name}', 0)",
        release=f"SELECT RELEASE_LOCK('{name}')",
        # without the right PROCESS an account sees its own sessions alone, and of another one no more than its number
        holder="SELECT CONCAT('session ', held.session, COALESCE(CONCAT(' of ', USER, ' from ', HOST, ' since ', "  # noqa: S608 the name is a hash
        f"NOW() - INTERVAL TIME SECOND), '')) FROM (SELECT IS_USED_LOCK('{name}') AS session) held "
        "LEFT JOIN information_schema.PROCESSLIST ON ID = held.session WHERE held.session IS NOT NULL",
    )
