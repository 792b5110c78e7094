"""Transactions, locks and the rollback journal of SQLite."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from limbeck.ddl.locking import FileLock
from limbeck.ddl.session import SessionFacts
from limbeck.ddl.unsupported import unsupported

from .progress import SQLiteProgress
from .timeouts import SQLiteTimeouts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy.engine import Connection

    from limbeck.ddl.locks import LockFacts
    from limbeck.ddl.observer import Observer
    from limbeck.ddl.scratch_databases import ScratchDatabases

# a PRAGMA that sets a value, and that has no effect within a transaction
_INEFFECTIVE_PRAGMA = re.compile(r"\s*PRAGMA\s+(?:\w+\s*\.\s*)?(foreign_keys|journal_mode)\s*[=(]", re.IGNORECASE)
_CHANGES_SCHEMA = re.compile(r"(?:\s|/\*.*?\*/|--[^\n]*\n)*(?:CREATE|ALTER|DROP|VACUUM)\b", re.IGNORECASE | re.DOTALL)
_SETTING = re.compile(r"\s*PRAGMA\s+\w+\s*=", re.IGNORECASE)
_MARK = "limbeck_revision"


class SQLiteSession(SessionFacts):
    """One writer at a time, DDL that can be transactional, and a file beside the database as the lock of a run."""

    can_transact_ddl = True
    words_of_reads = (*SessionFacts.words_of_reads, "PRAGMA")
    enforces_length = False

    @property
    def product(self) -> str:
        """SQLite."""
        return "SQLite"

    @cached_property
    def _progress(self) -> SQLiteProgress:
        return SQLiteProgress()

    def progress(self) -> SQLiteProgress:
        """Of rebuilds, which tell it."""
        return self._progress

    def open_transaction(self, connection: Connection) -> None:
        """Execute ``BEGIN``, where DDL is to be transactional.

        Python's driver does so only before INSERT, UPDATE, DELETE and REPLACE (Python manual, sqlite3, "Transaction
        control via the isolation_level attribute").
        """
        if self.transactional_ddl:
            self._begin(connection)

    def _begin(self, connection: Connection) -> None:
        if not _in_transaction(connection):
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    def can_mark_revisions(self, connection: Connection) -> bool:
        """Yes, since any writer locks the whole file; but not if the commit would check foreign keys.

        Nor with a driver that does not tell whether a transaction is open.
        """
        if _in_transaction(connection) is None:
            return False
        return not connection.exec_driver_sql("PRAGMA foreign_keys").scalar()

    def begin_revisions(self, connection: Connection) -> None:
        """Execute ``BEGIN``, whether DDL is transactional in this environment or not."""
        self._begin(connection)
        self._send_bare(connection, f"SAVEPOINT {_MARK}")

    def mark_revision(self, connection: Connection) -> None:
        """Set the savepoint again."""
        self._send_bare(connection, f"RELEASE {_MARK}", f"SAVEPOINT {_MARK}")

    def return_to_mark(self, connection: Connection) -> bool:
        """Roll back to the savepoint; some errors have rolled back the transaction (SQLite manual, ROLLBACK)."""
        if not _in_transaction(connection):
            return False
        if self.transactional_ddl:
            self._send_bare(connection, f"ROLLBACK TO {_MARK}")
        return True

    def _send_bare(self, connection: Connection, *statements: str) -> None:
        """Execute by the driver alone, which is faster: these statements are sent for every revision."""
        cursor = connection.connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        cursor.close()

    def check_statement(self, connection: Connection, statement: str) -> None:
        """Refuse a PRAGMA that has no effect within a transaction (SQLite manual, PRAGMA foreign_keys, journal_mode).

        Only where DDL is transactional; otherwise Alembic's scripts run it outside of a transaction.
        """
        found = _INEFFECTIVE_PRAGMA.match(statement)
        if found and self.transactional_ddl and _in_transaction(connection):
            raise unsupported(
                f"PRAGMA {found[1].lower()} has no effect within a transaction, and this revision is in one",
                code="pragma-in-transaction",
                hint="run it in `with op.get_context().autocommit_block():`; what came before is committed there",
            )

    def commits_itself(self, connection: Connection, statement: str) -> bool:
        """Whether no transaction is open after the statement."""
        return not _in_transaction(connection)

    def is_begun_by_hand(self, connection: Connection) -> bool:
        """Whether a transaction is open, as within a rebuild in an autocommit block."""
        return bool(_in_transaction(connection))

    def cancellation(self, connection: Connection) -> Callable[[], None] | None:
        """``interrupt()`` of Python's driver, which other threads may call; drivers for asyncio would queue it."""
        driver = connection.connection.driver_connection
        interrupt: Callable[[], None] | None = getattr(driver, "interrupt", None)
        return None if connection.dialect.is_async else interrupt

    def is_of_session(self, statement: str) -> bool:
        """Of a PRAGMA that sets a value, too."""
        return super().is_of_session(statement) or _SETTING.match(statement) is not None

    def state_of_objects(self, connection: Connection, statement: str) -> str | None:
        """For DDL the schema's number, which each change increases, as VACUUM does (SQLite manual, schema_version)."""
        if _CHANGES_SCHEMA.match(statement) is None:
            return None
        return str(connection.exec_driver_sql("PRAGMA schema_version").scalar())

    def session_scope(self, connection: Connection, table: str, schema: str | None) -> tuple[str, str | None]:
        """The database file, and the name under which it is attached."""
        return self._file(connection, schema), schema

    @classmethod
    def database_file(cls, arguments: Sequence[object], keywords: Mapping[str, object]) -> str | None:
        """The file, unless the database is in memory, or its URI says that it is not to be made."""
        name = str(arguments[0] if arguments else keywords.get("database", ""))
        if keywords.get("uri") and name.startswith("file:"):
            return _file_of_uri(name)
        return None if name in {"", ":memory:"} else name

    @classmethod
    def empty_database(
        cls, arguments: Sequence[object], keywords: Mapping[str, object]
    ) -> tuple[Sequence[object], Mapping[str, object]]:
        """One in memory."""
        if arguments:
            return (":memory:", *arguments[1:]), keywords
        return (), {**keywords, "database": ":memory:"}

    def has_other_sessions(self, connection: Connection) -> bool:
        """Whether the database is a file: one in memory belongs to its connection."""
        return bool(self._file(connection, None))

    def may_be_sent_again(self, connection: Connection, statement: str, error: BaseException) -> bool:
        """Outside a transaction, or to begin one."""
        return _in_transaction(connection) is False

    def timeouts(self) -> SQLiteTimeouts:
        """The time that it waits for a locked file."""
        return SQLiteTimeouts()

    def run_lock(self, connection: Connection, scope: str) -> FileLock | None:
        """A file beside the database file, named after both it and the version table."""
        file, _, table = scope.split("\x1f")
        table = re.sub(r"\W", "_", table)
        return FileLock(f"{file}.{table}.lock") if file else None

    def begin_run(self, connection: Connection) -> None:
        """Keep the rollback journal between the run's transactions, instead of creating and deleting it for each.

        Mode PERSIST is as safe as DELETE, and takes less than half the time of a small transaction (SQLite manual,
        PRAGMA journal_mode). A mode other than DELETE, the default, is kept.
        """
        if not _in_transaction(connection) and _journal_mode(connection) == "delete":
            self.memo["journal"] = _journal_mode(connection, "persist")

    def end_run(self, connection: Connection) -> None:
        """Delete the journal that was kept."""
        if self.memo.pop("journal", None) == "persist" and not _in_transaction(connection):
            _journal_mode(connection, "delete")

    def _file(self, connection: Connection, schema: str | None) -> str:
        rows = connection.exec_driver_sql("PRAGMA database_list").all()
        return next((str(row[2] or "") for row in rows if row[1] == (schema or "main")), "")

    def locks(self, connection: Connection) -> LockFacts:
        """The file is locked as a whole; tables are rebuilt."""
        from .locks import SQLiteLocks

        return SQLiteLocks(connection)

    def observer(self, connection: Connection) -> Observer:
        """Tables that are rebuilt."""
        from .observer import SQLiteObserver

        return SQLiteObserver(connection)

    def scratch_databases(self) -> ScratchDatabases:
        """Databases in memory."""
        from .scratch import SQLiteScratch

        return SQLiteScratch()


def _file_of_uri(uri: str) -> str | None:
    """The file that connecting to a URI makes, if any (SQLite manual, "Uniform Resource Identifiers")."""
    parts = urlsplit(uri)
    mode = dict(parse_qsl(parts.query)).get("mode", "rwc")
    name = unquote(parts.path)
    return name if mode == "rwc" and name not in {"", ":memory:"} else None


def _in_transaction(connection: Connection) -> bool | None:
    """Whether a transaction is open in SQLite; None if the driver does not tell."""
    is_open: bool | None = getattr(connection.connection.driver_connection, "in_transaction", None)
    return is_open


def _journal_mode(connection: Connection, wanted: str | None = None) -> str:
    """The journal mode of the session, after setting it to ``wanted`` where that is given."""
    return str(connection.exec_driver_sql(f"PRAGMA journal_mode{f'={wanted}' if wanted else ''}").scalar())
