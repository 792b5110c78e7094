"""Plans: all steps of an upgrade, a downgrade or a stamp and what they do to the rows, before the first one runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from . import select
from .edges import closure
from .order import newest_first
from .rows import RowChange, VersionRows, effective_current, known_rows
from .stamp import stamp_moves

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .graph import Graph

Kind = Literal["upgrade", "downgrade", "stamp"]


class Step(NamedTuple):
    """One step of a plan.

    :param kind: "upgrade", "downgrade" or "stamp".
    :param revision: id of the revision that runs; None for a stamp.
    :param from_revisions: ids on the left of "->" in the log line, parents only.
    :param to_revisions: ids on its right.
    :param change: what happens to the rows.
    :param is_upgrade: whether the database is higher afterwards.
    """

    kind: Kind
    revision: str | None
    from_revisions: tuple[str, ...]
    to_revisions: tuple[str, ...]
    change: RowChange
    is_upgrade: bool


class Plan(NamedTuple):
    """All steps from the rows of a database to a target.

    :param kind: "upgrade", "downgrade" or "stamp".
    :param start: the rows before.
    :param steps: in the order in which they run.
    :param end: the rows after.
    """

    kind: Kind
    start: tuple[str, ...]
    steps: tuple[Step, ...]
    end: tuple[str, ...]


def plan_upgrade(graph: Graph, rows: Sequence[str], target: str | Sequence[str] | None) -> Plan:
    """Everything that a target needs and the database lacks, oldest first.

    :param rows: ids in the version table.
    :param target: one target or several; see `limbeck.graph.target` for the grammar.
    :raises UnknownRows: where the version table has ids that no revision of the graph has.
    :raises RevisionError: for a target that cannot be resolved or walked to.
    """
    start = known_rows(graph, rows)
    selection = select.for_upgrade(graph, target, start, True, False, True)
    if not selection.ids:
        return Plan("upgrade", start, (), start)
    order = newest_first(graph, *selection)
    now = VersionRows(graph, start, closure(start, graph.edges.downs))
    parents = graph.edges.parents
    steps = tuple(Step("upgrade", name, parents[name], (name,), now.upgrade(name), True) for name in reversed(order))
    return Plan("upgrade", start, steps, tuple(now.rows))


def plan_skipped(
    graph: Graph, rows: Sequence[str], skipped: Sequence[str], target: str | Sequence[str] | None = None
) -> Plan:
    """What was skipped below the rows, which it leaves as they are, and then every ancestor of a target.

    :param rows: ids in the version table.
    :param skipped: ids of applied revisions that never ran, ancestors first.
    :param target: as for `plan_upgrade`; None: nothing else.
    :raises UnknownRows: where the version table has ids that no revision of the graph has.
    :raises RevisionError: for a target that cannot be resolved or walked to.
    """
    start = known_rows(graph, rows)
    parents = graph.edges.parents
    first = tuple(Step("upgrade", name, parents[name], (name,), RowChange(), True) for name in skipped)
    rest = Plan("upgrade", start, (), start) if target is None else plan_upgrade(graph, rows, target)
    return rest._replace(steps=(*first, *rest.steps))


def plan_downgrade(graph: Graph, rows: Sequence[str], target: str | None, *, undo_merges: bool = False) -> Plan:
    """Every applied descendant of a target, newest first.

    :param rows: ids in the version table.
    :param target: one target; None for the base.
    :param undo_merges: let a walk down end with a merge point, which is taken back: both its parents stay.
    :raises UnknownRows: where the version table has ids that no revision of the graph has.
    :raises RevisionError: for a target that cannot be resolved, walked to or gone down to.
    """
    start = known_rows(graph, rows)
    order = newest_first(graph, *select.for_downgrade(graph, start, target, True, undo_merges=undo_merges))
    now = VersionRows(graph, start, closure(start, graph.edges.downs))
    parents = graph.edges.parents
    steps = tuple(Step("downgrade", name, (name,), parents[name], now.downgrade(name), False) for name in order)
    return Plan("downgrade", start, steps, tuple(now.rows))


def plan_switch(graph: Graph, rows: Sequence[str], wanted: Graph) -> Plan:
    """Everything applied that another graph does not have, or has in another place, newest first.

    A revision is in the same place where it has the same parents and dependencies there, and so have all its ancestors.

    :param rows: ids in the version table.
    :param wanted: the other graph.
    :raises UnknownRows: where the version table has ids that no revision of the graph has.
    """
    start = known_rows(graph, rows)
    downs, there = graph.edges.downs, wanted.edges.downs
    applied = closure(start, downs)
    common: set[str] = set()
    for name in reversed(newest_first(graph, applied, applied)):
        if name in there and set(downs[name]) == set(there[name]) and common.issuperset(downs[name]):
            common.add(name)
    gone = applied - common
    now = VersionRows(graph, start, applied)
    parents = graph.edges.parents
    steps = tuple(
        Step("downgrade", name, (name,), parents[name], now.downgrade(name), False)
        for name in newest_first(graph, gone, gone)
    )
    return Plan("downgrade", start, steps, tuple(now.rows))


def plan_stamp(graph: Graph, rows: Sequence[str], targets: str | Sequence[str] | None) -> Plan:
    """The rows as if the targets had been reached, without running any script.

    :param rows: ids in the version table.
    :param targets: one target or several.
    :raises UnknownRows: where the version table has ids that no revision of the graph has (``--purge`` hands in none).
    :raises RevisionError: for a target that cannot be resolved.
    """
    start = known_rows(graph, rows)
    now = VersionRows(graph, start, set())
    steps = tuple(
        Step("stamp", None, move.from_revisions, move.to_revisions, now.carry_out(move.change), move.is_upgrade)
        for move in stamp_moves(graph, start, targets)
    )
    return Plan("stamp", start, steps, tuple(now.rows))


__all__ = [
    "Plan",
    "RowChange",
    "Step",
    "effective_current",
    "plan_downgrade",
    "plan_skipped",
    "plan_stamp",
    "plan_switch",
    "plan_upgrade",
]
