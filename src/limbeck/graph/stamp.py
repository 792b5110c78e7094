"""How the rows move to where a stamp wants them (behaviour 4.6, "Stamp steps")."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from limbeck.graph.edges import closure
from limbeck.graph.rows import RowChange

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from limbeck.graph.map import RevisionMap


class Move(NamedTuple):
    """One move of the rows.

    :param from_revisions: the rows that it is about.
    :param to_revisions: the id that takes their place; none for the base.
    :param change: what happens to the rows.
    :param is_upgrade: whether the new row stands above the old ones.
    """

    from_revisions: tuple[str, ...]
    to_revisions: tuple[str, ...]
    change: RowChange
    is_upgrade: bool


def stamp_moves(graph: RevisionMap, rows: Sequence[str], targets: str | Sequence[str] | None) -> Iterator[Move]:
    """The moves, one for each target that is not a row yet.

    A row above or below a target gives way to it; a row that is itself a target stays, so stamping all heads of a
    database that is on some of them loses none. A target that another target stands on needs no row.

    :param rows: ids in the version table, all known.
    :param targets: one target or several; the base (of a branch) takes its rows away.
    """
    wanted: dict[str, None] = {}
    left = dict.fromkeys(rows)
    for target in [targets] if targets is None or isinstance(targets, str) else targets:
        found = [node.revision for node in graph.get_revisions(target) if node is not None]
        wanted.update(dict.fromkeys(found))
        if not found:
            for row in graph.filter_for_lineage(tuple(left), _branch_of(graph, target), include_dependencies=True):
                name = str(row)
                del left[name]
                yield Move((name,), (), RowChange(delete=(name,)), False)
    edges = graph._edges
    start = tuple(left)
    for name in closure((below for name in wanted for below in edges.downs[name]), edges.downs):
        wanted.pop(name, None)
    for name in wanted:
        if name in left:
            continue
        above, below = closure([name], edges.ups), closure([name], edges.downs)
        higher = tuple(row for row in start if row in above and row not in wanted)
        lower = tuple(row for row in start if row in below and row not in wanted)
        replaced = [row for row in higher + lower if row in left]
        for row in replaced:
            del left[row]
        change = (
            RowChange(delete=tuple(replaced[:-1]), update=((replaced[-1], name),))
            if replaced
            else RowChange(insert=(name,))
        )
        yield Move(higher or lower, (name,), change, not higher)


def _branch_of(graph: RevisionMap, target: str | None) -> str | None:
    """The branch whose base a target names; None for all."""
    return None if target is None else graph._parse(target).branch
