"""What the history of runs says of revisions: which of them never ran, and what a row without a file follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .edges import closure
from .history import moves
from .order import newest_first

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from limbeck.results import HistoryRow

    from .graph import Graph

    Done = Mapping[str, HistoryRow]


def last_done(history: Sequence[HistoryRow]) -> dict[str, HistoryRow]:
    """Of each revision what was done to it last.

    :param history: the oldest first.
    """
    return {row.revision: row for row in history if row.revision is not None and row.state == "done"}


def skipped(graph: Graph, rows: Sequence[str], history: Sequence[HistoryRow]) -> list[str]:
    """The revisions below the rows of a database that never ran there, ancestors first.

    A revision comes between others later: it is merged, cherry-picked or rebased below one that has run, or another
    parent is written into the file of that one. What was stamped, or done by others, counts as run; so does what others
    have done since the last row of the history.

    :param rows: ids in the version table; unknown ones are left out.
    :param history: the oldest first; where there is none, nothing was skipped.
    """
    if not history:
        return []
    done = last_done(history)
    since = {name for name, came in moves(graph, history[-1].rows_after, rows) if came}
    applied = closure([row for row in rows if row in graph.nodes], graph.edges.downs)
    never = {name for name in applied - since if name not in done or done[name].direction == "downgrade"}
    return newest_first(graph, never, never)[::-1]


def known_ancestors(graph: Graph, row: str, done: Done) -> tuple[str, ...]:
    """The newest revisions of the graph that a row without a file was applied on top of, in load order.

    :param done: what was done to each revision last; it knows the parents of revisions whose files are gone.
    """
    found: set[str] = set()
    seen, pending = {row}, [row]
    while pending:
        ran = done.get(pending.pop())
        if ran is None:
            continue
        for parent in follows(ran):
            if parent in graph.nodes:
                found.add(parent)
            elif parent not in seen:
                seen.add(parent)
                pending.append(parent)
    downs = graph.edges.downs
    implied = closure([parent for name in found for parent in downs[name]], downs)
    return tuple(sorted(found - implied, key=graph.positions.__getitem__))


def below(graph: Graph, rows: Sequence[str], done: Done) -> list[str] | None:
    """The revisions without a file from some rows down to the graph, ancestors first; the rows are among them.

    :param rows: ids that the graph does not have.
    :param done: what was done to each revision last.
    :return: None where it is not known of each what it follows.
    """
    found: dict[str, None] = {}
    pending = [(row, False) for row in rows]
    entered: set[str] = set()
    while pending:
        name, is_left = pending.pop()
        if is_left:
            found[name] = None
            continue
        if name in graph.nodes or name in entered:
            continue
        ran = done.get(name)
        if ran is None:
            return None
        entered.add(name)
        pending.append((name, True))
        pending += [(parent, False) for parent in follows(ran)]
    return list(found)


def follows(ran: HistoryRow) -> tuple[str, ...]:
    """What a revision was applied on top of: its parents and dependencies, else the rows that it took the place of."""
    return ran.down_revisions or tuple(row for row in ran.rows_before if row not in ran.rows_after)
