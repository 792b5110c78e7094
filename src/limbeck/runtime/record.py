"""What steps have executed, and which of it is committed although their version rows are not.

The database is ahead of its version rows then. An error tells the person which statements these are; under an edition
the journal tells the next run.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from sqlalchemy import event

from limbeck import sqla

from .resume import whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection, ExecutionContext

    from limbeck.ddl.impl import DefaultImpl
    from limbeck.script.steps import MigrationStep

    from .journal import Journal


class _Executed:
    """The statements of one step without those that only read; ``pending`` ones can be rolled back."""

    __slots__ = ("committed", "count", "done", "pending", "step")

    def __init__(self, step: MigrationStep) -> None:
        self.step = step
        self.pending: list[str] = []
        self.committed: list[str] = []
        self.count = 0
        self.done = False


class StatementRecord:
    """The statements of the steps whose version rows are not committed yet.

    :param impl: the impl, which tells what commits by itself, and refuses what has no effect.
    :param journal: keeps the record for a later run, under an edition.
    """

    def __init__(self, impl: DefaultImpl, journal: Journal | None) -> None:
        self._impl = impl
        self._journal = journal
        self._paused = False
        self._steps: list[_Executed] = []
        #: whether the connection commits each statement
        self.autocommit = False
        self._savepoints: dict[str, int] = {}
        #: the steps of the run that are committed, their version rows too
        self.committed_steps: list[MigrationStep] = []

    @property
    def is_paused(self) -> bool:
        """Whether what is executed now is the runtime's own, not the step's."""
        return self._paused

    @property
    def count(self) -> int:
        """Number of statements of the present step, without those that only read."""
        return self._steps[-1].count if self._steps else 0

    @property
    def has_journal(self) -> bool:
        """Whether a journal is kept."""
        return self._journal is not None

    @property
    def pending_writes(self) -> list[str]:
        """The statements of the present step that the open transaction holds."""
        return self._steps[-1].pending if self._steps else []

    def _only_reads(self, statement: str) -> bool:
        return statement.lstrip().upper().startswith(self._impl.words_of_reads)

    @contextmanager
    def of(self, connection: Connection | None) -> Iterator[None]:
        """Record what ``connection`` executes in the block; nothing for a script, which has no connection."""
        if connection is None:
            yield
            return
        self.autocommit = sqla.is_autocommit(connection)
        self.committed_steps = []
        event.listen(connection, "before_cursor_execute", self._executing)
        event.listen(connection, "after_cursor_execute", self._executed)
        event.listen(connection, "rollback", self._rolled_back)
        try:
            with nullcontext() if self._journal is None else self._journal.of_steps():
                yield
        finally:
            event.remove(connection, "before_cursor_execute", self._executing)
            event.remove(connection, "after_cursor_execute", self._executed)
            event.remove(connection, "rollback", self._rolled_back)
            self._steps = []

    @contextmanager
    def not_of_the_step(self) -> Iterator[None]:
        """Leave out what is executed in the block: it is the runtime's own, not the step's."""
        self._paused = True
        try:
            yield
        finally:
            self._paused = False

    # --- a step -------------------------------------------------------------------------------------------------------

    def start(self, step: MigrationStep) -> None:
        """``step`` begins."""
        self._steps.append(_Executed(step))
        if self._journal is not None:
            self._journal.begin(step)

    def again(self) -> None:
        """The present step, of which nothing is committed, is about to run again."""
        self._steps[-1] = _Executed(self._steps[-1].step)
        if self._journal is not None:
            self._journal.again()

    @property
    def has_committed(self) -> bool:
        """Whether statements of the present step are committed, which no rollback can undo."""
        return bool(self._steps and self._steps[-1].committed)

    def ran(self) -> None:
        """The script of the present step has ended; its version rows are next."""
        if self._journal is not None:
            self._journal.ran()

    def ending(self) -> None:
        """The present step has run; called in the transaction of its version rows."""
        if self._journal is not None:
            with self.not_of_the_step():
                self._journal.end()

    def done(self, *, committed: bool) -> None:
        """The present step and its version rows are done.

        :param committed: no rollback can undo them.
        """
        self._steps[-1].done = True
        if committed:
            self._committed_done()

    def failed(self) -> None:
        """The present step failed, and its transaction is rolled back."""
        if self._journal is not None:
            with self.not_of_the_step():
                self._journal.failed()

    # --- a transaction ------------------------------------------------------------------------------------------------

    def committing(self) -> None:
        """The open transaction is about to be committed, although the present step is not done."""
        if self._journal is not None and self.pending_writes:
            with self.not_of_the_step():
                self._journal.committing()

    def committed_all(self) -> None:
        """The open transaction was committed, and with it the version rows of the steps that are done."""
        self._committed_done()
        for executed in self._steps:
            executed.committed += executed.pending
            executed.pending = []
        self._savepoints = {}

    def _committed_done(self) -> None:
        self.committed_steps += [executed.step for executed in self._steps if executed.done]
        self._steps = [executed for executed in self._steps if not executed.done]

    def lost(self) -> None:
        """The open transaction was rolled back as a whole, and with it the steps that are done."""
        self._steps = [executed for executed in self._steps if not executed.done]
        self.rolled_back()

    def rolled_back(self) -> None:
        """The open transaction was rolled back to where the present step began, or to before."""
        for executed in self._steps:
            executed.pending = []
        self._savepoints = {}

    def _rolled_back(self, _connection: Connection) -> None:
        self.rolled_back()
        if self._journal is not None:
            self._journal.rolled_back()

    # --- a statement --------------------------------------------------------------------------------------------------

    def _executing(
        self, connection: Connection, _cursor: object, statement: str, parameters: object, *_: object
    ) -> None:
        if self._paused:
            return
        self._impl.check_statement(connection, statement)
        if not self._steps:
            return
        reads = self._only_reads(statement)
        if _is_commit(statement) and (not self.autocommit or self._impl.is_begun_by_hand(connection)):
            self.committing()
        if not reads:
            self._steps[-1].count += 1
        if self._journal is not None:
            commits = not reads and self._commits(connection, statement)
            with self.not_of_the_step():
                self._journal.before(statement, parameters, reads=reads, commits=commits)

    def _executed(
        self,
        connection: Connection,
        _cursor: object,
        statement: str,
        _parameters: object,
        context: ExecutionContext,
        _many: bool,
    ) -> None:
        if self._paused:
            return
        if self._journal is not None:
            self._journal.after(context)
        if self._undoes(statement):
            return
        if _is_commit(statement):
            self.committed_all()
            return
        if not self._only_reads(statement):
            self.pending_writes.append(statement)
        if self._commits(connection, statement):
            self.committed_all()

    def _commits(self, connection: Connection, statement: str) -> bool:
        """Whether ``statement`` is committed at once: as DDL that commits, or in autocommit mode without a BEGIN."""
        autocommitted = self.autocommit and not self._impl.is_begun_by_hand(connection)
        return autocommitted or self._impl.commits_itself(connection, statement)

    def _undoes(self, statement: str) -> bool:
        """Whether ``statement`` is a ROLLBACK, whose statements are taken out; a SAVEPOINT is noted for one."""
        words = statement.upper().split()
        if words[:1] == ["SAVEPOINT"]:
            self._savepoints[words[-1]] = len(self.pending_writes)
        if words[:1] != ["ROLLBACK"]:
            return False
        del self.pending_writes[self._savepoints.get(words[-1], 0) :]
        return True

    # --- an error -----------------------------------------------------------------------------------------------------

    def explain(self, error: BaseException, step: MigrationStep) -> None:
        """Add notes to ``error``: which step failed, and what is committed although the version rows do not show it."""
        where = "" if step.script is None else f" ({step.script.path})"
        error.add_note(f"while running {step.short_log}{where}")
        for executed in self._steps:
            if executed.committed:
                whose = "it" if executed.step is step else executed.step.short_log
                done = "\n".join(f"    {whole(text)}" for text in executed.committed)
                error.add_note(
                    f"these statements of {whose} are committed, and the version rows do not say so:\n{done}"
                )
        if any(executed.committed for executed in self._steps):
            error.add_note(
                "hint: undo it by hand, or have the revision step over it (if_exists, if_not_exists), then run again"
                if self._journal is None
                else "hint: mend the rest, then run the same command with --resume, which leaves these out"
            )

    def committed_of_present_step(self) -> tuple[MigrationStep, int] | None:
        """The step that has not ended, and how many statements of it are committed; None where all have ended."""
        if not self._steps or self._steps[-1].done:
            return None
        return self._steps[-1].step, len(self._steps[-1].committed)


def _is_commit(statement: str) -> bool:
    words = statement.upper().rstrip("; \n").split()
    return words[:1] in (["COMMIT"], ["END"]) and words[1:2] != ["PREPARED"]
