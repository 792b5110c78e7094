"""Sessions and locks of SQL Server."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import sqlalchemy as sa

from limbeck.ddl.locking import SessionLock
from limbeck.ddl.session import SessionFacts

from .timeouts import MSSQLTimeouts

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from limbeck.ddl.scratch_databases import ScratchDatabases


class MSSQLSession(SessionFacts):
    """Application locks; the version column in T-SQL."""

    @property
    def product(self) -> str:
        """SQL Server."""
        return "SQL Server"

    def session_scope(self, connection: Connection, table: str, schema: str | None) -> tuple[str, str | None]:
        """Database and schema of the session."""
        database, own = connection.execute(sa.text("SELECT DB_NAME(), SCHEMA_NAME()")).one()
        return database, schema or own

    def timeouts(self) -> MSSQLTimeouts:
        """A setting of the session."""
        return MSSQLTimeouts()

    def run_lock(self, connection: Connection, scope: str) -> SessionLock:
        """An application lock of the session (Transact-SQL reference, sp_getapplock)."""
        name = f"N'limbeck:{sha256(scope.encode()).hexdigest()}'"
        return SessionLock(
            acquire="DECLARE @got int; EXEC @got = sp_getapplock @Resource = " + name + ", @LockMode = 'Exclusive', "
            "@LockOwner = 'Session', @LockTimeout = 0; SELECT CASE WHEN @got >= 0 THEN 1 ELSE 0 END",
            release=f"EXEC sp_releaseapplock @Resource = {name}, @LockOwner = 'Session'",
            holder="SELECT TOP 1 CONCAT('session ', s.session_id, ' of ', s.login_name, ' from ', s.host_name, "
            "' since ', s.login_time) FROM sys.dm_tran_locks l "
            "JOIN sys.dm_exec_sessions s ON s.session_id = l.request_session_id "
            "WHERE l.resource_type = 'APPLICATION' AND l.request_status = 'GRANT' AND l.resource_database_id = DB_ID()",
        )

    def widen_version_column(self, table: sa.Table, length: int) -> str:
        """The statement that lets column version_num of ``table`` hold ``length`` characters."""
        name = self.dialect.identifier_preparer.format_table(table)
        return f"ALTER TABLE {name} ALTER COLUMN version_num VARCHAR({max(length, 255)}) NOT NULL"

    def scratch_databases(self) -> ScratchDatabases:
        """Databases of the same server."""
        from .scratch import MSSQLScratch

        return MSSQLScratch()
