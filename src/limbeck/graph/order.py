"""The order of steps: every revision after all its descendants, one branch after the other.

A walk from the heads down. It stands on one head of what is left, emits it and goes on to its first parent; the other
parents wait at the end of a queue. Where a revision has descendants that are not emitted yet, the walk goes to the
first place of the queue that is one of them or leads to one; where a line ends, to the place before it in the queue.
Places are numbered as they come and never move, so "first" and "before" are comparisons of numbers.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .graph import Graph


def newest_first(graph: Graph, todo: set[str], tips: Iterable[str]) -> list[str]:
    """Sort revisions from the newest down.

    :param graph: the graph that has them.
    :param todo: ids to sort.
    :param tips: ids to start from, of ``todo`` or others.
    :return: all of ``todo``, each revision after all its descendants among them, dependents included.
    """
    if not todo:
        return []
    return _Walk(graph, todo, sorted(tips, key=graph.positions.__getitem__)).order()


class _Walk:
    """One walk over the graph: the queue of places, and which revisions wait for which."""

    __slots__ = ("at", "blockers", "downs", "first", "last", "left", "next", "place", "previous", "ups", "ways")

    def __init__(self, graph: Graph, todo: set[str], tips: list[str]) -> None:
        self.downs = graph.edges.downs
        self.ups = graph.edges.ups
        self.ways = graph.ways_down
        #: of each revision not yet emitted, how many children and dependents are not yet emitted
        self.left = dict.fromkeys(todo, 0)
        for name in todo:
            for below in self.downs[name]:
                if below in self.left:
                    self.left[below] += 1
        #: the revision at each place, the place of each waiting revision, the places around each place
        self.at: list[str] = []
        self.place: dict[str, int] = {}
        self.previous: list[int] = []
        self.next: list[int] = []
        self.first = self.last = -1
        #: of a blocked revision, its descendants not yet emitted: those without a place, and a heap of the others
        self.blockers: dict[str, tuple[set[str], list[tuple[int, str]]]] = {}
        for name in tips:
            if name in self.left and name not in self.place:
                self._queue(name)
        for name in sorted(name for name, count in self.left.items() if not count and name not in self.place):
            self._queue(name)

    def order(self) -> list[str]:
        """Carry the walk out; all revisions in the order in which they are emitted."""
        emitted = []
        here = self.first
        while here >= 0:
            name = self.at[here]
            if self.left[name]:
                here = self._first_blocker(name)
            else:
                emitted.append(name)
                here = self._step(name, here)
        return emitted

    def _step(self, name: str, here: int) -> int:
        """Emit a revision; the place to go on from."""
        del self.left[name]
        del self.place[name]
        self.blockers.pop(name, None)
        ways = [below for below in self.ways(name) if below in self.left and below not in self.place]
        if ways:
            self.at[here] = ways[0]
            self.place[ways[0]] = here
            for below in ways[1:]:
                self._queue(below)
        for below in self.downs[name]:
            if below in self.left:
                self.left[below] -= 1
                if not self.left[below] and below not in self.place:
                    self._queue(below)
        return here if ways else self._leave(here)

    def _queue(self, name: str) -> None:
        """Give a revision a place at the end."""
        number = len(self.at)
        self.place[name] = number
        self.at.append(name)
        self.previous.append(self.last)
        self.next.append(-1)
        if self.last >= 0:
            self.next[self.last] = number
        else:
            self.first = number
        self.last = number

    def _leave(self, number: int) -> int:
        """Remove a place; the one before it, or else the first, or -1 where none is left."""
        previous, following = self.previous[number], self.next[number]
        if previous >= 0:
            self.next[previous] = following
        else:
            self.first = following
        if following >= 0:
            self.previous[following] = previous
        else:
            self.last = previous
        return previous if previous >= 0 else self.first

    def _first_blocker(self, name: str) -> int:
        """The first place at which a descendant of a blocked revision waits.

        The descendants are looked up once for as long as the revision is blocked. The number of the first place can
        only grow, as places never move and new ones come last; so a descendant that was emitted since is replaced by
        its own parents and dependencies.
        """
        if name not in self.blockers:
            descendants = self._descendants(name)
            heap = sorted((self.place[other], other) for other in descendants if other in self.place)
            descendants.difference_update(other for _, other in heap)
            self.blockers[name] = (descendants, heap)
        elsewhere, heap = self.blockers[name]
        while heap[0][1] not in self.left:
            self._replace(heappop(heap)[1], elsewhere, heap)
        return heap[0][0]

    def _replace(self, name: str, elsewhere: set[str], heap: list[tuple[int, str]]) -> None:
        """Put the parents and dependencies of an emitted blocker on the heap; for one emitted too, its own in turn."""
        emitted = [name]
        while emitted:
            for below in self.downs[emitted.pop()]:
                if below in elsewhere and below in self.place:
                    elsewhere.discard(below)
                    heappush(heap, (self.place[below], below))
                elif below in elsewhere and below not in self.left:
                    elsewhere.discard(below)
                    emitted.append(below)

    def _descendants(self, name: str) -> set[str]:
        """All descendants of a revision that are not yet emitted."""
        found: set[str] = set()
        pending = [name]
        while pending:
            for up in self.ups.get(pending.pop(), ()):
                if up in self.left and up not in found:
                    found.add(up)
                    pending.append(up)
        return found
