"""What steps have executed, and what of it is committed though their version rows are not (failures R10, R11)."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from limbeck import sqla

from .journal import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

    from limbeck.ddl.impl import DefaultImpl
    from limbeck.script.steps import MigrationStep

    from .journal import Journal

_READS = ("SELECT", "PRAGMA", "SHOW", "DESCRIBE", "EXPLAIN", "BEGIN", "SAVEPOINT", "RELEASE", "SET")


def reads_only(statement: str) -> bool:
    """Whether ``statement`` leaves nothing behind that a commit would make last, by its first word."""
    return statement.lstrip().upper().startswith(_READS)


class _Entry:
    """The statements of one step, by whether a rollback would undo them; ``count``: those that do not only read."""

    __slots__ = ("committed", "count", "done", "pending", "step")

    def __init__(self, step: MigrationStep) -> None:
        self.step = step
        self.pending: list[str] = []
        self.committed: list[str] = []
        self.count = 0
        self.done = False


class StatementRecord:
    """The statements of the steps whose version rows are not committed yet.

    :param impl: the impl that knows which statements commit by themselves, and which have no effect.
    :param journal: what keeps it for a later run too, under an edition.
    """

    def __init__(self, impl: DefaultImpl, journal: Journal | None) -> None:
        self._impl = impl
        self._journal = journal
        self._ours = False
        self._entries: list[_Entry] = []
        self.autocommit = False
        self._savepoints: dict[str, int] = {}

    @property
    def pending(self) -> list[str]:
        """The statements of the present step that the open transaction holds."""
        return self._entries[-1].pending if self._entries else []

    @contextmanager
    def of(self, connection: Connection | None) -> Iterator[None]:
        """Keep the record of ``connection`` while the block runs; a script has none."""
        if connection is None:
            yield
            return
        self.autocommit = sqla.commits_each_statement(connection)
        event.listen(connection, "before_cursor_execute", self._executing)
        event.listen(connection, "after_cursor_execute", self._executed)
        try:
            yield
        finally:
            event.remove(connection, "before_cursor_execute", self._executing)
            event.remove(connection, "after_cursor_execute", self._executed)
            self._entries = []

    @contextmanager
    def not_of_the_step(self) -> Iterator[None]:
        """What is sent in the block is ours, and no statement of the step."""
        self._ours = True
        try:
            yield
        finally:
            self._ours = False

    def start(self, step: MigrationStep) -> None:
        """``step`` begins."""
        self._entries.append(_Entry(step))
        if self._journal is not None:
            self._journal.begin(step)

    def ending(self) -> None:
        """The present step has run; called in the transaction of its version rows."""
        if self._journal is not None:
            with self.not_of_the_step():
                self._journal.end()

    def failed(self) -> None:
        """The present step failed, and is rolled back."""
        if self._journal is not None:
            with self.not_of_the_step():
                self._journal.failed()

    def done(self, *, committed: bool) -> None:
        """The present step and its version rows are done; ``committed``: nothing can undo them."""
        self._entries[-1].done = True
        if committed:
            self._entries = []

    def committing(self) -> None:
        """The open transaction is about to be committed, though the present step is not done."""
        last = next((text for text in reversed(self.pending) if not reads_only(text)), None)
        if self._journal is not None and last is not None:
            with self.not_of_the_step():
                self._journal.committing(self._entries[-1].count, last)

    def rolled_back(self) -> None:
        """What the present step has sent is rolled back; those before it are done, or rolled back too."""
        for entry in self._entries:
            entry.pending = []

    def committed_all(self) -> None:
        """The open transaction was committed, and with it the version rows of the steps that are done."""
        self._entries = [entry for entry in self._entries if not entry.done]
        for entry in self._entries:
            entry.committed += entry.pending
            entry.pending = []

    def _executing(
        self, connection: Connection, _cursor: Any, statement: str, _parameters: Any, _context: Any, _many: bool
    ) -> None:
        if self._ours:
            return
        self._impl.check_statement(connection, statement)
        if not self._entries or reads_only(statement):
            return
        if statement == "COMMIT" and self._impl.is_begun_by_hand(connection):
            self.committing()
        self._entries[-1].count += 1
        if self._journal is not None:
            commits = self._commits(connection, statement)
            with self.not_of_the_step():
                self._journal.before(self._entries[-1].count, statement, commits=commits)

    def _executed(
        self, connection: Connection, _cursor: Any, statement: str, _parameters: Any, _context: Any, _many: bool
    ) -> None:
        if self._ours:
            return
        if self._journal is not None:
            self._journal.after()
        if self._undoes(statement):
            return
        self.pending.append(statement)
        if self._commits(connection, statement):
            self.committed_all()

    def _commits(self, connection: Connection, statement: str) -> bool:
        """Whether ``statement`` is committed at once: in autocommit mode, if no transaction was begun by hand."""
        alone = self.autocommit and not self._impl.is_begun_by_hand(connection)
        return alone or self._impl.commits_itself(connection, statement)

    def _undoes(self, statement: str) -> bool:
        """Follow savepoints that are plain statements: what a ROLLBACK undoes was never there; True for a ROLLBACK."""
        words = statement.upper().split()
        if words[:1] == ["SAVEPOINT"]:
            self._savepoints[words[-1]] = len(self.pending)
        if words[:1] != ["ROLLBACK"]:
            return False
        del self.pending[self._savepoints.get(words[-1], 0) :]
        return True

    def explain(self, error: Exception, step: MigrationStep) -> None:
        """Add to ``error`` which step failed, and what is committed of steps that the version rows do not show."""
        script = getattr(step, "revision", None)
        where = "" if script is None else f" ({script.path})"
        error.add_note(f"while running {step.short_log}{where}")
        for entry in self._entries:
            if entry.committed:
                whose = "it" if entry.step is step else entry.step.short_log
                done = "\n".join(f"    {shown(text)}" for text in entry.committed)
                error.add_note(
                    f"these statements of {whose} are committed, and the version rows do not say so:\n{done}"
                )
        if any(entry.committed for entry in self._entries):
            error.add_note(
                "hint: undo it by hand, or have the revision step over it (if_exists, if_not_exists), then run again"
                if self._journal is None
                else "hint: mend the rest and run again: the journal knows what is done, and says what to do by hand"
            )
