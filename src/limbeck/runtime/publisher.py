"""The events of one run, published as it goes; without subscribers nothing is listened to and nothing is made."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeVar

from sqlalchemy import event

from limbeck import events

from .redirect import leads_elsewhere

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection, ExceptionContext

    from limbeck.events import Wait
    from limbeck.script.steps import MigrationStep

    from .record import StatementRecord

E = TypeVar("E", bound=events.Event)
Rows = tuple[str, ...]


class _Begun(Generic[E]):
    """A run, step or statement that has begun.

    :param started: the event that says so, which is published; later ones have the same facts.
    """

    def __init__(self, started: E) -> None:
        self.started = started
        self._at = monotonic()
        events.publish(started)

    @property
    def elapsed(self) -> float:
        return monotonic() - self._at

    def publish(
        self,
        phase: events.Phase,
        *,
        error: BaseException | None = None,
        wait: Wait | None = None,
        progress: events.Progress | None = None,
    ) -> None:
        events.publish(
            replace(self.started, phase=phase, elapsed=self.elapsed, error=error, wait=wait, progress=progress)
        )


class Publisher:
    """Publishes what becomes of a run, its steps and their statements.

    :param connection: the run's connection; None for a script, which has no events.
    :param record: tells which statements are the runtime's own.
    """

    def __init__(self, connection: Connection | None, record: StatementRecord) -> None:
        self._connection = connection
        self._record = record
        #: id of the present run, or of the last one; none before the first
        self.run = ""
        self._is_running = False
        self._rows: Rows = ()
        self._steps = self._number = self._position = 0
        self._run: _Begun[events.RunEvent] | None = None
        self._step: _Begun[events.StepEvent] | None = None
        self._statement: _Begun[events.StatementEvent] | None = None
        self._answer_comes_later = False

    # --- the run ------------------------------------------------------------------------------------------------------

    def run_started(self, rows: Rows, steps: int) -> None:
        """A run is about to take its lock, or to write; within a run: ``steps`` is the number that it has now."""
        self._steps, self._rows = steps, rows
        connection = self._connection
        if self._run is not None:
            self._run.started = replace(self._run.started, steps=steps)
        if connection is None or self._is_running:
            return
        self._is_running, self._number = True, 0
        self.run = os.urandom(8).hex()
        if events.are_heard() and not leads_elsewhere(connection):
            url = connection.engine.url.render_as_string(hide_password=True)
            self._run = _Begun(
                events.RunEvent(
                    phase="started",
                    run=self.run,
                    dialect=connection.dialect.name,
                    database=url,
                    steps=steps,
                    rows_before=rows,
                )
            )

    def run_waits(self, wait: Wait) -> None:
        """The run waits for its lock."""
        if self._run is not None:
            self._run.publish("waiting", wait=wait)

    def run_ended(self) -> None:
        """The run is committed and verified."""
        run, self._run, self._is_running = self._run, None, False
        if run is not None:
            run.started = replace(run.started, rows_after=self._rows)
            run.publish("ended")

    def run_failed(self, error: BaseException | None) -> None:
        """The run, or env.py after it, has failed, and is rolled back as far as it can be.

        :param error: None where it is not known.
        """
        if self._step is not None and error is not None:
            self.step_failed(error)  # by an interrupt, which no step handles
        run, self._run, self._is_running = self._run, None, False
        if run is not None:
            run.publish("failed", error=error)

    # --- a step -------------------------------------------------------------------------------------------------------

    def step_started(self, step: MigrationStep, rows: Rows) -> None:
        """``step`` begins, with ``rows`` in the version table."""
        self._number += 1
        self._position = 0
        if self._run is not None:
            run = self._run.started
            self._step = _Begun(
                events.StepEvent(
                    phase="started",
                    run=run.run,
                    dialect=run.dialect,
                    database=run.database,
                    revision=None if step.script is None else step.script.revision,
                    direction="stamp" if step.is_stamp else "upgrade" if step.is_upgrade else "downgrade",
                    message=step.doc or "",
                    number=self._number,
                    steps=self._steps,
                    rows_before=rows,
                )
            )

    def step_waits(self, wait: Wait) -> None:
        """The present step waits for its next attempt, which begins with its first statement."""
        self._position = 0
        if self._step is not None:
            self._step.publish("waiting", wait=wait)

    def step_ended(self, rows: Rows) -> None:
        """The present step has ended; it may be committed later."""
        self._rows = rows
        step, self._step = self._step, None
        if step is not None:
            step.started = replace(step.started, rows_after=rows)
            step.publish("ended")

    def step_failed(self, error: BaseException) -> None:
        """The present step has failed, and with it the statement that is not answered yet."""
        self.refused(error)
        step, self._step = self._step, None
        if step is not None:
            step.publish("failed", error=error)

    # --- a statement --------------------------------------------------------------------------------------------------

    @contextmanager
    def statements(self) -> Iterator[None]:
        """Follow what the connection executes in the block."""
        connection = self._connection
        if connection is None or self._run is None:
            yield
            return
        event.listen(connection, "before_cursor_execute", self._executing)
        event.listen(connection, "after_cursor_execute", self._executed)
        event.listen(connection.engine, "handle_error", self._rejected)
        try:
            yield
        finally:
            event.remove(connection, "before_cursor_execute", self._executing)
            event.remove(connection, "after_cursor_execute", self._executed)
            event.remove(connection.engine, "handle_error", self._rejected)

    def statement_waits(self, wait: Wait) -> None:
        """The present statement waits for a lock; called beside the thread of the run, which is in the database."""
        statement = self._statement
        if statement is not None:
            statement.publish("waiting", wait=wait)

    def statement_elapsed(self) -> float | None:
        """Seconds since the present statement was sent; None between two statements."""
        statement = self._statement
        return None if statement is None else statement.elapsed

    def statement_works(self, progress: events.Progress | None) -> None:
        """The present statement takes long; called beside the thread of the run, which is in the database.

        :param progress: what the server says of it.
        """
        statement = self._statement
        if statement is not None:
            statement.publish("working", progress=progress)

    def answer_comes_later(self) -> None:
        """The next statement is sent and not answered at once: `answered` or `refused` follows."""
        self._answer_comes_later = True

    def answered(self) -> None:
        """The present statement is carried out."""
        statement, self._statement, self._answer_comes_later = self._statement, None, False
        if statement is not None:
            statement.publish("ended")

    def refused(self, error: BaseException) -> None:
        """The present statement has failed."""
        statement, self._statement, self._answer_comes_later = self._statement, None, False
        if statement is not None:
            statement.publish("failed", error=error)

    def _executing(self, _connection: Connection, _cursor: object, text: str, *_: object) -> None:
        if self._step is None or self._record.is_paused:
            return
        step = self._step.started
        self._position += 1
        self._statement = _Begun(
            events.StatementEvent(
                phase="started",
                run=step.run,
                dialect=step.dialect,
                database=step.database,
                revision=step.revision,
                direction=step.direction,
                number=step.number,
                steps=step.steps,
                position=self._position,
                statement=text,
            )
        )

    def _executed(self, *_: object) -> None:
        if not (self._answer_comes_later or self._record.is_paused):
            self.answered()

    def _rejected(self, context: ExceptionContext) -> None:
        if context.connection is self._connection and not self._record.is_paused:
            self.refused(context.sqlalchemy_exception or context.original_exception)
