"""The version rows of a run, kept in step with the version table."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from limbeck.graph.rows import exchange

if TYPE_CHECKING:
    from collections.abc import Iterable

    from limbeck.graph.rows import RowChange
    from limbeck.script.steps import MigrationStep

    from .version_table import VersionTable

log = logging.getLogger("alembic.runtime.migration")


class HasVersionTable(Protocol):
    """Such as a ``MigrationContext``."""

    @property
    def versions(self) -> VersionTable:
        """Its version table."""
        ...


class HeadMaintainer:
    """The version rows, changed by steps; in the table at once or later.

    :param context: the context whose version table it is.
    :param heads: the rows that the table has now.
    """

    def __init__(self, context: HasVersionTable, heads: Iterable[str]) -> None:
        self.context = context
        self.rows = tuple(heads)
        self._written = self.rows

    @property
    def heads(self) -> set[str]:
        """The rows, as callbacks see them."""
        return set(self.rows)

    @property
    def written(self) -> tuple[str, ...]:
        """The rows that the table has."""
        return self._written

    def update_to_step(self, step: MigrationStep, *, later: bool = False) -> None:
        """Change the rows as ``step`` does.

        :param later: leave the table as it is until `write`.

        Raises `CommandError` where the table no longer has the rows.
        """
        change = step.change(self.rows)
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s", described(change))
        self.rows = change.apply(self.rows)
        if not later:
            self.context.versions.apply(change)
            self._written = self.rows

    def write(self) -> None:
        """Bring the table up to the rows; raises `CommandError` where it no longer has those of before."""
        change = exchange(self._written, self.rows)
        self.context.versions.apply(change)
        self._written = self.rows


def described(change: RowChange) -> str:
    """A change of the rows as the log says it; programs that read the log know these words."""
    updates = ", ".join(f"update {old} to {new}" for old, new in change.update)
    if not updates:
        deletes = [f"branch delete {row}" for row in change.delete]
        return ", ".join(deletes + [f"new branch insert {row}" for row in change.insert])
    if change.delete:
        return f"merge, delete {list(change.delete)}, {updates}"
    return f"unmerge, insert {change.insert}, {updates}" if change.insert else updates
