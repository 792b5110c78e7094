"""Sessions and locks of PostgreSQL."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import sqlalchemy as sa

from limbeck import sqla
from limbeck.ddl.locking import FileLock, SessionLock
from limbeck.ddl.session import InvalidIndex, SessionFacts

from . import catalogue_state, pooler
from .blockers import PostgresqlBlockers
from .pipeline import pipeline
from .progress import PostgresqlProgress
from .timeouts import PostgresqlTimeouts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sqlalchemy.engine import Connection, Dialect
    from sqlalchemy.engine.interfaces import DBAPIConnection

    from limbeck.ddl.blockers import Blockers
    from limbeck.ddl.locks import LockFacts
    from limbeck.ddl.observer import Observer
    from limbeck.ddl.own_tables import OwnTable
    from limbeck.ddl.pipeline import Pipeline
    from limbeck.ddl.scratch_databases import ScratchDatabases
    from limbeck.ddl.table_facts import TableSize, TableUse
    from limbeck.ddl.timeouts import TimeoutSettings

NAME = "postgresql"
KEYSPACE = 0x4C424B
"""The first key of Limbeck's advisory locks."""

_INVALID_INDEXES = """
SELECT n.nspname, t.relname, c.relname
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid AND n.nspname <> 'pg_toast'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = c.oid)
ORDER BY 1, 2, 3
"""
"""Without those that a session is building at this moment."""

_REPLICA_LAG = """
SELECT CAST(extract(epoch FROM max(coalesce(replay_lag, '0'))) AS float)
FROM pg_catalog.pg_stat_replication
WHERE state IS NOT NULL  -- which is hidden from who may not know
"""
_STAY = (
    "SELECT set_config('idle_session_timeout', '0', false) WHERE current_setting('idle_session_timeout', true) <> ''"
)
_STAY_IN_TRANSACTION = "SET LOCAL idle_in_transaction_session_timeout TO 0"


