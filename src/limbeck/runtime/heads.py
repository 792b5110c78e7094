"""The version rows of a run, kept in step with the version table (behaviour 4.6)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from limbeck.graph.rows import exchange

if TYPE_CHECKING:
    from collections.abc import Iterable

    from limbeck.graph.rows import RowChange
    from limbeck.script.steps import MigrationStep

    from .migration import MigrationContext

log = logging.getLogger("alembic.runtime.migration")


class HeadMaintainer:
    """What a step does to the version rows, done to the table and remembered.

    :param context: the context whose version table it is.
    :param heads: the rows as they are.
    """

    def __init__(self, context: MigrationContext, heads: Iterable[str]) -> None:
        self.context = context
        self.rows = tuple(heads)
        #: the rows as the table has them
        self.written = self.rows

    @property
    def heads(self) -> set[str]:
        """The rows, as callbacks see them."""
        return set(self.rows)

    def update_to_step(self, step: MigrationStep, *, later: bool = False) -> None:
        """Change the rows as ``step`` does, with ``later`` for `write` to bring to the table.

        Raises `CommandError` where the table has them no more.
        """
        change = step.change(self.rows)
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s", told(change))
        self.rows = change.apply(self.rows)
        if not later:
            self.context._versions.apply(change)
            self.written = self.rows

    def write(self) -> None:
        """Write what was kept back; raises `CommandError` where the table has the rows of before no more."""
        change = exchange(self.written, self.rows)
        self.context._versions.apply(change)
        self.written = self.rows


def told(change: RowChange) -> str:
    """A change of the rows in words, as programs that read the log know them."""
    updates = ", ".join(f"update {old} to {new}" for old, new in change.update)
    if not updates:
        gone = [f"branch delete {row}" for row in change.delete]
        return ", ".join(gone + [f"new branch insert {row}" for row in change.insert])
    if change.delete:
        return f"merge, delete {list(change.delete)}, {updates}"
    return f"unmerge, insert {change.insert}, {updates}" if change.insert else updates
