"""The revisions of a range ``start:end`` (behaviour 1.3 "history", 4.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import select, walk
from .errors import RangeNotAncestorError, WalkError
from .target import Target, parse_range

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .map import RevisionMap
    from .revision import Revision

CURRENT = "current"


def names_current(text: str) -> bool:
    """Whether a range speaks of the database's rows."""
    return any(end is not None and end.symbol == CURRENT for end in parse_range(text))


def revisions_between(graph: RevisionMap, text: str, rows: Sequence[str] = ()) -> list[Revision]:
    """The revisions of a range, both ends included, newest first.

    A bare ``-N`` at the start counts down from the end of the range, a bare ``+N`` at the end counts up from its
    start; counting stops at the base and at the heads. An open end is all heads, an open start the base.

    :param text: such as ``a:b``, ``-3:current``, ``current:``, ``:shoppingcart@head-2``.
    :param rows: ids in the version table, for "current"; unknown ones are left out.
    :raises RangeNotAncestorError: where the ends are not on one line.
    """
    start, end = parse_range(text)
    known = [row for row in rows if row in graph._nodes]
    counted = start is not None and start.symbol is None
    starts = [] if start is None or counted else _ends(graph, start, known)
    if end is not None and end.symbol is None and (end.walk or 0) > 0:
        if counted:
            raise WalkError("Both ends of the range are relative to each other", text, hint="name one of them.")
        here = walk.upgrade_start(graph, starts, end)
        ends = [name for name in [walk.walk(graph, here, end, branch=end.branch, clip=True)] if name is not None]
    else:
        ends = list(graph._real_heads) if end is None else _ends(graph, end, known)
    if end is not None and not ends:
        return []
    if start is not None and counted:
        if (start.walk or 0) > 0:
            raise WalkError("A range does not start above its end", text, hint="write -N, or name a revision.")
        below = [walk.walk(graph, name, start, clip=True) for name in _on_branch(graph, ends, start.branch)]
        starts = list(dict.fromkeys(name for name in below if name is not None))
    found = select.between(graph, ends, starts, branch=None if start is None else start.branch, inclusive=True)
    if found is None:
        raise RangeNotAncestorError(
            start and start.text, end and end.text, hint="the lower end comes first, and both are on one line."
        )
    return [graph._nodes[name] for name in graph._newest_first(*found)]


def _ends(graph: RevisionMap, target: Target, rows: list[str]) -> list[str]:
    """Ids that one end of a range names."""
    if target.symbol != CURRENT:
        return list(graph._resolve(target, clip=True))
    here = _on_branch(graph, rows, target.branch)
    if target.walk is None:
        return here
    there = [walk.walk(graph, name, target, branch=target.branch, clip=True) for name in here]
    return list(dict.fromkeys(name for name in there if name is not None))


def _on_branch(graph: RevisionMap, ids: list[str], branch: str | None) -> list[str]:
    return ids if branch is None else list(graph._on_branch(ids, branch))
