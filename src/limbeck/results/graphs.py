"""The history as a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .result import Result

if TYPE_CHECKING:
    from .revisions import RevisionEntry


@dataclass(frozen=True, slots=True)
class GraphLine:
    """A line of a picture of the history, from a revision down to one that it needs.

    :param revision: the id of that one.
    :param kind: ``"parent"`` or ``"dependency"``.
    :param lane: the lane in which the line goes down, counted from 0; lines of one kind to one revision share it.
    """

    revision: str
    kind: Literal["parent", "dependency"]
    lane: int


@dataclass(frozen=True, slots=True)
class GraphDatabase:
    """A database that was asked for a picture of the history.

    :param database: its URL, the password hidden.
    :param rows: ids in its version table.
    :param unknown: those of them that no revision file has.
    """

    database: str
    rows: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GraphRow:
    """A revision in a picture of the history.

    :param revision: the revision.
    :param lane: the lane in which it stands, counted from 0.
    :param lines: the lines to its parents and dependencies, as far as these are in the picture.
    :param labels: the branch labels that its own file declares.
    :param applied_to: URLs of the databases that have it, passwords hidden; null where no database was asked.
    """

    revision: RevisionEntry
    lane: int
    lines: tuple[GraphLine, ...]
    labels: tuple[str, ...]
    applied_to: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class GraphResult(Result):
    """What ``graph`` shows: the history as a picture.

    :param rows: the revisions from the newest down, each above all that it needs.
    :param databases: the databases that were asked what is applied; none where that was not wanted.
    """

    schema = "limbeck.graph"

    rows: tuple[GraphRow, ...]
    databases: tuple[GraphDatabase, ...] = ()
