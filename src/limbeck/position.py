"""Where a database is: its version rows, and what they mean to the history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .runtime.migration import MigrationContext
    from .script import Script


@dataclass(frozen=True, slots=True)
class Position:
    """The position of a database.

    :param context: the context of the database.
    :param rows: ids in its version table.
    :param unknown: those of them that no revision file has.
    :param applied: the heads of what is applied, dependencies included, by id; without the unknown ones.
    :param is_at_heads: whether the rows are exactly the heads.
    """

    context: MigrationContext
    rows: tuple[str, ...]
    unknown: tuple[str, ...]
    applied: tuple[Script, ...]
    is_at_heads: bool

    @property
    def database(self) -> str:
        """The URL of the database, its password hidden."""
        return url(self.context)


def url(context: MigrationContext) -> str:
    """The URL of the database of ``context``, its password hidden."""
    connection = context.connection
    return "" if connection is None else connection.engine.url.render_as_string(hide_password=True)
