"""The rows of the version table: what they say is applied, and how each step changes them (behaviour 4.6).

The rows are the tips of what is applied: every applied revision that no applied revision stands on, dependents
counted. So a revision that is needed by another one gives up its row to it, and gets it back on the way down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .edges import closure
from .errors import TargetSyntaxError, UnknownRows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .map import RevisionMap


class RowChange(NamedTuple):
    """What a step does to the rows, in this order.

    :param delete: ids whose row goes.
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
    """The one change that leads from the rows ``before`` to those ``after``."""
    old, new = dict.fromkeys(before), dict.fromkeys(after)
    gone, come = [row for row in old if row not in new], [row for row in new if row not in old]
    moved = tuple(zip(gone, come, strict=False))
    return RowChange(delete=tuple(gone[len(moved) :]), insert=tuple(come[len(moved) :]), update=moved)


def unknown_rows(graph: RevisionMap, rows: Iterable[str]) -> tuple[str, ...]:
    """Ids in the version table that this checkout does not have (failure R14)."""
    return tuple(row for row in rows if row not in graph._nodes)


def known_rows(graph: RevisionMap, rows: Iterable[str]) -> tuple[str, ...]:
    """The rows, each once.

    :raises UnknownRows: naming all ids that this checkout does not have.
    :raises TargetSyntaxError: for a row that is no text.
    """
    found = tuple(dict.fromkeys(rows))
    unknown = unknown_rows(graph, found)
    if unknown:
        for row in unknown:
            if not isinstance(row, str):
                raise TargetSyntaxError(
                    f"revision identifier {row!r} is not a string; ensure database driver settings are correct",
                    row,
                    "the version table's column has to come back as text.",
                )
        raise UnknownRows(unknown)
    return found


def effective_current(graph: RevisionMap, rows: Iterable[str]) -> tuple[str, ...]:
    """The tips of every branch of what is applied, also those that only a dependency implies, in load order.

    :param rows: ids in the version table; unknown ones are left out, see `unknown_rows`.
    """
    known = tuple(row for row in rows if row in graph._nodes)
    if len(known) <= 1 and not graph._depends:
        return known
    applied = closure(known, graph._edges.downs)
    inner = {below for name in applied for below in graph._edges.parents[name]}
    return tuple(sorted(applied - inner, key=graph._positions.__getitem__))


class Ledger:
    """The rows during a plan.

    :param graph: the graph.
    :param rows: ids in the version table, all known.
    :param applied: all that they say is applied.
    """

    __slots__ = ("_applied", "_graph", "_standing", "rows")

    def __init__(self, graph: RevisionMap, rows: Iterable[str], applied: set[str]) -> None:
        self._graph = graph
        self._applied = applied
        self._standing: dict[str, int] = {}
        self.rows = dict.fromkeys(rows)

    def upgrade(self, name: str) -> RowChange:
        """Apply a revision: its row replaces those of the revisions right below it."""
        absorbed = []
        for below in self._graph._edges.downs[name]:
            if below in self._standing:
                self._standing[below] += 1
            if below in self.rows:
                absorbed.append(below)
        self._applied.add(name)
        if not absorbed:
            return self.carry_out(RowChange(insert=(name,)))
        return self.carry_out(RowChange(delete=tuple(absorbed[:-1]), update=((absorbed[-1], name),)))

    def downgrade(self, name: str) -> RowChange:
        """Take a tip away: the revisions right below it get rows, unless something else still stands on them."""
        exposed = []
        for below in self._graph._edges.downs[name]:
            if self._count_standing_on(below) == 1 and below not in self.rows:
                exposed.append(below)
            self._standing[below] -= 1
        self._applied.discard(name)
        if name not in self.rows:
            return RowChange()
        if not exposed:
            return self.carry_out(RowChange(delete=(name,)))
        return self.carry_out(RowChange(insert=tuple(exposed[:-1]), update=((name, exposed[-1]),)))

    def _count_standing_on(self, name: str) -> int:
        """How many applied revisions stand right above one."""
        count = self._standing.get(name)
        if count is None:
            count = self._standing[name] = sum(up in self._applied for up in self._graph._edges.ups[name])
        return count

    def carry_out(self, change: RowChange) -> RowChange:
        """Keep the rows up with a change."""
        for name in (*change.delete, *(old for old, _ in change.update)):
            del self.rows[name]
        for name in (*change.insert, *(new for _, new in change.update)):
            self.rows[name] = None
        return change


def change(graph: RevisionMap, rows: Sequence[str], revision_id: str, is_upgrade: bool) -> RowChange:
    """What one step alone does to the rows.

    :param rows: ids in the version table.
    :param revision_id: full id of the revision that runs.
    :param is_upgrade: which way.
    :raises UnknownRows: for ids that this checkout does not have.
    """
    known = known_rows(graph, rows)
    ledger = Ledger(graph, known, closure(known, graph._edges.downs))
    return ledger.upgrade(revision_id) if is_upgrade else ledger.downgrade(revision_id)
