"""The rows of the version table: what they say is applied, and how each step changes them.

The rows are the tips of what is applied: the applied revisions that no other applied revision needs as a parent or as a
dependency. So a revision loses its row to the one that is applied on top of it, and gets it back on the way down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .edges import closure
from .errors import UnknownRows, not_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .graph import Graph


class RowChange(NamedTuple):
    """What a step does to the rows, in this order.

    :param delete: ids whose row is deleted.
    :param insert: ids that get a row.
    :param update: pairs (id in the row, id to put there).
    """

    delete: tuple[str, ...] = ()
    insert: tuple[str, ...] = ()
    update: tuple[tuple[str, str], ...] = ()

    def apply(self, rows: Iterable[str]) -> tuple[str, ...]:
        """The rows after the change; the old ones keep their order, new ones come last."""
        moved = dict(self.update)
        kept = [moved.get(row, row) for row in rows if row not in self.delete]
        return (*kept, *self.insert)


def exchange(before: Iterable[str], after: Iterable[str]) -> RowChange:
    """The one change that leads from the rows ``before`` to the rows ``after``."""
    old, new = dict.fromkeys(before), dict.fromkeys(after)
    gone, come = [row for row in old if row not in new], [row for row in new if row not in old]
    moved = tuple(zip(gone, come, strict=False))
    return RowChange(delete=tuple(gone[len(moved) :]), insert=tuple(come[len(moved) :]), update=moved)


def unknown_rows(graph: Graph, rows: Iterable[str]) -> tuple[str, ...]:
    """Ids in the version table that no revision of the graph has."""
    return tuple(row for row in rows if row not in graph.nodes)


def known_rows(graph: Graph, rows: Iterable[str]) -> tuple[str, ...]:
    """The rows, each once.

    :raises UnknownRows: naming all ids that no revision of the graph has.
    :raises TargetSyntaxError: for a row that is not a string.
    """
    found = tuple(dict.fromkeys(rows))
    unknown = unknown_rows(graph, found)
    if unknown:
        for row in unknown:
            if not isinstance(row, str):
                raise not_text(row)
        raise UnknownRows(unknown)
    return found


def effective_current(graph: Graph, rows: Iterable[str]) -> tuple[str, ...]:
    """The newest applied revision of every branch, in load order, those included that are implied by dependencies.

    :param rows: ids in the version table; unknown ones are left out, see `unknown_rows`.
    """
    known = tuple(row for row in rows if row in graph.nodes)
    if len(known) <= 1 and not graph.has_dependencies:
        return known
    applied = closure(known, graph.edges.downs)
    inner = {parent for name in applied for parent in graph.edges.parents[name]}
    return tuple(sorted(applied - inner, key=graph.positions.__getitem__))


class VersionRows:
    """The rows as a plan changes them, step by step.

    :param graph: the graph.
    :param rows: ids in the version table, all known.
    :param applied: ids of the revisions that the rows say are applied; changed with each step.
    """

    __slots__ = ("_applied", "_graph", "_needed_by", "rows")

    def __init__(self, graph: Graph, rows: Iterable[str], applied: set[str]) -> None:
        self._graph = graph
        self._applied = applied
        #: of some revisions, how many applied revisions need them directly
        self._needed_by: dict[str, int] = {}
        self.rows = dict.fromkeys(rows)

    def upgrade(self, name: str) -> RowChange:
        """Apply a revision: its row replaces those of its parents and dependencies."""
        absorbed = []
        for below in self._graph.edges.downs[name]:
            if below in self._needed_by:
                self._needed_by[below] += 1
            if below in self.rows:
                absorbed.append(below)
        self._applied.add(name)
        if not absorbed:
            return self.carry_out(RowChange(insert=(name,)))
        return self.carry_out(RowChange(delete=tuple(absorbed[:-1]), update=((absorbed[-1], name),)))

    def downgrade(self, name: str) -> RowChange:
        """Revert a revision: its parents and dependencies get rows, unless another applied revision needs them."""
        exposed = []
        for below in self._graph.edges.downs[name]:
            if self._count_needing(below) == 1 and below not in self.rows:
                exposed.append(below)
            self._needed_by[below] -= 1
        self._applied.discard(name)
        if name not in self.rows:
            return RowChange()
        if not exposed:
            return self.carry_out(RowChange(delete=(name,)))
        return self.carry_out(RowChange(insert=tuple(exposed[:-1]), update=((name, exposed[-1]),)))

    def _count_needing(self, name: str) -> int:
        """How many applied revisions have this one as parent or dependency."""
        count = self._needed_by.get(name)
        if count is None:
            count = self._needed_by[name] = sum(up in self._applied for up in self._graph.edges.ups[name])
        return count

    def carry_out(self, change: RowChange) -> RowChange:
        """Make a change, and return it."""
        for name in (*change.delete, *(old for old, _ in change.update)):
            del self.rows[name]
        for name in (*change.insert, *(new for _, new in change.update)):
            self.rows[name] = None
        return change


def change(graph: Graph, rows: Sequence[str], revision_id: str, is_upgrade: bool) -> RowChange:
    """What one step on its own does to the rows.

    :param rows: ids in the version table.
    :param revision_id: full id of the revision that runs.
    :param is_upgrade: True for its ``upgrade()``, False for its ``downgrade()``.
    :raises UnknownRows: for ids that no revision of the graph has.
    """
    known = known_rows(graph, rows)
    now = VersionRows(graph, known, closure(known, graph.edges.downs))
    return now.upgrade(revision_id) if is_upgrade else now.downgrade(revision_id)
