"""Pipeline: a statement is sent, and its answer is awaited when the next one is ready; meanwhile the server works.

For revisions that only call operations, in a `RowGroup`: nothing in them asks what became of a statement. At most one
is pending, and whatever is sent next, by whomever, waits for its answer first. The log is in the order of the answers:
the line of a revision comes when everything before it is answered, and none after that of a revision that failed.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from sqlalchemy import event
from sqlalchemy import schema as sa_schema
from sqlalchemy.exc import DBAPIError

from limbeck import sqla
from limbeck.call_site import trace
from limbeck.ddl.base import AddColumn, DropColumn

from .group_commit import RowGroup

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from sqlalchemy.engine import Connection
    from sqlalchemy.engine.default import DefaultExecutionContext

    from limbeck.ddl.pipeline import Pipeline
    from limbeck.script.steps import MigrationStep

    from .strategy import RunState, Strategy

log = logging.getLogger("alembic.runtime.migration")

_PIPELINED = (
    sa_schema.CreateTable,
    sa_schema.DropTable,
    sa_schema.CreateIndex,
    sa_schema.DropIndex,
    sa_schema.AddConstraint,
    sa_schema.DropConstraint,
    AddColumn,
    DropColumn,
)
"""DDL whose errors no impl handles. That of a changed type is not here: PostgreSQL's impl does handle it."""


def strategy(run: RunState) -> Strategy | None:
    """A pipeline, where rows may be put off, the driver can do it and nothing listens to each statement; else None."""
    connection = run.connection
    if not run.transactions.one_per_run or run.transactions.current is None:
        return None
    if sqla.is_autocommit(connection) or sqla.is_watched(connection) or log.isEnabledFor(logging.DEBUG):
        return None
    driver = run.impl.pipeline(connection)
    return None if driver is None else PipelinedGroup(run, driver)


class _Pending(NamedTuple):
    """A statement whose answer is not there yet, with the line of the script that sent it."""

    step: MigrationStep
    statement: str
    parameters: Any
    sent_by: TracebackType | None


class _Rejected(NamedTuple):
    """The error of a pending statement, its step, and the line of the script that sent it."""

    error: DBAPIError
    step: MigrationStep
    sent_by: TracebackType | None


class PipelinedGroup(RowGroup):
    """A group of revisions whose DDL is sent ahead of the answers.

    :param run: what the executor shares. :param driver: has the driver send a statement without waiting.
    """

    def __init__(self, run: RunState, driver: Pipeline) -> None:
        super().__init__(run)
        self._driver = driver
        self._pending: _Pending | None = None
        self._untold: list[Callable[[], None]] = []
        self._rejected: _Rejected | None = None

    def once_answered(self, tell: Callable[[], None]) -> None:
        """Call ``tell`` as soon as the pending statement is answered; never, where it is refused."""
        self._untold.append(tell)
        if self._pending is None:
            self._tell()

    def _tell(self) -> None:
        untold, self._untold = self._untold, []
        for tell in untold if self._rejected is None else ():
            tell()

    def failure(self, error: Exception, step: MigrationStep) -> tuple[Exception, MigrationStep]:
        """``error`` of ``step``; or that of a statement before it, after which ``step`` would not have been reached."""
        with suppress(DBAPIError):
            self._wait()
        rejected = self._rejected
        return (error, step) if rejected is None else (rejected.error.with_traceback(rejected.sent_by), rejected.step)

    def _write(self) -> None:
        self._wait()
        super()._write()

    def _wait(self) -> None:
        """Wait for the pending statement's answer; raises SQLAlchemy's `DBAPIError` where the server rejects it."""
        pending, self._pending = self._pending, None
        if pending is None:
            return
        connection = self._run.connection
        try:
            self._driver.wait()
        except connection.dialect.loaded_dbapi.Error as error:
            wrapped = sqla.refusal(connection, pending.statement, pending.parameters, error)
            self._rejected = self._rejected or _Rejected(wrapped, pending.step, pending.sent_by)
            self._run.publisher.refused(wrapped)
            raise wrapped from error
        self._run.publisher.answered()
        self._tell()

    def _cancel(self) -> None:
        """Have the server give up the pending statement."""
        if self._pending is not None:
            self._pending = None
            self._driver.cancel()

    def __enter__(self) -> Self:
        event.listen(self._run.connection, "before_cursor_execute", self._sending)
        return self

    def __exit__(
        self, type_: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if type_ is not None:
                self._cancel()  # only an interrupt, as Ctrl-C, leaves one pending
            super().__exit__(type_, value, traceback)
        finally:
            event.remove(self._run.connection, "before_cursor_execute", self._sending)

    def _sending(
        self,
        connection: Connection,
        _cursor: object,
        statement: str,
        parameters: Any,
        context: DefaultExecutionContext,
        _executemany: bool,
    ) -> None:
        """A statement is about to be sent: wait for the one before; then leave this one pending, if it may be."""
        self._wait()
        if not self.defers_rows or self._step is None or connection.in_nested_transaction():
            return  # who began a savepoint may handle an error
        if _is_pipelined(context, statement):
            self._driver.begin()
            self._run.publisher.answer_comes_later()
            self._pending = _Pending(self._step, statement, parameters, trace())


def _is_pipelined(context: DefaultExecutionContext, statement: str) -> bool:
    """Whether ``statement`` is a single one of those whose errors no impl handles."""
    element = None if context.compiled is None else context.compiled.statement
    return isinstance(element, _PIPELINED) and ";" not in statement
