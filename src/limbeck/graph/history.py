"""The revisions of a range ``start:end``, as ``history -r`` takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import names, resolve, select, walk
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
    known = [row for row in rows if row in graph.nodes]
    counted_down = start if start is not None and start.symbol is None else None
    counted_up = end if end is not None and end.symbol is None and (end.walk or 0) > 0 else None
    if counted_down is not None and counted_up is not None:
        raise WalkError("Both ends of the range are relative to each other", text, hint="name one of them.")
    lower = [] if start is None or start.symbol is None else _named(graph, start, known)
    if counted_up is not None:
        upper = walk.walk_all(graph, [walk.upgrade_start(graph, lower, counted_up)], counted_up, clip=True)
    else:
        upper = list(graph.real_heads) if end is None else _named(graph, end, known)
    if end is not None and not upper:
        return []
    if counted_down is not None:
        if (counted_down.walk or 0) > 0:
            raise WalkError("A range does not start above its end", text, hint="write -N, or name a revision.")
        lower = walk.walk_all(graph, names.on_branch(graph, upper, counted_down.branch), counted_down, clip=True)
    found = select.between(graph, upper, lower, branch=None if start is None else start.branch, inclusive=True)
    if found is None:
        raise RangeNotAncestorError(
            start and start.text, end and end.text, hint="the lower end comes first, and both are on one line."
        )
    return [graph.nodes[name] for name in newest_first(graph, *found)]


def _named(graph: Graph, target: Target, rows: list[str]) -> list[str]:
    """Ids that a target means of which the other end of the range is no part."""
    if target.symbol != CURRENT:
        return resolve.resolve(graph, target, clip=True)
    return walk.walk_all(graph, names.on_branch(graph, rows, target.branch), target, clip=True)
