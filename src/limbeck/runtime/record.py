"""What steps have executed, and what of it is committed though their version rows are not (failures R10, R11)."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from limbeck import sqla

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

    from limbeck.ddl.impl import DefaultImpl
    from limbeck.script.steps import MigrationStep

_SHOWN = 200
"""Characters of a statement that a message shows."""


_READS = ("SELECT", "PRAGMA", "SHOW", "DESCRIBE", "EXPLAIN", "BEGIN", "SAVEPOINT", "RELEASE", "SET")


def reads_only(statement: str) -> bool:
    """Whether ``statement`` leaves nothing behind that a commit would make last, by its first word."""
    return statement.lstrip().upper().startswith(_READS)


class _Entry:
    """The statements of one step, by whether a rollback would undo them."""

    __slots__ = ("committed", "done", "pending", "step")

    def __init__(self, step: MigrationStep) -> None:
        self.step = step
        self.pending: list[str] = []
        self.committed: list[str] = []
        self.done = False


class StatementRecord:
    """The statements of the steps whose version rows are not committed yet.

    :param impl: the impl that knows which statements commit by themselves, and which have no effect.
    """

    def __init__(self, impl: DefaultImpl) -> None:
        self._impl = impl
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
        self.autocommit = sqla.isolation_level(connection) == "AUTOCOMMIT"
        event.listen(connection, "before_cursor_execute", self._executing)
        event.listen(connection, "after_cursor_execute", self._executed)
        try:
            yield
        finally:
            event.remove(connection, "before_cursor_execute", self._executing)
            event.remove(connection, "after_cursor_execute", self._executed)
            self._entries = []

    def start(self, step: MigrationStep) -> None:
        """``step`` begins."""
        self._entries.append(_Entry(step))

    def done(self, *, committed: bool) -> None:
        """The present step and its version rows are done; ``committed``: nothing can undo them."""
        self._entries[-1].done = True
        if committed:
            self._entries = []

    def committed_all(self) -> None:
        """The open transaction was committed, and with it the version rows of the steps that are done."""
        self._entries = [entry for entry in self._entries if not entry.done]
        for entry in self._entries:
            entry.committed += entry.pending
            entry.pending = []

    def _executing(
        self, connection: Connection, _cursor: Any, statement: str, _parameters: Any, _context: Any, _many: bool
    ) -> None:
        self._impl.check_statement(connection, statement)

    def _executed(
        self, connection: Connection, _cursor: Any, statement: str, _parameters: Any, _context: Any, _many: bool
    ) -> None:
        if self._undoes(statement):
            return
        self.pending.append(statement)
        if self.autocommit or self._impl.commits_itself(connection, statement):
            self.committed_all()

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
                done = "\n".join(f"    {' '.join(text.split())[:_SHOWN]}" for text in entry.committed)
                error.add_note(
                    f"these statements of {whose} are committed, and the version rows do not say so:\n{done}"
                )
        if any(entry.committed for entry in self._entries):
            error.add_note(
                "hint: undo it by hand, or have the revision step over it (if_exists, if_not_exists), then run again"
            )
