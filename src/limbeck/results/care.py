"""Histories that were rewritten: rebased, merged, squashed, pruned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .result import Result

if TYPE_CHECKING:
    from .plans import PlannedUnknown
    from .revisions import WrittenResult


@dataclass(frozen=True, slots=True)
class RebasedRevision:
    """A revision that is put on top of another.

    :param revision: its id.
    :param doc: the first paragraph of its docstring.
    :param before: ids of its parents as they were.
    :param after: ids of its parents then.
    :param path: its file.
    :param new_path: its file then, whose name may say when it was made.
    """

    revision: str
    doc: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    path: str
    new_path: str


@dataclass(frozen=True, slots=True)
class RebaseResult(Result):
    """What ``rebase`` moves.

    :param onto: the branch or commit of git.
    :param revisions: the revisions, ancestors first.
    :param heads: ids of the heads afterwards.
    :param files: paths of all files that are written, renamed or deleted.
    """

    schema = "limbeck.rebase"

    onto: str
    revisions: tuple[RebasedRevision, ...]
    heads: tuple[str, ...]
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SquashResult(Result):
    """What ``squash`` writes.

    :param revision: id of the squash, that of the last revision which it stands for.
    :param down_revisions: ids of its parents.
    :param replaces: ids of the revisions that it stands for, oldest first, its own last.
    :param path: its file.
    :param source: what that holds.
    :param files: paths of all files that are written, moved or removed.
    """

    schema = "limbeck.squash"

    revision: str
    down_revisions: tuple[str, ...]
    replaces: tuple[str, ...]
    path: str
    source: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DroppedResult(Result):
    """What ``squash --drop-replaced`` removes.

    :param squashes: ids of the squashes, which are revisions like any other then.
    :param replaced: ids of the revisions that are removed.
    :param databases: URLs of the databases that were asked where they stand, passwords hidden.
    :param files: paths of the files that are removed.
    """

    schema = "limbeck.dropped"

    squashes: tuple[str, ...]
    replaced: tuple[str, ...]
    databases: tuple[str, ...]
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClashingAction:
    """What one of two revisions does to an object that both touch.

    :param revision: its id.
    :param doc: the first paragraph of its docstring.
    :param text: what it does, in a few words.
    :param file: the file that says so; null where it is not known.
    :param line: the line of that file.
    """

    revision: str
    doc: str
    text: str
    file: str | None
    line: int | None


@dataclass(frozen=True, slots=True)
class Clash:
    """An object that revisions of two sides both touch, so that their order makes a difference.

    :param table: the table; null for what belongs to none, as a function.
    :param part: what of it, as ``column name``, ``index ix_name`` or ``rows``; null: all of it.
    :param sides: what the two revisions do to it.
    """

    table: str | None
    part: str | None
    sides: tuple[ClashingAction, ClashingAction]


@dataclass(frozen=True, slots=True)
class MergeResult(Result):
    """What ``merge --auto`` finds and writes.

    :param heads: ids of the heads.
    :param clashes: what revisions of two sides both touch.
    :param unknown: where it cannot be known what a revision does.
    :param differs: what comes out otherwise where the sides run in another order, a line each.
    :param written: the revision that merges them; null where they are not merged.
    """

    schema = "limbeck.merge"

    heads: tuple[str, ...]
    clashes: tuple[Clash, ...]
    unknown: tuple[PlannedUnknown, ...]
    differs: tuple[str, ...]
    written: WrittenResult | None


@dataclass(frozen=True, slots=True)
class PruneResult(Result):
    """What ``prune`` removes.

    :param revision: id of the revision that becomes a base.
    :param removed: ids of the revisions below it, which are removed, oldest first.
    :param databases: URLs of the databases that were asked where they stand, passwords hidden.
    :param path: the file of the new base.
    :param files: paths of the files that are removed.
    """

    schema = "limbeck.prune"

    revision: str
    removed: tuple[str, ...]
    databases: tuple[str, ...]
    path: str
    files: tuple[str, ...]
