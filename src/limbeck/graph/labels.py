"""Which branch labels a revision has: its own, and those that reach it along its branch (behaviour 4.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .edges import sorted_upwards
from .revision import NOTHING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .edges import Edges
    from .revision import Revision


def propagate(nodes: Mapping[str, Revision], edges: Edges) -> dict[str, frozenset[str]]:
    """Labels of every revision.

    A label goes up to all descendants by down_revision. It goes down too, where nothing branches or merges between
    its revision and the tip above it: to the ancestors, up to the first branch point (dependents counted) or merge.
    Revisions with the same labels share one set, so a walk up and a walk down are all it takes.
    """
    order = sorted_upwards(edges.parents, edges.children)
    labels: dict[str, frozenset[str]] = {}
    for name in order:
        below = edges.parents[name]
        reaching = labels[below[0]] if len(below) == 1 else NOTHING.union(*(labels[parent] for parent in below))
        own = nodes[name]._own_labels
        labels[name] = reaching.union(own) if own else reaching
    sinking: dict[str, frozenset[str]] = {}
    for name in reversed(order):
        child = edges.children.get(name, ())[:1]
        fork = len(edges.parents[name]) > 1 or len(edges.ups.get(name, ())) > 1
        if fork or (child and child[0] not in sinking):
            continue
        above = sinking[child[0]] if child else NOTHING
        own = nodes[name]._own_labels
        sinking[name] = above.union(own) if own else above
        if above:
            labels[name] = labels[name] | above
    return labels
