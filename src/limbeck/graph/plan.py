"""Plans: all steps of an upgrade, a downgrade or a stamp with their changes to the rows, before the first one runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from . import select
from .edges import closure
from .rows import Ledger, RowChange, effective_current, known_rows
from .stamp import stamp_moves

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .map import RevisionMap

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


def plan_upgrade(graph: RevisionMap, rows: Sequence[str], target: str | Sequence[str] | None) -> Plan:
    """Everything that a target needs and the database lacks, oldest first.

    :param rows: ids in the version table.
    :param target: any target of behaviour 4.3, or several.
    :raises UnknownRows: where the database knows revisions that this checkout lacks.
    :raises RevisionError: for a target that cannot be resolved or walked to.
    """
    start = known_rows(graph, rows)
    todo, heads = select.for_upgrade(graph, target, start, True, False, True)
    if not todo:
        return Plan("upgrade", start, (), start)
    order = graph._newest_first(todo, heads)
    ledger = Ledger(graph, start, closure(start, graph._edges.downs))
    parents = graph._edges.parents
    steps = tuple(Step("upgrade", name, parents[name], (name,), ledger.upgrade(name), True) for name in reversed(order))
    return Plan("upgrade", start, steps, tuple(ledger.rows))


def plan_downgrade(graph: RevisionMap, rows: Sequence[str], target: str | None) -> Plan:
    """Everything that is applied above a target, newest first.

    :param rows: ids in the version table.
    :param target: one target of behaviour 4.3; None for the base.
    :raises UnknownRows: where the database knows revisions that this checkout lacks.
    :raises RevisionError: for a target that cannot be resolved, walked to or gone down to.
    """
    start = known_rows(graph, rows)
    order = graph._newest_first(*select.for_downgrade(graph, start, target, True))
    ledger = Ledger(graph, start, closure(start, graph._edges.downs))
    parents = graph._edges.parents
    steps = tuple(Step("downgrade", name, (name,), parents[name], ledger.downgrade(name), False) for name in order)
    return Plan("downgrade", start, steps, tuple(ledger.rows))


def plan_stamp(graph: RevisionMap, rows: Sequence[str], targets: str | Sequence[str] | None) -> Plan:
    """Rows as if the targets had been reached, without running anything.

    :param rows: ids in the version table.
    :param targets: one target of behaviour 4.3, or several.
    :raises UnknownRows: where the database knows revisions that this checkout lacks (``--purge`` hands in no rows).
    :raises RevisionError: for a target that cannot be resolved.
    """
    start = known_rows(graph, rows)
    ledger = Ledger(graph, start, set())
    steps = tuple(
        Step("stamp", None, move.from_revisions, move.to_revisions, ledger.carry_out(move.change), move.is_upgrade)
        for move in stamp_moves(graph, start, targets)
    )
    return Plan("stamp", start, steps, tuple(ledger.rows))


__all__ = ["Plan", "RowChange", "Step", "effective_current", "plan_downgrade", "plan_stamp", "plan_upgrade"]
