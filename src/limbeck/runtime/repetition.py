"""A run that is repeated: what one has sent to a schema is sent to others that are alike, where there are thousands.

A `Recording` is the strategy of a run that is carried out in full. It keeps what the steps send, where that is the same
for every schema: scripts that do nothing but send statements, statements that write, nothing that outlasts the
transaction. `Repetition` does the same in another schema, under the run lock of that, with the same transactions, and
the version rows verified. It begins only where it finds what the recorded run has found, and rolls back at the first
error: that target is then for a run in full, which finds it as it was, waits for what it has to, and tells what is
wrong.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple, Self

from sqlalchemy import bindparam, event, literal
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable

from limbeck import sqla
from limbeck.ddl.locking import SessionLock
from limbeck.interruption import INTERRUPTION

from . import history, journal, lock
from .cancel import canceller
from .strategy import Strategy
from .version_table import Location

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from types import TracebackType

    from sqlalchemy import Engine, Table
    from sqlalchemy.engine import Connection, Dialect, ExecutionContext
    from sqlalchemy.engine.interfaces import DBAPICursor

    from limbeck.ddl.impl import DefaultImpl
    from limbeck.ddl.own_tables import OwnTable
    from limbeck.graph.rows import RowChange
    from limbeck.script.steps import MigrationStep

    from .history import Values
    from .strategy import RunState

_WRITES = re.compile(
    r"\s*(?:CREATE\s++(?!(?:OR\s+REPLACE\s+)?(?:GLOBAL\s+|LOCAL\s+)?TEMP)|ALTER|DROP|COMMENT|INSERT|UPDATE|DELETE|GRANT"
    r"|REVOKE|SET\s+LOCAL)\b",
    re.IGNORECASE,
)
"""Statements that need no answer, and leave nothing in the session."""
_LEADS_ELSEWHERE = re.compile(r";\s*\S|search_path|set_config", re.IGNORECASE)
"""What may end the transaction, or lead the statements after it into another schema."""


_OF_A_RUN = ("run_id", "started", "position", "seconds")
"""What a row of the history has that differs from schema to schema."""
_LAST = (
    f"SELECT position, rows_after, state FROM {history.TABLE} WHERE version_table = %(table)s "  # noqa: S608 constant
    "ORDER BY position DESC LIMIT 1"
)


class RecordedStep(NamedTuple):
    """What a step has done.

    :param statements: with their parameters.
    :param change: of the version rows. :param rows: those afterwards.
    :param row: of the history; None where none is kept.
    """

    statements: list[tuple[str, object]]
    change: RowChange
    rows: tuple[str, ...]
    row: Values | None


class Recording(Strategy):
    """What a run sends, one that takes each step by itself."""

    def __init__(self) -> None:
        #: whether all of it can be repeated; known when the run has ended
        self.is_whole = False
        #: the functions of the scripts
        self.functions: list[object] = []
        self.steps: list[RecordedStep] = []
        self.rows: tuple[str, ...] = ()
        self._step: MigrationStep | None = None
        self._rows: tuple[str, ...] = ()
        self._sent: list[tuple[str, object]] = []
        self._is_doubtful = False

    def of(self, run: RunState) -> Self | None:
        """This recording as the strategy of a run; None for one that cannot be recorded, such as a second one."""
        in_transactions = run.impl.transactional_ddl and not sqla.is_autocommit(run.connection)
        if run.transactions.one_per_run or not in_transactions or sqla.has_listeners(run.connection.engine):
            return None
        if self.steps or not sqla.keeps_sessions(run.connection.engine):
            return None
        self._run = run
        self.rows = run.heads.rows
        return self

    @property
    def engine(self) -> Engine:
        """That of the run."""
        return self._run.connection.engine

    @property
    def impl(self) -> DefaultImpl:
        """That of the run."""
        return self._run.impl

    @property
    def table(self) -> str:
        """The name of the version table."""
        return self._run.heads.context.versions.name

    @property
    def made_history(self) -> bool:
        """Whether the run made the table of the history."""
        return self._run.history.is_new

    @property
    def found(self) -> list[Values]:
        """The rows of the history for what others have done before."""
        return self._run.history.found

    # --- the strategy of the run ----------------------------------------------------------------------------------

    def before(self, step: MigrationStep) -> None:
        """``step`` comes next."""
        self._end_step()
        self._step, self._rows, self._sent = step, self._run.heads.rows, []

    def __enter__(self) -> Self:
        event.listen(self._run.connection, "after_cursor_execute", self._was_sent)
        event.listen(self._run.connection, "rollback", self._rolled_back)
        return self

    def __exit__(
        self, type_: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        event.remove(self._run.connection, "after_cursor_execute", self._was_sent)
        event.remove(self._run.connection, "rollback", self._rolled_back)
        self._end_step()
        self.is_whole = type_ is None and not self._is_doubtful and bool(self.steps)

    def _was_sent(
        self,
        _connection: Connection,
        _cursor: object,
        statement: str,
        parameters: object,
        context: ExecutionContext,
        many: bool,
    ) -> None:
        if not self._run.record.is_paused:
            self._sent.append((statement, parameters))
            self._is_doubtful |= many or bool(context.execution_options.get("no_parameters"))

    def _rolled_back(self, _connection: Connection) -> None:
        self._is_doubtful = True

    def _end_step(self) -> None:
        step, self._step = self._step, None
        if step is None:
            return
        change = step.change(self._rows)
        own = len(change.delete) + len(change.insert) + len(change.update)
        statements = self._sent[: len(self._sent) - own]  # the last ones are of the version rows
        written = self._run.history.written
        self._is_doubtful |= step.script is None or not step.only_sends_statements
        self._is_doubtful |= len(written) > 1 or not all(_only_writes(statement) for statement, _ in statements)
        self.functions.append(step.migration_fn)
        self.steps.append(RecordedStep(statements, change, change.apply(self._rows), written[0] if written else None))


def _only_writes(statement: str) -> bool:
    return _WRITES.match(statement) is not None and _LEADS_ELSEWHERE.search(statement) is None


class Repetition:
    """Repeats a recording on schemas of the same database, by two sessions.

    That of the lock is kept from one schema to the next. That of the statements is put back to how it began after each,
    as a run's is.

    :param recording: one that is whole.
    """

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._impl = recording.impl
        self._at_work: Connection
        self._lock_session: Connection | None = None
        self._database = ""
        self._keeps_history = recording.steps[0].row is not None
        self._history = history.table()
        self._dialect = recording.engine.dialect

    @cached_property
    def _create_history(self) -> str:
        return str(CreateTable(self._history).compile(dialect=self._dialect))

    @cached_property
    def _insert_found(self) -> _Insert | None:
        return _insert_of(self._history, self._recording.found, ("run_id", "started"), self._dialect)

    @cached_property
    def _insert_rows(self) -> list[_Insert | None]:
        rows = ([] if step.row is None else [step.row] for step in self._recording.steps)
        return [_insert_of(self._history, row, _OF_A_RUN, self._dialect) for row in rows]

    def end(self) -> None:
        """End the session of the lock."""
        session, self._lock_session = self._lock_session, None
        if session is not None:
            session.close()

    def carry_out(self, schema: str) -> tuple[str, ...] | None:
        """The version rows of ``schema`` after its run; None where it is for a run in full."""
        rows = None
        with suppress(Exception):  # whatever it is, a run in full finds it again, and says what it is
            engine = self._recording.engine
            with engine.connect() as self._at_work, INTERRUPTION.at_work(canceller(self._at_work, self._impl)):
                rows = self._locked(schema)
        if rows is None:
            self.end()  # that run has its own two sessions
        return rows

    def _locked(self, schema: str) -> tuple[str, ...] | None:
        beside, is_new = self._lock_session, self._lock_session is None
        if beside is None:
            self._lock_session = beside = sqla.side_connection(self._recording.engine, autocommit=True)
            self._database, _ = self._impl.session_scope(beside, self._recording.table, schema)
        kind = self._impl.run_lock(beside, lock.scope(Location(self._database, schema, self._recording.table)))
        if not isinstance(kind, SessionLock) or kind.of_transaction or kind.at_work is not None:
            return None
        for statement in kind.prepare if is_new else ():
            beside.exec_driver_sql(statement)
        if not _first(sqla.sent(beside, kind.acquire)):
            return None
        try:
            rows = self._take_all(schema, self._tables(beside, schema))
            return rows if rows is not None and sorted(self._read(beside, schema)) == sorted(rows) else None
        finally:
            with suppress(DBAPIError):  # a session that is dead has no lock
                sqla.sent(beside, kind.release)

    def _tables(self, beside: Connection, schema: str) -> Mapping[str, OwnTable]:
        """Limbeck's own tables: by the session of the lock, whose driver keeps the statement prepared."""
        table = self._recording.table
        return self._impl.own_tables(beside, (table, table + journal.SUFFIX, history.TABLE), schema) or {}

    def _take_all(self, schema: str, own: Mapping[str, OwnTable]) -> tuple[str, ...] | None:
        """Take the steps, each in its transaction; None where the schema is not as the recorded one was."""
        position: int | None = None
        run = os.urandom(8).hex()
        rows = self._recording.rows
        for number, step in enumerate(self._recording.steps):
            with self._at_work.begin() as transaction:
                enters = self._impl.enters_schema(self._at_work.dialect, schema, local=True)
                sqla.sent(self._at_work, str(enters))
                position = self._end_of_history(schema, own) if number == 0 else position
                if position is None or not self._take(number, schema, run, position + number + 1):
                    transaction.rollback()
                    return None
            rows = step.rows
        return rows

    def _end_of_history(self, schema: str, own: Mapping[str, OwnTable]) -> int | None:
        """The position of the last row of the history; None where something is not as the recorded run found it."""
        table, rows = self._recording.table, sorted(self._recording.rows)
        if table not in own or table + journal.SUFFIX in own or sorted(self._read(self._at_work, schema)) != rows:
            return None
        if not self._keeps_history:
            return 0
        found = own.get(history.TABLE)
        if found is None:
            return self._new_history()
        if not found.is_writable or found.columns != set(history.COLUMNS):
            return None
        last = sqla.sent(self._at_work, _LAST, {"table": table}).fetchone()
        is_alike = last is not None and last[2] == history.DONE and sorted(json.loads(last[1] or "[]")) == rows
        return int(last[0]) if last is not None and is_alike else None

    def _new_history(self) -> int | None:
        """Make the table, with the rows that the recorded run has written into a new one."""
        if not self._recording.made_history:
            return None
        sqla.sent(self._at_work, self._create_history)
        insert = self._insert_found
        if insert is not None:
            facts = {"new_run_id": os.urandom(8).hex(), "new_started": _now()}
            sqla.sent(self._at_work, insert.text, insert.parameters | facts)
        return len(self._recording.found)

    def _take(self, number: int, schema: str, run: str, position: int) -> bool:
        """Take a step in the open transaction; whether its version rows were there."""
        step = self._recording.steps[number]
        begun, started = monotonic(), _now()
        for statement, parameters in step.statements:
            sqla.sent(self._at_work, statement, parameters)
        changes = _written(self._place(schema), step.change)
        if any(sqla.sent(self._at_work, text, values).rowcount != 1 for text, values in changes):
            return False
        insert = self._insert_rows[number]
        if insert is not None:
            facts = zip(_OF_A_RUN, (run, started, position, monotonic() - begun), strict=True)
            sqla.sent(self._at_work, insert.text, insert.parameters | {f"new_{name}": value for name, value in facts})
        return True

    def _read(self, connection: Connection, schema: str) -> list[str]:
        found = sqla.sent(connection, f"SELECT version_num FROM {self._place(schema)}")  # noqa: S608 quoted
        return [str(row) for (row,) in found.fetchall()]

    def _place(self, schema: str) -> str:
        quote = self._at_work.dialect.identifier_preparer.quote_identifier
        return f"{quote(schema)}.{quote(self._recording.table)}"


