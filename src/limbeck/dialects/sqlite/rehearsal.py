"""A batch in a script: it is carried out in a database in memory, and the statements that it sends there are written.

When the first batch is rehearsed, the history up to the script's start is written as a script of its own, which is
thrown away, and its statements are executed in memory, followed by those of the script so far. So the batch finds the
table that it will find when the script is run, and does what it would do on a connection.
"""

from __future__ import annotations

import io
import re
import sqlite3
import weakref
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from sqlalchemy import StaticPool, create_engine, event, text

from limbeck import sqla
from limbeck.ddl.rebuild import temporary_name
from limbeck.ddl.rebuild_strategy import CannotRehearse
from limbeck.errors import CommandError
from limbeck.runtime.logging_sections import silent
from limbeck.runtime.migration import MigrationContext, log

from .rebuild_checks import referring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Connection, Engine

    from limbeck.operations.abstract import AbstractOperations

    from .rehearsable import RehearsableImpl

_SPACE = r"(?:\s|--[^\n]*\n|/\*.*?\*/)*"
# statements about rows do not change the schema, unless they are about SQLite's own tables
_ROWS = re.compile(
    rf"{_SPACE}(?:INSERT|UPDATE|DELETE|REPLACE|SELECT|VALUES|WITH|EXPLAIN)\b(?!.*\bsqlite_(?:master|schema)\b)",
    re.IGNORECASE | re.DOTALL,
)
_UNKNOWN_SCHEMA = re.compile(r"unknown database (\w+)")
_CHANGES = re.compile(
    r"CREATE|ALTER|DROP|INSERT(?! INTO sqlite_seq)|UPDATE|DELETE(?! FROM sqlite_seq)|PRAGMA legacy_alter_table *=",
    re.IGNORECASE,
)
_SQLITE_ATTACH = 24  # SQLITE_ATTACH, which Python's sqlite3 names since 3.11


