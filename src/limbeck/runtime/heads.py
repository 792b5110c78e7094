"""The version rows of a run, kept in step with the version table (behaviour 4.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from limbeck.script.steps import MigrationStep

    from .migration import MigrationContext


class HeadMaintainer:
    """What a step does to the version rows, done to the table and remembered.

    :param context: the context whose version table it is.
    :param heads: the rows as they are.
    """

    def __init__(self, context: MigrationContext, heads: Iterable[str]) -> None:
        self.context = context
        self.rows = tuple(heads)

    @property
    def heads(self) -> set[str]:
        """The rows, as callbacks see them."""
        return set(self.rows)

    def update_to_step(self, step: MigrationStep) -> None:
        """Change the rows as ``step`` does; raises `CommandError` where the table has them no more."""
        change = step.change(self.rows)
        self.context._versions.apply(change)
        self.rows = change.apply(self.rows)
