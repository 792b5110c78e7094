"""Where revisions stand in a picture of the history: a row each, and lanes in which lines go down to what they need.

Rows are counted from the newest revision down, each above all that it needs. A line leaves its revision below its row,
goes down in one lane, and ends in the row of what it leads to. Lines to the same revision share a lane, those of
dependencies another one; so a picture is as wide as the history has lines open at a time, however many revisions stand
on one.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .edges import Edges

    Need = tuple[str, bool]
    """The id of a revision that another needs, and whether it is a dependency."""


class Line(NamedTuple):
    """A line from a revision down to one that it needs.

    :param below: the id of that one.
    :param is_dependency: whether it is a dependency, and no parent.
    :param lane: the lane in which the line goes down.
    """

    below: str
    is_dependency: bool
    lane: int


class Row(NamedTuple):
    """The place of a revision.

    :param revision: its id.
    :param lane: its lane.
    :param lines: a line to each parent and each dependency that is in the picture.
    """

    revision: str
    lane: int
    lines: tuple[Line, ...]


def rows(names: Iterable[str], edges: Edges) -> list[Row]:
    """The places of revisions; takes time in proportion to the revisions and what they need.

    :param names: their ids, in any order; of heads the first stands on top.
    :param edges: of the graph; those to other revisions are left out.
    """
    needs = _needs(list(names), edges)
    lanes = _Lanes()
    made = []
    for name in _in_order(needs):
        lane = lanes.arrive(name)
        made.append(Row(name, lane, lanes.leave(lane, needs[name])))
    return made


def _needs(names: list[str], edges: Edges) -> dict[str, list[Need]]:
    """What each revision needs: parents, then dependencies that are none."""
    shown = set(names)
    found: dict[str, list[Need]] = {}
    for name in names:
        parents = [one for one in edges.parents[name] if one in shown]
        depends = (one for one in dict.fromkeys(edges.dependencies.get(name, ())) if one in shown)
        found[name] = [*((one, False) for one in parents), *((one, True) for one in depends if one not in parents)]
    return found


def _in_order(needs: dict[str, list[Need]]) -> Iterator[str]:
    """Each revision before all that it needs.

    A line is followed down as far as it goes. What a revision depends on comes before its parents where nothing else
    needs it, so that dashed lines are short.
    """
    waits = dict.fromkeys(needs, 0)
    for below in (below for found in needs.values() for below, _ in found):
        waits[below] += 1
    ready = [name for name in reversed(needs) if not waits[name]]
    while ready:
        name = ready.pop()
        yield name
        found = needs[name]
        for below, _ in (*reversed([one for one in found if not one[1]]), *(one for one in found if one[1])):
            waits[below] -= 1
            if not waits[below]:
                ready.append(below)


class _Lanes:
    """The lanes of one row: which line goes down in each, and which are free."""

    def __init__(self) -> None:
        self._of: dict[Need, int] = {}
        self._free: list[int] = []
        self._width = 0

    def arrive(self, name: str) -> int:
        """The lane of a revision: that of a line which leads to it, else a free one; its other lines end."""
        ends = [lane for kind in (False, True) if (lane := self._of.pop((name, kind), None)) is not None]
        for lane in ends[1:]:
            heappush(self._free, lane)
        return ends[0] if ends else self._take()

    def leave(self, lane: int, needs: Sequence[Need]) -> tuple[Line, ...]:
        """The lines down from a revision in ``lane``; the first that shares none goes on in the lane itself."""
        is_taken = False
        for need in needs:
            if need not in self._of:
                self._of[need] = self._take() if is_taken else lane
                is_taken = True
        if not is_taken:
            heappush(self._free, lane)
        return tuple(Line(below, is_dependency, self._of[below, is_dependency]) for below, is_dependency in needs)

    def _take(self) -> int:
        if self._free:
            return heappop(self._free)
        self._width += 1
        return self._width - 1
