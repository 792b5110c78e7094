"""A statement whose answer is awaited when the next one is ready: the server works while we make that.

For revisions that only call operations: nothing in them asks what became of a statement. There is one in flight at
most, so that whatever is sent next, and whoever sends it, comes after its answer. What a person sees is in the order of
the answers: a revision's line comes when all before it is done, and none after the one of a revision that failed.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import event
from sqlalchemy import schema as sa_schema

from limbeck import sqla
from limbeck.call_site import trace
from limbeck.ddl.base import AddColumn, DropColumn

if TYPE_CHECKING:
    from types import TracebackType

    from sqlalchemy.engine import Connection
    from sqlalchemy.exc import DBAPIError

    from limbeck.ddl.pipeline import Pipeline
    from limbeck.script.steps import MigrationStep

log = logging.getLogger("alembic.runtime.migration")

_MAY_FLY = (
    sa_schema.CreateTable,
    sa_schema.DropTable,
    sa_schema.CreateIndex,
    sa_schema.DropIndex,
    sa_schema.AddConstraint,
    sa_schema.DropConstraint,
    AddColumn,
    DropColumn,
)
"""Those whose refusal no dialect reads; that of a changed type, which PostgreSQL's does, is none of them."""


class _Flying(NamedTuple):
    step: MigrationStep
    statement: str
    parameters: Any
    place: TracebackType | None


class Refused(NamedTuple):
    """The error, the step that sent the statement, and the line of its script."""

    error: DBAPIError
    step: MigrationStep
    place: TracebackType | None


class InFlight:
    """What is in flight over one connection.

    :param connection: the run's connection. :param pipeline: what has its driver not wait, or None.
    """

    def __init__(self, connection: Connection | None, pipeline: Pipeline | None) -> None:
        self._connection = connection
        self._pipeline = pipeline
        self._flying: _Flying | None = None
        self._unsaid: list[MigrationStep] = []
        #: the step whose statements need not be waited for; None where they have to be
        self.step: MigrationStep | None = None
        #: what was raised for the first that was refused when its answer came
        self.refused: Refused | None = None

    def announce(self, step: MigrationStep) -> None:
        """Log that ``step`` runs, when what is in flight is done."""
        self._unsaid.append(step)
        if self._flying is None:
            self._say()

    def _say(self) -> None:
        for step in self._unsaid if self.refused is None else ():
            log.info("Running %s", step)
        self._unsaid = []

    def land(self) -> None:
        """Wait for the answer to what is in flight; raises SQLAlchemy's DBAPIError where the server refused it."""
        flying, self._flying = self._flying, None
        if flying is None or self._pipeline is None or self._connection is None:
            return
        try:
            self._pipeline.wait()
        except self._connection.dialect.loaded_dbapi.Error as error:
            refusal = sqla.refusal(self._connection, flying.statement, flying.parameters, error)
            self.refused = self.refused or Refused(refusal, flying.step, flying.place)
            raise refusal from error
        self._say()

    def cancel(self) -> None:
        """Have the server give up what is in flight: something has stopped us that is no error, as Ctrl-C."""
        if self._flying is not None and self._pipeline is not None:
            self._flying = None
            self._pipeline.cancel()

    def open(self) -> None:
        """From now on statements may fly; `close` ends it."""
        if self._pipeline is not None and self._connection is not None:
            event.listen(self._connection, "before_cursor_execute", self._sending)

    def close(self) -> None:
        """Have each statement awaited again."""
        if self._pipeline is not None and self._connection is not None:
            event.remove(self._connection, "before_cursor_execute", self._sending)

    def _sending(
        self, connection: Connection, _cursor: Any, statement: str, parameters: Any, context: Any, _many: bool
    ) -> None:
        """Whatever is sent now waits for what is in flight; and flies, if it may."""
        self.land()
        if self._pipeline is None or self.step is None or connection.in_nested_transaction():
            return  # who made a savepoint may expect a refusal, and go on
        if _may_fly(context, statement):
            self._pipeline.begin()
            self._flying = _Flying(self.step, statement, parameters, trace())


def _may_fly(context: Any, statement: str) -> bool:
    """Whether nobody asks at once what became of ``statement``, and it is a single one."""
    return context.isddl and isinstance(context.compiled.statement, _MAY_FLY) and ";" not in statement
