"""Revisions in a row that only call operations: their commits and version rows are kept back and made together.

Such a revision cannot see its version row, nor when a transaction ends. Within a transaction that holds the whole run,
the rows are written once for a stretch of them. Where revisions are committed one by one and the dialect can return to
a mark (SQLite), a stretch is one transaction, of a tenth of a second and the revision that is at work: a revision that
fails leaves what it would have left alone, and those before it are committed; a process that dies takes the stretch
back as a whole.
"""

from __future__ import annotations

from contextlib import nullcontext, suppress
from time import monotonic
from typing import TYPE_CHECKING, Self

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from limbeck.errors import CommandError

from .pipeline import InFlight

if TYPE_CHECKING:
    from limbeck.script.steps import MigrationStep

    from .heads import HeadMaintainer
    from .migration import MigrationContext

LONGEST = 0.1
"""Seconds after which a stretch that is a transaction takes in no further revision."""


class CommitGroup:
    """The present stretch of a run, a context manager around the run's steps.

    :param context: the context that takes the steps. :param heads: the version rows.
    """

    def __init__(self, context: MigrationContext, heads: HeadMaintainer) -> None:
        self._context = context
        self._heads = heads
        self._keeps_rows = context._may_keep_rows()
        self._keeps_commits: bool | None = None
        self._due: float | None = None
        self._step: MigrationStep | None = None
        self._flight = InFlight(context.connection, context._pipeline())
        #: whether the version rows of the present step wait for the end of the stretch
        self.keeps = False

    def reach(self, step: MigrationStep) -> None:
        """Come to ``step``: it goes on with the stretch, or the stretch ends before it."""
        plain = step.only_calls_operations
        kept = plain and (self._keeps_rows or self._may_keep_commits())
        if not plain:
            self._keeps_commits = None  # it may change the session
        if not kept or (self._due is not None and monotonic() >= self._due):
            self.end()
        self.keeps = kept
        self._flight.step = step if kept else None
        self._step, self._before = step, self._heads.rows
        if not kept or self._keeps_rows:
            return
        if self._due is None:
            self._context._open_stretch()
            self._due = monotonic() + LONGEST
        else:
            self._context.impl.mark_revision(self._context._online())

    def announce(self, step: MigrationStep) -> None:
        """Log that ``step`` runs."""
        self._flight.announce(step)

    def _may_keep_commits(self) -> bool:
        if self._keeps_commits is None:
            self._keeps_commits = self._context._may_keep_commits()
        return self._keeps_commits

    def end(self) -> None:
        """Write the rows that were kept back, and commit where the stretch is a transaction."""
        self.keeps = False
        shared, self._due = self._due is not None, None
        try:
            self._flight.land()
            with self._context._closing_stretch() if shared else nullcontext():
                self._heads.write()
        except Exception as error:
            if self._step is None:
                raise
            failure, at = self.first_failure(error, self._step)
            self._context._record.explain(failure, at)
            if failure is error:
                raise
            raise failure from failure.__cause__

    def first_failure(self, error: Exception, step: MigrationStep) -> tuple[Exception, MigrationStep]:
        """``error`` of ``step``; or the refusal that it follows from, or would never have come after."""
        with suppress(DBAPIError):
            self._flight.land()
        refused = self._flight.refused
        return (error, step) if refused is None else (refused.error.with_traceback(refused.place), refused.step)

    def break_off(self) -> None:
        """The present revision failed: leave what it would have left alone, and commit those before it; once."""
        shared, self._due = self._due is not None, None
        waits, self.keeps = self.keeps, False
        with suppress(SQLAlchemyError, CommandError):  # the failure that is on its way says what is wrong
            if shared:
                self._close_before_it()
            elif waits:
                self._write_for_survivors()

    def _close_before_it(self) -> None:
        record, impl = self._context._record, self._context.impl
        with self._context._closing_stretch() as transaction:
            connection = self._context._online()
            stands = not connection.invalidated and impl.return_to_mark(connection)
            if impl.transactional_ddl or not stands:
                record.rolled_back()
            if not stands:
                transaction.rollback()
                return
            self._heads.rows = self._before
            with record.not_of_the_step():
                self._heads.write()

    def _write_for_survivors(self) -> None:
        """Write the rows of those before the present revision, should env.py go on and commit the transaction."""
        self._heads.rows = self._before
        if not self._context._online().invalidated:
            self._heads.write()

    def __enter__(self) -> Self:
        self._flight.open()
        return self

    def __exit__(self, type_: type[BaseException] | None, *_: object) -> None:
        try:
            if type_ is None:
                self.end()
            else:
                self._flight.cancel()
                self.break_off()
        finally:
            self._flight.close()
