"""Revisions, and files of them that were written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .result import Result

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class RevisionEntry:
    """A revision.

    :param revision: its id.
    :param down_revisions: ids of its parents.
    :param depends_on: what it depends on, as its file names it.
    :param branch_labels: its labels, those inherited along its branch included.
    :param doc: first paragraph of its docstring.
    :param path: path of its file.
    :param is_head: whether no revision follows it.
    :param is_current: whether the database is at it; null where no database was asked.
    :param is_effective_head: whether it is a head that another revision depends on.
    :param is_branch_point: whether several revisions follow it.
    :param is_merge_point: whether it has several parents.
    :param children: ids of the revisions that follow it.
    :param longdoc: its whole docstring; null where it was not asked for.
    :param date: when it was made, as its file says, else when it was committed; null where neither is known, and where
        it was not asked for.
    :param author: who committed its file first; null where git does not know it, and where it was not asked for.
    """

    revision: str
    down_revisions: tuple[str, ...]
    depends_on: tuple[str, ...]
    branch_labels: tuple[str, ...]
    doc: str
    path: str
    is_head: bool
    is_current: bool | None = None
    is_effective_head: bool = False
    is_branch_point: bool = False
    is_merge_point: bool = False
    children: tuple[str, ...] = ()
    longdoc: str | None = None
    date: str | None = None
    author: str | None = None


@dataclass(frozen=True, slots=True)
class RevisionsResult(Result):
    """What ``heads``, ``history`` and ``show`` list: a sequence of revisions.

    :param revisions: the revisions, in the order in which the command lists them.
    """

    schema = "limbeck.revisions"

    revisions: tuple[RevisionEntry, ...]

    def __iter__(self) -> Iterator[RevisionEntry]:
        return iter(self.revisions)

    def __len__(self) -> int:
        return len(self.revisions)

    def __getitem__(self, position: int) -> RevisionEntry:
        return self.revisions[position]


@dataclass(frozen=True, slots=True)
class BranchPoint:
    """A revision that several revisions follow.

    :param revision: the revision.
    :param branches: the revisions that follow it, by id.
    """

    revision: RevisionEntry
    branches: tuple[RevisionEntry, ...]


@dataclass(frozen=True, slots=True)
class BranchesResult(Result):
    """What ``branches`` lists.

    :param branch_points: the branch points, newest first.
    """

    schema = "limbeck.branches"

    branch_points: tuple[BranchPoint, ...]


@dataclass(frozen=True, slots=True)
class WrittenResult(Result):
    """A revision file that was written.

    :param revision: id of the revision.
    :param path: path of its file.
    """

    schema = "limbeck.written"

    revision: str
    path: str


@dataclass(frozen=True, slots=True)
class ScriptsResult(Result):
    """What ``revision`` and ``merge`` write.

    :param scripts: the revision files; none where there was nothing to write.
    """

    schema = "limbeck.scripts"

    scripts: tuple[WrittenResult, ...]
