"""How a stamp changes the rows of the version table, one move after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .edges import closure
from .resolve import parse, revisions
from .rows import RowChange
from .select import branch_down_to_base

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .graph import Graph


class Move(NamedTuple):
    """One move of the rows.

    :param from_revisions: ids of the rows that are replaced.
    :param to_revisions: the ids that replace them; none for the base.
    :param change: what happens to the rows.
    :param is_upgrade: whether the new row is a descendant of the old ones.
    """

    from_revisions: tuple[str, ...]
    to_revisions: tuple[str, ...]
    change: RowChange
    is_upgrade: bool


def stamp_moves(graph: Graph, rows: Sequence[str], targets: str | Sequence[str] | None) -> Iterator[Move]:
    """The moves, one for each target that is not a row yet.

    A target replaces the rows that are its ancestors or descendants. A row that is itself a target stays, so stamping
    all heads of a database that is at some of them loses none. A target that another target needs gets no row.

    :param rows: ids in the version table, all known.
    :param targets: one target or several; the base (of a branch) deletes its rows.
    """
    wanted: list[str] = []
    left = dict.fromkeys(rows)
    for target in [targets] if targets is None or isinstance(targets, str) else targets:
        found = [node.revision for node in revisions(graph, target) if node is not None]
        wanted += found
        if not found:
            yield from _to_base(graph, left, target)
    yield from _to_revisions(graph, left, wanted)


def _to_revisions(graph: Graph, left: dict[str, None], wanted: Sequence[str]) -> Iterator[Move]:
    """Give each of the revisions a row, except those that another one needs."""
    edges = graph.edges
    implied = closure([below for name in wanted for below in edges.downs[name]], edges.downs)
    tips = dict.fromkeys(name for name in wanted if name not in implied)
    start = [row for row in left if row not in tips]
    new = [name for name in tips if name not in left]
    higher = _rows_reached(new, start, edges.ups, edges.downs)
    lower = _rows_reached(new, start, edges.downs, edges.ups)
    for name in new:
        replaced = [row for row in (*higher[name], *lower[name]) if row in left]
        for row in replaced:
            del left[row]
        change = (
            RowChange(delete=tuple(replaced[:-1]), update=((replaced[-1], name),))
            if replaced
            else RowChange(insert=(name,))
        )
        yield Move(tuple(higher[name] or lower[name]), (name,), change, not higher[name])


def _to_base(graph: Graph, left: dict[str, None], target: str | None) -> Iterator[Move]:
    """Take the rows of a branch, or all rows, out of ``left``; what else they say is applied gets rows of its own."""
    branch = None if target is None else parse(graph, target).branch
    applied = closure(left, graph.edges.downs)
    gone = applied if branch is None else branch_down_to_base(graph, applied, branch)
    rows = [row for row in left if row in gone]
    kept = applied - gone
    inner = {below for name in kept for below in graph.edges.downs[name]}
    exposed = sorted((name for name in kept - inner if name not in left), key=graph.positions.__getitem__)
    for row in rows:
        del left[row]
        if row != rows[-1] or not exposed:
            yield Move((row,), (), RowChange(delete=(row,)), False)
        else:
            change = RowChange(insert=tuple(exposed[:-1]), update=((row, exposed[-1]),))
            yield Move((row,), tuple(exposed), change, False)
    left.update(dict.fromkeys(exposed))


def _rows_reached(
    targets: Sequence[str],
    rows: Sequence[str],
    edges: Mapping[str, Sequence[str]],
    reversed_edges: Mapping[str, Sequence[str]],
) -> dict[str, list[str]]:
    """For each target the rows to which ``edges`` lead; searched from the targets or the rows, whichever are fewer."""
    found: dict[str, list[str]] = {name: [] for name in targets}
    if len(targets) <= len(rows):
        for name in targets:
            reached = closure([name], edges)
            found[name] = [row for row in rows if row in reached]
        return found
    for row in rows:
        reached = closure([row], reversed_edges)
        for name in targets:
            if name in reached:
                found[name].append(row)
    return found
