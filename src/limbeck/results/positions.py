"""Where databases are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .result import Result

if TYPE_CHECKING:
    from .revisions import RevisionEntry


@dataclass(frozen=True, slots=True)
class Current(Result):
    """Where a database is.

    :param rows: ids in its version table.
    :param unknown: those of them that no revision file has.
    :param is_at_heads: whether the rows are exactly the heads.
    :param revisions: the heads of what is applied, dependencies included, by id.
    :param database: URL of the database, its password hidden.
    """

    schema = "limbeck.database"

    rows: tuple[str, ...]
    unknown: tuple[str, ...]
    is_at_heads: bool
    revisions: tuple[RevisionEntry, ...]
    database: str


@dataclass(frozen=True, slots=True)
class CurrentResult(Result):
    """What ``current`` finds.

    :param databases: the databases that env.py configures, in its order.
    """

    schema = "limbeck.current"

    databases: tuple[Current, ...]
