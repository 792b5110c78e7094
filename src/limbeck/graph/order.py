"""The order of steps: every revision after all that stand above it, one branch after the other (behaviour 15).

A walker stands on one head of what is left, emits it and goes on to its first parent; the other parents wait at the
end of the queue. Where a revision is still needed by another head, the walker goes to the first such head; where a
line ends, to the head before it in the queue. The places of the queue are numbered as they come and never move, so
"first" and "before" are comparisons of numbers.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


def newest_first(
    todo: set[str],
    heads: Iterable[str],
    downs: Mapping[str, Sequence[str]],
    ups: Mapping[str, Sequence[str]],
    ways_down: Callable[[str], Sequence[str]],
) -> list[str]:
    """Sort revisions from the tips down.

    :param todo: what to sort.
    :param heads: where to start, in load order.
    :param downs: all edges down, dependencies included.
    :param ups: the same edges up.
    :param ways_down: of one revision, the edges down that the walker may take, in order.
    :return: all of ``todo``, each revision after everything in ``todo`` that stands above it.
    """
    return _Walker(todo, heads, downs, ups, ways_down).walk()


class _Walker:
    """One walk over the graph: the queue of heads, and what is known of who blocks whom."""

    __slots__ = (
        "at",
        "before",
        "behind",
        "blockers",
        "downs",
        "first",
        "last",
        "left",
        "place",
        "ups",
        "ways",
    )

    def __init__(
        self,
        todo: set[str],
        heads: Iterable[str],
        downs: Mapping[str, Sequence[str]],
        ups: Mapping[str, Sequence[str]],
        ways_down: Callable[[str], Sequence[str]],
    ) -> None:
        self.downs = downs
        self.ups = ups
        self.ways = ways_down
        #: of each revision not yet emitted, how many that are not yet emitted stand right above it
        self.left = dict.fromkeys(todo, 0)
        for name in todo:
            for below in downs[name]:
                if below in self.left:
                    self.left[below] += 1
        #: the revision at each place, the place of each waiting revision, the places around each place
        self.at: list[str] = []
        self.place: dict[str, int] = {}
        self.before: list[int] = []
        self.behind: list[int] = []
        self.first = self.last = -1
        #: of a blocked revision, a heap of the places above it, and what else stands above it
        self.blockers: dict[str, tuple[set[str], list[tuple[int, str]]]] = {}
        for name in heads:
            if name in self.left and name not in self.place:
                self._queue(name)
        for name in sorted(name for name, count in self.left.items() if not count and name not in self.place):
            self._queue(name)

    def walk(self) -> list[str]:
        order: list[str] = []
        here = self.first
        while here >= 0:
            name = self.at[here]
            if self.left[name]:
                here = self._first_place_above(name)
            else:
                order.append(name)
                here = self._step(name, here)
        return order

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
        self.before.append(self.last)
        self.behind.append(-1)
        if self.last >= 0:
            self.behind[self.last] = number
        else:
            self.first = number
        self.last = number

    def _leave(self, number: int) -> int:
        """Close a place; the one before it, or else the first, or -1 where none is left."""
        before, behind = self.before[number], self.behind[number]
        if before >= 0:
            self.behind[before] = behind
        else:
            self.first = behind
        if behind >= 0:
            self.before[behind] = before
        else:
            self.last = before
        return before if before >= 0 else self.first

    def _first_place_above(self, name: str) -> int:
        """The first place from which the edges lead down to a blocked revision.

        What stands above is looked up once for as long as the revision is blocked. That number can only grow, as
        places never move and new ones come last; so whoever was emitted since is replaced by those right below it.
        """
        if name not in self.blockers:
            above = self._still_above(name)
            heap = sorted((self.place[other], other) for other in above if other in self.place)
            above.difference_update(other for _, other in heap)
            self.blockers[name] = (above, heap)
        above, heap = self.blockers[name]
        while heap[0][1] not in self.left:
            emitted = [heappop(heap)[1]]
            while emitted:
                for below in self.downs[emitted.pop()]:
                    if below in above and below in self.place:
                        above.discard(below)
                        heappush(heap, (self.place[below], below))
                    elif below in above and below not in self.left:
                        above.discard(below)
                        emitted.append(below)
        return heap[0][0]

    def _still_above(self, name: str) -> set[str]:
        """All that is not yet emitted and stands above a revision."""
        found: set[str] = set()
        pending = [name]
        while pending:
            for up in self.ups.get(pending.pop(), ()):
                if up in self.left and up not in found:
                    found.add(up)
                    pending.append(up)
        return found