def _written(place: str, change: RowChange) -> Iterator[tuple[str, dict[str, str]]]:
    """The statements of a change of version rows, each of which is about one row."""
    for row in change.delete:
        yield f"DELETE FROM {place} WHERE version_num = %(old)s", {"old": row}  # noqa: S608 quoted
    for row in change.insert:
        yield f"INSERT INTO {place} (version_num) VALUES (%(new)s)", {"new": row}  # noqa: S608 quoted
    for old, new in change.update:
        yield f"UPDATE {place} SET version_num = %(new)s WHERE version_num = %(old)s", {"old": old, "new": new}  # noqa: S608 quoted


class _Insert(NamedTuple):
    """A statement that writes rows of the history, with those parameters whose values are known."""

    text: str
    parameters: dict[str, object]


def _insert_of(table: Table, rows: Sequence[Values], given: Collection[str], dialect: Dialect) -> _Insert | None:
    """The statement that writes ``rows`` of the history together; None where there are none.

    :param given: the columns whose values come later, in parameters with their names and ``new_`` before them.
    """
    if not rows:
        return None
    columns = table.c
    later = {name: bindparam(f"new_{name}", None, columns[name].type) for name in given}
    values = [
        {
            name: bindparam(f"{name}_{number}", value, columns[name].type)
            if isinstance(value, bytes)  # the text of a script, compressed: not every driver has a literal for it
            else literal(value, columns[name].type, literal_execute=True)
            for name, value in row.items()
        }
        | later
        for number, row in enumerate(rows)
    ]
    compiled = table.insert().values(values).compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    return _Insert(str(compiled), dict(compiled.params))


def _first(cursor: DBAPICursor) -> object:
    row = cursor.fetchone()
    return None if row is None else row[0]


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0, tzinfo=None)
