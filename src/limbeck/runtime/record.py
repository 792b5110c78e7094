"""What a step has executed so far, and what of it is committed already: so that a failure can say (failures R10, R11)."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

    from limbeck.ddl.impl import DefaultImpl
    from limbeck.script.steps import MigrationStep

_SHOWN = 200
"""Characters of a statement that a message shows."""


class StatementRecord:
    """The statements of the present step, by whether a rollback would undo them.

    :param impl: the impl that knows which statements commit by themselves.
    """

    def __init__(self, impl: DefaultImpl) -> None:
        self._impl = impl
        self.pending: list[str] = []
        self.committed: list[str] = []
        self.autocommit = False

    @contextmanager
    def of(self, connection: Connection | None) -> Iterator[None]:
        """Keep the record of ``connection`` while the block runs; a script has none."""
        if connection is None:
            yield
            return
        event.listen(connection, "after_cursor_execute", self._executed)
        try:
            yield
        finally:
            event.remove(connection, "after_cursor_execute", self._executed)

    def start(self) -> None:
        """A step begins."""
        self.pending = []
        self.committed = []

    def committed_all(self) -> None:
        """The open transaction was committed."""
        self.committed += self.pending
        self.pending = []

    def _executed(
        self, connection: Connection, _cursor: Any, statement: str, _parameters: Any, _context: Any, _many: bool
    ) -> None:
        self.pending.append(statement)
        if self.autocommit or self._impl.commits_itself(connection, statement):
            self.committed_all()

    def explain(self, error: Exception, step: MigrationStep) -> None:
        """Add to ``error`` which step failed, and what it leaves behind."""
        script = getattr(step, "revision", None)
        where = "" if script is None else f" ({script.path})"
        error.add_note(f"while running {step.short_log}{where}")
        if self.committed:
            done = "\n".join(f"    {' '.join(text.split())[:_SHOWN]}" for text in self.committed)
            error.add_note(
                f"these statements of it are committed, and the version rows do not say so:\n{done}\n"
                "  hint: undo them by hand, or have the revision step over them (if_exists, if_not_exists); then run again"
            )
