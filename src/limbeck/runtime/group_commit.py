"""Group commit: revisions in a row that only call operations have their version rows, or transactions, in common.

Such a revision sees neither its version row nor when a transaction ends. Within a transaction that holds the run, the
rows are written once for a group (`RowGroup`). Where each revision has a transaction and the database can return to a
savepoint (SQLite), a group shares one, for a tenth of a second and the revision at work (`CommitGroup`). A revision
that fails leaves what it would have left by itself, and those before it are committed; a process that dies takes back
the open group as a whole.
"""

from __future__ import annotations

from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from limbeck import sqla
from limbeck.errors import CommandError

from .strategy import RunState, Strategy

if TYPE_CHECKING:
    from types import TracebackType

    from limbeck.script.steps import MigrationStep

MAX_SECONDS = 0.1
"""Age at which a group that shares a transaction takes no further revision."""


def strategy(run: RunState) -> Strategy | None:
    """The kind of group that ``run`` allows; None where each step has to be by itself."""
    transactions = run.transactions
    if transactions.one_per_run:
        return RowGroup(run) if transactions.current is not None else None
    ddl_commits_itself = run.record.has_journal and not run.impl.transactional_ddl
    asked_for_commits = run.per_step is not None
    return None if transactions.is_open or ddl_commits_itself or asked_for_commits else CommitGroup(run)


class RowGroup(Strategy):
    """Revisions in a row whose version rows are written once, after the last of them.

    :param run: what the executor shares.
    """

    def __init__(self, run: RunState) -> None:
        self._run = run
        self._step: MigrationStep | None = None
        self._rows_before: tuple[str, ...] = ()

    def before(self, step: MigrationStep) -> None:
        """``step`` joins the group, or the group ends before it."""
        joins = self._joins(step)
        if not joins or self._is_over():
            self.end()
        self.defers_rows = joins
        self._step, self._rows_before = step, self._run.heads.rows

    def _joins(self, step: MigrationStep) -> bool:
        return step.only_calls_operations

    def _is_over(self) -> bool:
        return False

    def end(self) -> None:
        """Write the rows that were put off; a failure is reported as one of the last step."""
        self.defers_rows = False
        try:
            self._write()
        except Exception as error:
            if self._step is None:
                raise
            failure, step = self.failure(error, self._step)
            self._run.record.explain(failure, step)
            self._run.publisher.step_failed(failure)
            self._run.history.failed(step)
            if failure is error:
                raise
            raise failure from failure.__cause__

    def _write(self) -> None:
        self._run.heads.write()
        self._run.history.write()

    def roll_back(self) -> None:
        """Take the present step out of the group, and end it."""
        had_joined, self.defers_rows = self.defers_rows, False
        if had_joined:
            with suppress(SQLAlchemyError, CommandError):  # the failure of the step is the one to report
                self._end_before_step()

    def _end_before_step(self) -> None:
        """Write the rows of the earlier steps, should env.py go on and commit the transaction."""
        self._run.heads.rows = self._rows_before
        if not self._run.connection.invalidated:
            self._run.heads.write()
            self._run.history.write()

    def __exit__(
        self, type_: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if type_ is None:
            self.end()
        else:
            self.roll_back()


class CommitGroup(RowGroup):
    """Revisions in a row that are committed together, each after a savepoint."""

    _over_at: float | None = None
    _possible: bool | None = None

    def before(self, step: MigrationStep) -> None:
        """``step`` joins the group and its transaction, which the first one begins; or the group ends before it."""
        super().before(step)
        if not self.defers_rows:
            return
        if self._over_at is None:
            self._run.transactions.begin(self._run.connection, self._run.impl.begin_revisions, adopt=True)
            self._over_at = monotonic() + MAX_SECONDS
        else:
            self._run.impl.mark_revision(self._run.connection)

    def _joins(self, step: MigrationStep) -> bool:
        if not super()._joins(step):
            self._possible = None  # the script may change settings of the session
            return False
        if self._possible is None:
            self._possible = self._is_possible()
        return self._possible

    def _is_possible(self) -> bool:
        connection = self._run.connection
        return (
            not self._run.transactions.is_open
            and not sqla.is_autocommit(connection)
            and self._run.impl.can_mark_revisions(connection)
        )

    def _is_over(self) -> bool:
        return self._over_at is not None and monotonic() >= self._over_at

    def _write(self) -> None:
        if self._over_at is None:
            super()._write()
            return
        self._over_at = None
        with self._run.transactions.ending():
            super()._write()

    def _end_before_step(self) -> None:
        """Undo the present step as far as a rollback of its own would, and commit the earlier ones."""
        if self._over_at is None:
            return
        self._over_at = None
        run = self._run
        with run.transactions.ending() as transaction:
            stands = not run.connection.invalidated and run.impl.return_to_mark(run.connection)
            if not stands:
                run.record.lost()
                transaction.rollback()
                return
            if run.impl.transactional_ddl:
                run.record.rolled_back()
            run.heads.rows = self._rows_before
            with run.record.not_of_the_step():
                run.heads.write()
            run.history.write()