class PostgresqlSession(SessionFacts):
    """Session advisory locks; libpq's pipeline mode.

    Impls of databases that speak PostgreSQL's language, as Redshift and DuckDB, are derived from PostgreSQL's. Their
    dialects have other names, and the databases lack these functions.
    """

    @property
    def product(self) -> str:
        """PostgreSQL, unless this is an impl derived from its."""
        return "PostgreSQL" if self.dialect.name == NAME else self.dialect.name

    def invalid_indexes(self, connection: Connection) -> list[InvalidIndex]:
        """What a failed ``CREATE INDEX CONCURRENTLY`` or ``REINDEX CONCURRENTLY`` has left."""
        if self.dialect.name != NAME:
            return super().invalid_indexes(connection)
        return [InvalidIndex(*row) for row in connection.exec_driver_sql(_INVALID_INDEXES)]

    def session_scope(self, connection: Connection, table: str, schema: str | None) -> tuple[str, str | None]:
        """The database, and the schema in which the search path finds the table, or would create it."""
        if self.dialect.name != NAME:
            return super().session_scope(connection, table, schema)
        if schema is not None:
            return str(connection.exec_driver_sql("SELECT current_database()").scalar()), schema
        found = connection.execute(
            sa.text(
                "SELECT current_database(), coalesce((SELECT n.nspname FROM pg_catalog.pg_class c "
                "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass(:name)), "
                "current_schema())"
            ),
            {"name": sqla.for_script(self.dialect).identifier_preparer.quote(table)},
        ).one()
        return found[0], found[1]

    @classmethod
    def enters_schema(cls, dialect: Dialect, schema: str, *, local: bool = False) -> str | None:
        """By the search path, of this schema alone."""
        return f"SET {'LOCAL ' if local else ''}search_path TO {dialect.identifier_preparer.quote_identifier(schema)}"

    def own_tables(
        self, connection: Connection, names: Collection[str], schema: str | None
    ) -> dict[str, OwnTable] | None:
        """By one statement."""
        from .own_tables import own_tables

        return None if connection.dialect.name != NAME else own_tables(connection, names, schema)

    @classmethod
    def session_reset(cls, dialect: Dialect) -> Callable[[DBAPIConnection], None] | None:
        """By ``DISCARD ALL``, with psycopg."""
        from .session_reset import reset

        return reset if (dialect.name, dialect.driver) == (NAME, "psycopg") else None

    @classmethod
    def is_in_schema(cls, connection: Connection, schema: str) -> bool:
        """A search path may have schemas that do not exist."""
        return connection.exec_driver_sql("SELECT current_schema()").scalar() == schema

    @classmethod
    def rows_by_schema(
        cls, connection: Connection, table: str, schemas: Collection[str]
    ) -> dict[str, tuple[str, ...]] | None:
        """By a union over schemas."""
        from .version_rows import rows_by_schema

        return None if connection.dialect.name != NAME else rows_by_schema(connection, table, schemas)

    def replica_lag(self, connection: Connection) -> float | None:
        """By what replicas tell the server; one that has caught up and is idle tells nothing."""
        if self.dialect.name != NAME:
            return None
        found: float | None = connection.exec_driver_sql(_REPLICA_LAG).scalar()
        return found

    def pipeline(self, connection: Connection) -> Pipeline | None:
        """Pipeline mode, if psycopg 3 is the driver."""
        return pipeline(connection)

    def blockers(self) -> Blockers | None:
        """By the server's own function."""
        return None if self.dialect.name != NAME else PostgresqlBlockers()

    def progress(self) -> PostgresqlProgress | None:
        """By the server's own views."""
        return None if self.dialect.name != NAME else PostgresqlProgress()

    def is_pooled(self, connection: Connection) -> bool:
        """By the number of the server's process."""
        return self.dialect.name == NAME and pooler.is_between(connection)

    def start_run(self, connection: Connection) -> None:
        """Behind a pooler no statement is prepared."""
        if self.is_pooled(connection):
            pooler.prepare_no_statements(connection)

    def timeouts(self) -> TimeoutSettings:
        """Those of PostgreSQL itself."""
        return super().timeouts() if self.dialect.name != NAME else PostgresqlTimeouts()

    def cancellation(self, connection: Connection) -> Callable[[], None] | str | None:
        """The driver's own way where it has one (psycopg); else ``pg_cancel_backend`` (asyncpg)."""
        driver = connection.connection.driver_connection
        cancel: Callable[[], None] | None = getattr(driver, "cancel", None)
        number = getattr(driver, "get_server_pid", None)
        if number is not None:
            return f"SELECT pg_cancel_backend({number()})"
        return None if connection.dialect.is_async else cancel

    def state_of_objects(self, connection: Connection, statement: str) -> str | None:
        """By the system catalogues."""
        return None if self.dialect.name != NAME else catalogue_state.state(connection, statement)

    def run_lock(self, connection: Connection, scope: str) -> SessionLock | FileLock | None:
        """An advisory lock (PostgreSQL manual, 9.28.10) with two keys: locks of applications mostly have one.

        A session holds it, or behind a pooler a transaction, in which nothing else is done.
        """
        if self.dialect.name != NAME:
            return super().run_lock(connection, scope)
        keys = (KEYSPACE, int.from_bytes(sha256(scope.encode()).digest()[:4], "big", signed=True))
        pair = f"{keys[0]}, {keys[1]}"
        unsigned = tuple(key % 2**32 for key in keys)
        pooled = self.is_pooled(connection)
        # without the rights of pg_read_all_stats the holder's address and time are null, if it is of another account
        return SessionLock(
            acquire=f"SELECT pg_try_advisory_{'xact_' if pooled else ''}lock({pair})",
            release=f"SELECT pg_advisory_unlock({pair})",
            holder="SELECT 'session ' || a.pid || coalesce(' (' || nullif(a.application_name, '') || ')', '') || "  # noqa: S608 numbers
            "coalesce(' of ' || a.usename, '') || coalesce(' from ' || host(a.client_addr), '') || "
            "coalesce(' since ' || date_trunc('second', a.backend_start), '') "
            "FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
            f"WHERE l.locktype = 'advisory' AND l.granted AND l.classid = {unsigned[0]} AND l.objid = {unsigned[1]}",
            prepare=(_STAY_IN_TRANSACTION if pooled else _STAY,),
            of_transaction=pooled,
        )

    def locks(self, connection: Connection) -> LockFacts:
        """Lock modes of tables."""
        from .locks import PostgresqlLocks

        return PostgresqlLocks(connection)

    def table_size(self, connection: Connection, table: str, schema: str | None) -> TableSize | None:
        """By the catalogue; rows are counted where the table is small."""
        if self.dialect.name != NAME:
            return super().table_size(connection, table, schema)
        from .table_facts import table_size

        return table_size(connection, sqla.quoted_table(self.dialect, table, schema))

    def table_use(self, connection: Connection, table: str, schema: str | None) -> TableUse | None:
        """By ``pg_stat_all_tables``."""
        if self.dialect.name != NAME:
            return None
        from .table_facts import table_use

        return table_use(connection, sqla.quoted_table(self.dialect, table, schema))

    def observer(self, connection: Connection) -> Observer | None:
        """By ``pg_locks``."""
        if self.dialect.name != NAME:
            return None
        from .observer import PostgresqlObserver

        return PostgresqlObserver(connection)

    def scratch_databases(self) -> ScratchDatabases | None:
        """Databases of the same server."""
        if self.dialect.name != NAME:
            return None
        from .scratch import PostgresqlScratch

        return PostgresqlScratch()
