"""What a run asks of a dialect beside DDL: how sessions, transactions and locks behave there.

The defaults fit a database of which nothing is known; a dialect overrides what it knows better.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .execution import Execution
from .locking import FileLock

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.engine import Connection
    from sqlalchemy.sql import Executable

    from .locking import SessionLock
    from .pipeline import Pipeline

_DDL = re.compile(
    r"(?:\s|/\*.*?\*/|--[^\n]*\n)*(?:CREATE|ALTER|DROP|RENAME|TRUNCATE|COMMENT|GRANT|REVOKE)\b",
    re.IGNORECASE | re.DOTALL,
)


class SessionFacts(Execution):
    """The part of an impl that `limbeck.runtime` stands on."""

    context_option_names: tuple[str, ...] = ()
    """Keywords of ``configure()`` that this dialect reads beside the documented ones."""

    concurrently_option: str | None = None
    """The option of an index that is created, or dropped, beside the work of others and outside a transaction."""

    enforces_length: bool = True
    """Whether the database refuses text longer than its column."""

    def open_transaction(self, connection: Connection) -> None:
        """Do what makes the transaction that SQLAlchemy has just begun a true one for DDL too."""

    def can_mark_revisions(self, connection: Connection) -> bool:
        """Whether revisions can share a transaction: it locks no more than one does, and does not fail in the end."""
        return False

    def begin_revisions(self, connection: Connection) -> None:
        """Make the transaction that SQLAlchemy has just begun one of several revisions, and mark the first."""

    def mark_revision(self, connection: Connection) -> None:
        """Put the mark in the open transaction, in place of the last one."""

    def return_to_mark(self, connection: Connection) -> bool:
        """Undo what was done since the mark, where DDL is transactional; else leave it, as it would be left alone.

        False where the database has undone the whole transaction by itself.
        """
        return False

    def pipeline(self, connection: Connection) -> Pipeline | None:
        """What has the driver send a statement without waiting for its answer; None where it cannot."""
        return None

    def check_statement(self, connection: Connection, statement: str) -> None:
        """Refuse what would have no effect here; called before each statement of a step."""

    def commits_itself(self, connection: Connection, statement: str) -> bool:
        """Whether ``statement``, just executed, has committed itself and what was pending before it."""
        return not self.transactional_ddl and _DDL.match(statement) is not None

    def is_begun_by_hand(self, connection: Connection) -> bool:
        """Whether a statement has begun a transaction in an autocommit block."""
        return False

    def is_so_already(self, statement: str, error: BaseException) -> bool:
        """Whether ``error``, with which the server refused ``statement``, says that it has been carried out before.

        :param error: the DBAPI's own. Asked of a statement that a dead run has sent, so that nobody knows what became
            of it; where the server cannot tell, the answer is False.
        """
        return False

    def session_scope(self, connection: Connection, table: str, schema: str | None) -> tuple[str, str | None]:
        """Database and schema in which the session finds, or would make, ``table``."""
        return str(connection.engine.url.database or ""), schema or connection.dialect.default_schema_name

    def has_other_sessions(self, connection: Connection) -> bool:
        """Whether a second session sees the same database."""
        return True

    def run_lock(self, connection: Connection, scope: str) -> SessionLock | FileLock | None:
        """The lock that excludes a second run on the same ``scope``; None where there is nothing to exclude.

        Of a database that nobody has told us a lock of: a file in the temporary folder, which keeps out the processes
        of the same machine.
        """
        from hashlib import sha256
        from tempfile import gettempdir

        url = connection.engine.url
        name = sha256(f"{url.get_backend_name()} {url.host} {url.port} {scope}".encode()).hexdigest()[:32]
        return FileLock(f"{gettempdir()}/limbeck-{name}.lock")

    def widen_version_column(self, table: Table, length: int) -> str:
        """The statement that lets column version_num of ``table`` hold ``length`` characters."""
        name = self.dialect.identifier_preparer.format_table(table)
        return f"ALTER TABLE {name} ALTER COLUMN version_num TYPE VARCHAR({max(length, 255)})"

    def begin_run(self, connection: Connection) -> None:
        """Called under the run lock, outside a transaction, before the first write of a run."""

    def end_run(self, connection: Connection) -> None:
        """Called when the last transaction of a run has ended, before the run lock is given back."""

    def execute_version_change(self, statement: Executable, values: dict[str, str] | None = None) -> int | None:
        """Execute a change of the version rows; how many rows it met, None where nobody can tell.

        :param statement: INSERT, UPDATE or DELETE. :param values: its parameters.
        """
        result = self._exec(statement, params=values or {})
        if result is None or self.as_sql or not self.dialect.supports_sane_rowcount:
            return None
        return int(result.rowcount)