class Rehearsal:
    """The database in memory for one script.

    :param operations: the operations that write the script.
    """

    def __init__(self, operations: AbstractOperations) -> None:
        self._context = operations.migration_context
        self._kind = type(operations)
        self._engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        self._connection = self._engine.connect()
        driver: Any = self._connection.connection.driver_connection
        driver.set_authorizer(_only_memory)
        self._driver = driver
        self._started = False
        self._keys_off = False
        self._has_advice = False
        #: the connection to the database that a plan is for; None where a script is written
        self._live: Connection | None = self._context.opts.get("live")
        #: statements that could not be executed, and tables whose batch failed, with what is said of it
        self._refused: list[tuple[str, CannotRehearse]] = []
        weakref.finalize(self._context, _end, self._connection, self._engine)
        with silent(log):
            options = {
                **self._context.opts,
                "as_sql": False,
                "literal_binds": False,
                "starting_rev": None,
                "lock": False,
            }
            self._twin = MigrationContext.configure(self._connection, opts=options)
        _impl_of(self._twin).assume_rows = True

    @classmethod
    def of(cls, operations: AbstractOperations) -> Rehearsal:
        """The rehearsal of the script that ``operations`` write."""
        found: Rehearsal | None = operations.migration_context.impl.memo.get(cls)
        if found is None:
            found = operations.migration_context.impl.memo[cls] = cls(operations)
        return found

    def perform(self, table: str, schema: str | None, batch: Callable[[AbstractOperations], None]) -> None:
        """Carry out ``batch`` in memory, and write its statements into the script.

        :param table: the table of the batch. :param schema: its schema.
        :raises CannotRehearse: the statements before it cannot be executed, or do not create the table.
        :raises CommandError: raised by the batch; nothing has been written.
        """
        self._bring_forward()
        self._expect_known(table)
        if not self._twin.dialect.has_table(self._connection, table, schema=schema):
            raise CannotRehearse(f"nothing before this in the history creates table '{table}'")
        is_referred_to = bool(referring(self._connection, table, schema))
        record = _Record()
        event.listen(self._connection, "before_cursor_execute", record.note)
        try:
            batch(self._kind(self._twin))
            self._connection.commit()
        except BaseException:
            self._connection.rollback()
            self._refused.append((table, CannotRehearse(f"the batch of table '{table}' before this one failed")))
            raise
        finally:
            event.remove(self._connection, "before_cursor_execute", record.note)
        self._write(record.statements if schema else list(_with_counter(record.statements, table)), is_referred_to)

    def _write(self, statements: list[_Sent], is_referred_to: bool) -> None:
        """Write a batch into the script; a rebuild in one transaction, as on a connection."""
        impl = _impl_of(self._context)
        rebuilds = any("_alembic_tmp_" in each.sql for each in statements)
        if rebuilds and is_referred_to and not self._keys_off:
            with self._context.autocommit_block():  # in a transaction SQLite ignores it
                impl.static_output("PRAGMA foreign_keys=OFF;")
            self._keys_off = True
        if rebuilds and not self._has_advice:
            impl.static_output("-- have this script stop at the first error: sqlite3 -bail")
            self._has_advice = True
        if rebuilds and not impl.transactional_ddl:
            impl.emit_begin()
        for each in statements:
            impl.execute(each.statement)
        if rebuilds and not impl.transactional_ddl:
            impl.emit_commit()
        impl.written.clear()

    # -- what comes before ---------------------------------------------------------------------------------------------

    def _bring_forward(self) -> None:
        """Execute the statements that were written since the last batch; before the first batch, the history."""
        if not self._started:
            self._started = True
            impl = _impl_of(self._context)
            later, impl.written = impl.written, []
            self._replay_history()
            impl.written = later
        self._carry_out(_impl_of(self._context))

    def _replay_history(self) -> None:
        """Execute the history up to the start of the script, by a script that is thrown away."""
        if self._live is not None:
            self._copy_schema(self._live)
            return
        rows = self._context.starting_rows()
        if not rows:
            return
        script = self._context.script
        if script is None:
            raise CannotRehearse(f"the script starts at {', '.join(rows)}, and no script directory says what that is")
        void = {**self._context.opts, "output_buffer": io.StringIO(), "on_version_apply": None, "starting_rev": None}
        environment = self._context.environment_context
        with ExitStack() as stack:
            stack.enter_context(silent(log))
            unwritten = MigrationContext.configure(
                dialect=self._context.dialect, environment_context=environment, opts=void
            )
            unwritten.impl.memo[Rehearsal] = self
            here, self._context = self._context, unwritten
            stack.callback(setattr, self, "_context", here)
            stack.enter_context(_as_current(environment, unwritten))
            stack.enter_context(self._kind.context(unwritten))
            for step in script._upgrade_revs(rows, ()):
                try:
                    step.migration_fn(**here.run_arguments)
                    self._carry_out(_impl_of(unwritten))
                except (CommandError, CannotRehearse) as error:
                    raise CannotRehearse(f"revision {step.revision.revision} cannot be replayed: {error}") from error

    def _copy_schema(self, live: Connection) -> None:
        """Create what there is in the database whose steps are rehearsed."""
        found = live.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite!_%' ESCAPE '!' "
            "ORDER BY type = 'table' DESC, type = 'view' DESC, rowid"
        )
        for (sql,) in found.all():
            self._try(sql)

    def _carry_out(self, impl: RehearsableImpl) -> None:
        statements, impl.written = impl.written, []
        for statement in statements:
            for part in _parts(statement):
                if _ROWS.match(part) is None:
                    self._try(part)
        self._driver.commit()

    def _try(self, statement: str) -> None:
        """Execute a statement. A script has to be right as a whole; of a plan, its tables are not known then."""
        try:
            self._send(statement)
        except CannotRehearse as error:
            if self._live is None:
                raise
            self._refused.append((statement, error))

    def _expect_known(self, table: str) -> None:
        name = re.compile(rf"\b{re.escape(table)}\b", re.IGNORECASE)
        for statement, error in self._refused:
            if name.search(statement):
                raise error

    def _send(self, statement: str) -> None:
        try:
            self._driver.executescript(statement)
        except sqlite3.Error as error:
            unknown = _UNKNOWN_SCHEMA.search(str(error))
            if unknown is None:
                raise CannotRehearse(
                    f"SQLite in memory refuses this statement: {statement.strip()} ({error})"
                ) from error
            self._driver.execute(f"ATTACH ':memory:' AS {unknown[1]}")
            self._send(statement)


