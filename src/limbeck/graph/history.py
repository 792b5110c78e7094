"""The revisions of a range ``start:end``, as ``history -r`` takes it, and those between two states of a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import names, resolve, select, walk
from .edges import closure
from .errors import RangeNotAncestorError, WalkError
from .order import newest_first
from .target import Target, parse_range

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .graph import Graph
    from .revision import Revision

CURRENT = "current"


def names_current(text: str) -> bool:
    """Whether a range mentions the rows of the database."""
    return any(end is not None and end.symbol == CURRENT for end in parse_range(text))


def revisions_between(graph: Graph, text: str, rows: Sequence[str] = ()) -> list[Revision]:
    """The revisions of a range, both ends included, newest first.

    A bare ``-N`` at the start counts down from the end of the range, a bare ``+N`` at the end counts up from its
    start; counting stops at the base and at the heads. An open end is all heads, an open start the base.

    :param text: such as ``a:b``, ``-3:current``, ``current:``, ``:shoppingcart@head-2``.
    :param rows: ids in the version table, for "current"; unknown ones are left out.
    :raises RangeNotAncestorError: where the start is no ancestor of the end.
    """
    start, end = parse_range(text)
    lower, upper = _ends(graph, text, [row for row in rows if row in graph.nodes])
    if end is not None and not upper:
        return []
    found = select.between(graph, upper, lower, branch=None if start is None else start.branch, inclusive=True)
    if found is None:
        raise RangeNotAncestorError(
            start and start.text, end and end.text, hint="the lower end comes first, and both are on one line."
        )
    return [graph.nodes[name] for name in newest_first(graph, *found)]


def _ends(graph: Graph, text: str, rows: list[str]) -> tuple[list[str], list[str]]:
    """Ids that the start and the end of a range mean; at most one of them counts from the other."""
    start, end = parse_range(text)
    counts_up = end is not None and end.symbol is None and (end.walk or 0) > 0
    if start is not None and start.symbol is None:
        if counts_up:
            raise WalkError("Both ends of the range are relative to each other", text, hint="name one of them.")
        upper = _upper(graph, end, rows)
        return _counted_down(graph, upper, start, text), upper
    lower = [] if start is None else _named(graph, start, rows)
    if end is not None and counts_up:
        return lower, walk.walk_all(graph, [walk.upgrade_start(graph, lower, end)], end, clip=True)
    return lower, _upper(graph, end, rows)


def _upper(graph: Graph, end: Target | None, rows: list[str]) -> list[str]:
    """Ids that the end of a range means by itself; all heads where it is open."""
    return list(graph.real_heads) if end is None else _named(graph, end, rows)


def _named(graph: Graph, target: Target, rows: list[str]) -> list[str]:
    """Ids that a target means by itself."""
    if target.symbol != CURRENT:
        return resolve.resolve(graph, target, clip=True)
    return walk.walk_all(graph, names.on_branch(graph, rows, target.branch), target, clip=True)


def _counted_down(graph: Graph, upper: list[str], start: Target, text: str) -> list[str]:
    """Ids that a bare ``-N`` at the start of a range means, counted from its end."""
    if not upper:
        return []
    if (start.walk or 0) > 0:
        raise WalkError("A range does not start above its end", text, hint="write -N, or name a revision.")
    return walk.walk_all(graph, names.on_branch(graph, upper, start.branch), start, clip=True)


def moves(graph: Graph, before: Sequence[str], after: Sequence[str]) -> list[tuple[str, bool]]:
    """The revisions that went and came between two states of a version table, each with whether it came.

    Those that went are the newest first, those that came the oldest first. A row that no revision of the graph has
    stands for itself alone.

    :param before: ids in the version table before. :param after: ids in it afterwards.
    """
    was, now = ({row for row in rows if row not in graph.nodes} | applied(graph, rows) for rows in (before, after))
    return [(name, False) for name in _newest_first(graph, was - now)] + [
        (name, True) for name in reversed(_newest_first(graph, now - was))
    ]


def applied(graph: Graph, rows: Sequence[str]) -> set[str]:
    """The revisions that are applied where the version rows are ``rows``; rows that no file has count for nothing."""
    return closure([row for row in rows if row in graph.nodes], graph.edges.downs)


def _newest_first(graph: Graph, found: set[str]) -> list[str]:
    """Revisions from the newest down, those that the graph does not have before them."""
    known = {name for name in found if name in graph.nodes}
    return [*sorted(found - known), *newest_first(graph, known, sorted(known))]
