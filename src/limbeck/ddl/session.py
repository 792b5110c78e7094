"""What a run needs to know of a database: how its sessions, transactions and locks behave.

The defaults are safe for any database; a dialect overrides what it knows better.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select
from sqlalchemy import table as table_clause

from limbeck import sqla

from .execution import Execution
from .locking import FileLock
from .locks import LockFacts
from .table_facts import TableSize
from .timeouts import TimeoutSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from sqlalchemy import Table
    from sqlalchemy.engine import Connection, Dialect
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.sql import Executable

    from .blockers import Blockers
    from .locking import SessionLock
    from .observer import Observer
    from .own_tables import OwnTable
    from .pipeline import Pipeline
    from .progress import ServerProgress
    from .scratch_databases import ScratchDatabases
    from .table_facts import TableUse

_DDL = re.compile(
    r"(?:\s|/\*.*?\*/|--[^\n]*\n)*(?:CREATE|ALTER|DROP|RENAME|TRUNCATE|COMMENT|GRANT|REVOKE)\b",
    re.IGNORECASE | re.DOTALL,
)
_OF_SESSION = re.compile(
    r"\s*(?:(?:SET|SAVEPOINT|RELEASE|BEGIN|START|COMMIT|END|ROLLBACK|USE|LOCK|UNLOCK)\b"
    r"|SELECT\s+(?:pg_catalog\.)?set_config\b)",
    re.IGNORECASE,
)
_TEMPORARY = re.compile(
    r"\s*(?:CREATE\s+(?:OR\s+REPLACE\s+)?(?:GLOBAL\s+|LOCAL\s+)?TEMP|PREPARE\b|DECLARE\b)", re.IGNORECASE
)


class InvalidIndex(NamedTuple):
    """An index that the database keeps, and does not use: its concurrent build has failed.

    :param schema: its schema. :param table: its table. :param name: its name.
    """

    schema: str
    table: str
    name: str


class SessionFacts(Execution):
    """The part of an impl that `limbeck.runtime` uses."""

    context_option_names: tuple[str, ...] = ()
    """Keywords of ``configure()`` that this dialect reads beside the documented ones."""

    concurrently_option: str | None = None
    """The option of an index by which it is created or dropped concurrently, outside a transaction."""

    words_of_reads: tuple[str, ...] = ("SELECT", "SHOW", "DESCRIBE", "EXPLAIN", "BEGIN", "SAVEPOINT", "RELEASE", "SET")
    """First words of statements that leave nothing which a commit would make permanent."""

    enforces_length: bool = True
    """Whether the database refuses text longer than its column."""

    def open_transaction(self, connection: Connection) -> None:
        """Called when SQLAlchemy has begun a transaction; has the driver begin one that includes DDL."""

    def can_mark_revisions(self, connection: Connection) -> bool:
        """Whether revisions can share a transaction, which must lock no more than one does, and not fail at its end."""
        return False

    def begin_revisions(self, connection: Connection) -> None:
        """Called when SQLAlchemy has begun the transaction of several revisions; marks the beginning of the first."""

    def mark_revision(self, connection: Connection) -> None:
        """Mark the beginning of the next revision in the open transaction, in place of the last mark."""

    def return_to_mark(self, connection: Connection) -> bool:
        """Undo what was done since the mark; without transactional DDL leave it, as in a transaction of its own.

        :return: False where the database has rolled back the whole transaction by itself.
        """
        return False

    def pipeline(self, connection: Connection) -> Pipeline | None:
        """The driver's pipeline; None where it has none."""
        return None

    def check_statement(self, connection: Connection, statement: str) -> None:
        """Called before each statement of a step; raises `CommandError` for one that would have no effect."""

    def commits_itself(self, connection: Connection, statement: str) -> bool:
        """Whether ``statement``, just executed, has committed the transaction that it was in."""
        return not self.transactional_ddl and _DDL.match(statement) is not None

    def is_begun_by_hand(self, connection: Connection) -> bool:
        """Whether a statement in an autocommit block has begun a transaction."""
        return False

    def cancellation(self, connection: Connection) -> Callable[[], None] | str | None:
        """How the statement that ``connection`` has at work can be cancelled while its own thread waits for it.

        :return: a function, called in another thread; or a statement, sent on another session; None where neither can.
        """
        return None

    def state_of_objects(self, connection: Connection, statement: str) -> str | None:
        """What the catalogue says of the objects that a statement that commits by itself changes.

        Asked before the statement is sent and, where its run died meanwhile, by the next one: another state tells that
        it was carried out, the same one that it was not, or that it changes nothing when it is.

        :return: any text, empty where there is no such object; None where the catalogue would not tell.
        """
        return None

    def makes_new_object(self, statement: str) -> bool:
        """Whether ``statement`` makes an object, which was not there before it and is there afterwards."""
        return False

    def leaves_session_state(self, statement: str) -> bool:
        """Whether later statements may depend on what ``statement`` leaves in the session, as a temporary table."""
        return _TEMPORARY.match(statement) is not None

    def is_of_session(self, statement: str) -> bool:
        """Whether ``statement`` concerns the session or its transaction alone, and has to be repeated in another."""
        return _OF_SESSION.match(statement) is not None

    def session_scope(self, connection: Connection, table: str, schema: str | None) -> tuple[str, str | None]:
        """The database and the schema in which the session finds, or would create, ``table``."""
        return str(connection.engine.url.database or ""), schema or connection.dialect.default_schema_name

    @property
    def product(self) -> str:
        """What the database is called."""
        return self.dialect.name

    def server_version(self, connection: Connection) -> str:
        """The version of the database; empty where SQLAlchemy knows none."""
        return ".".join(map(str, connection.dialect.server_version_info or ()))

    def invalid_indexes(self, connection: Connection) -> list[InvalidIndex]:
        """The indexes that the database keeps but does not use, by name; none where it has no such thing."""
        return []

    @classmethod
    def database_file(
        cls,
        arguments: Sequence[object],  # noqa: ARG003 for dialects
        keywords: Mapping[str, object],  # noqa: ARG003 likewise
    ) -> str | None:
        """The file that a connection would make if it is missing; None where it makes none.

        :param arguments: what the driver's ``connect()`` is about to be given. :param keywords: likewise.
        """
        return None

    @classmethod
    def empty_database(
        cls, arguments: Sequence[object], keywords: Mapping[str, object]
    ) -> tuple[Sequence[object], Mapping[str, object]]:
        """What the driver is given for an empty database that ends with its connection, in place of `database_file`.

        :param arguments: what its ``connect()`` is about to be given. :param keywords: likewise.
        """
        return arguments, keywords

    @classmethod
    def enters_schema(cls, dialect: Dialect, schema: str, *, local: bool = False) -> str | None:  # noqa: ARG003 for dialects
        """The statement, as the driver takes it, by which a session works in ``schema``; None where there is none.

        :param local: until the open transaction ends.
        """
        return None

    def own_tables(
        self,
        connection: Connection,
        names: Collection[str],
        schema: str | None,
    ) -> dict[str, OwnTable] | None:
        """Those of Limbeck's own tables that are there, by name; None where each has to be asked for by itself."""
        return None

    @classmethod
    def session_reset(cls, dialect: Dialect) -> Callable[[DBAPIConnection], None] | None:  # noqa: ARG003 for dialects
        """What puts a session of the driver back to how it was when it was connected; None where nothing does."""
        return None

    @classmethod
    def is_in_schema(cls, connection: Connection, schema: str) -> bool:  # noqa: ARG003 for dialects
        """Whether a session that was led into ``schema`` is there; False where there is no such schema."""
        return True

    @classmethod
    def rows_by_schema(
        cls,
        connection: Connection,  # noqa: ARG003 for dialects
        table: str,  # noqa: ARG003 likewise
        schemas: Collection[str],  # noqa: ARG003 likewise
    ) -> dict[str, tuple[str, ...]] | None:
        """The version rows in many schemas, read by few statements.

        :param connection: a session that is used for this alone, in autocommit mode.
        :param table: name of the version table.
        :return: the rows by schema, none where it has no such table; schemas that do not exist are left out. None where
            the database cannot be asked so.
        """
        return None

    def replica_lag(self, connection: Connection) -> float | None:
        """Seconds that the replica of the server that is furthest behind is behind; None where it is not known."""
        return None

    def has_other_sessions(self, connection: Connection) -> bool:
        """Whether a second session can see the same database."""
        return True

    def run_lock(self, connection: Connection, scope: str) -> SessionLock | FileLock | None:
        """The lock that excludes a second run on the same ``scope``; None where there can be none.

        By default a file in the temporary folder, which excludes processes on the same machine.
        """
        from hashlib import sha256
        from tempfile import gettempdir

        url = connection.engine.url
        name = sha256(f"{url.get_backend_name()} {url.host} {url.port} {scope}".encode()).hexdigest()[:32]
        return FileLock(f"{gettempdir()}/limbeck-{name}.lock")

    def blockers(self) -> Blockers | None:
        """What finds out who holds the lock that a session waits for; None where the database does not tell."""
        return None

    def progress(self) -> ServerProgress | None:
        """What finds out how far the statement of a session is; None where the database does not tell."""
        return None

    def may_be_sent_again(self, connection: Connection, statement: str, error: BaseException) -> bool:
        """Whether ``statement``, which did not get a lock, stands alone: everything is as before it was sent.

        :param error: the driver's.
        """
        return sqla.is_autocommit(connection) and not self.timeouts().blocks_nobody(statement)

    def timeouts(self) -> TimeoutSettings:
        """The settings that hold a session's timeouts."""
        return TimeoutSettings()

    def widen_version_column(self, table: Table, length: int) -> str:
        """The statement that widens column version_num of ``table``.

        :param length: in characters; the column gets 255 at least.
        """
        name = sqla.for_script(self.dialect).identifier_preparer.format_table(table)
        return f"ALTER TABLE {name} ALTER COLUMN version_num TYPE VARCHAR({max(length, 255)})"

    def is_pooled(self, connection: Connection) -> bool:
        """Whether a pooler may give each transaction another session: what is set in one reaches others then."""
        return False

    def start_run(self, connection: Connection) -> None:
        """Called before a run takes its lock."""

    def begin_run(self, connection: Connection) -> None:
        """Called under the run lock, outside a transaction, before the first write of a run."""

    def end_run(self, connection: Connection) -> None:
        """Called when the last transaction of a run has ended, before the run lock is released."""

    def locks(self, connection: Connection) -> LockFacts:
        """What statements lock in the database of ``connection``."""
        return LockFacts(connection)

    def table_size(self, connection: Connection, table: str, schema: str | None) -> TableSize | None:
        """How large a table is; None where there is none.

        By default its rows are counted.
        """
        if not connection.dialect.has_table(connection, table, schema=schema):
            return None
        query = select(func.count()).select_from(table_clause(table, schema=schema))
        return TableSize(int(connection.execute(query).scalar_one()))

    def table_use(self, connection: Connection, table: str, schema: str | None) -> TableUse | None:
        """How a table is used, as statistics say; None where the database keeps none of it."""
        return None

    def observer(self, connection: Connection) -> Observer | None:
        """What sees what statements did; None where the database does not tell."""
        return None

    def scratch_databases(self) -> ScratchDatabases | None:
        """How throwaway databases are made on the same server; None where they are not."""
        return None

    def execute_version_change(self, statement: Executable, values: dict[str, str] | None = None) -> int | None:
        """Execute a change of the version rows.

        :param statement: INSERT, UPDATE or DELETE. :param values: its parameters.
        :return: the number of rows; None where the driver does not tell, and offline.
        """
        if "live" in self.context_opts:  # a rehearsal is of scripts
            return None
        if self._script is not None and values:
            self._script.reuse(statement)
        result = self._exec(statement, params=values or {})
        if result is None or self.as_sql or not self.dialect.supports_sane_rowcount:
            return None
        return int(result.rowcount)