def _impl_of(context: MigrationContext) -> RehearsableImpl:
    """The impl of a context whose database is SQLite."""
    return cast("RehearsableImpl", context.impl)


def _end(connection: Connection, engine: Engine) -> None:
    connection.close()
    engine.dispose()


class _Sent(NamedTuple):
    """A statement that was sent: its text, and what can be written into a script."""

    sql: str
    statement: Any


class _Record:
    """The statements of a batch that change the database and were not rolled back."""

    def __init__(self) -> None:
        self.statements: list[_Sent] = []
        self._marks: list[int] = []

    def note(self, connection: Any, cursor: Any, sql: str, parameters: Any, context: Any, many: bool) -> None:
        """Called by SQLAlchemy before each statement."""
        verb = sql.split(maxsplit=1)[0].upper()
        if verb in {"BEGIN", "SAVEPOINT"}:
            self._marks.append(len(self.statements))
        elif verb == "ROLLBACK":
            del self.statements[self._marks[-1] :]
            if not sql.upper().startswith("ROLLBACK TO"):
                self._marks.pop()
        elif verb in {"COMMIT", "RELEASE"}:
            self._marks.pop()
        elif _CHANGES.match(sql.lstrip()) is not None:
            compiled = getattr(context, "compiled", None)
            self.statements.append(_Sent(sql.strip(), text(sql) if compiled is None else compiled.statement))


def _with_counter(statements: list[_Sent], table: str) -> Iterator[_Sent]:
    """``statements``, and those that copy the counter of AUTOINCREMENT before the table is dropped.

    On a connection the counter is read; a script cannot do that.
    """
    old, copy = (name.replace("'", "''") for name in (table, temporary_name(table)))
    counter = [
        f"DELETE FROM sqlite_sequence WHERE name = '{copy}'",  # noqa: S608 quoted
        f"INSERT INTO sqlite_sequence SELECT '{copy}', seq FROM sqlite_sequence WHERE name = '{old}'",  # noqa: S608
    ]
    has_counter = False
    for sent in statements:
        if sent.sql.startswith("CREATE TABLE"):
            has_counter = "AUTOINCREMENT" in sent.sql.upper()
        elif sent.sql.startswith("DROP TABLE") and has_counter:
            yield from (_Sent(each, sqla.as_written(each)) for each in counter)
        yield sent


def _parts(statement: str) -> Iterator[str]:
    """The single statements of a text."""
    part = ""
    for piece in re.split(r"(?<=;)", statement):
        part += piece
        if sqlite3.complete_statement(part):
            yield part
            part = ""
    if part.strip():
        yield part


def _only_memory(action: int, first: str | None, *_: object) -> int:
    """SQLite's authorizer: everything is allowed but to open files."""
    return sqlite3.SQLITE_DENY if action == _SQLITE_ATTACH and first != ":memory:" else sqlite3.SQLITE_OK


@contextmanager
def _as_current(environment: Any, context: MigrationContext) -> Iterator[None]:
    """Make ``context`` the one that scripts get by ``alembic.context``."""
    if environment is None:
        yield
        return
    before, environment._migration_context = environment._migration_context, context
    try:
        yield
    finally:
        environment._migration_context = before
