"""Revisions put on top of another history: which parents they get."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .edges import closure
from .errors import ResolutionError
from .revision import distinct

if TYPE_CHECKING:
    from .graph import Graph

    Parents = tuple[str, ...]


def rebased(graph: Graph, onto: Graph) -> dict[str, Parents]:
    """The revisions of a graph that get other parents, so that those that ``onto`` lacks follow the heads of it.

    A parent in ``onto`` gives way to the head that comes of it. A base without a label and without dependencies follows
    the head; any other base begins a branch of its own, and stays. What a merge has through another parent already is
    no longer a parent of its own.

    :param onto: a graph whose revisions are all in ``graph``, with the same parents.
    :raises ResolutionError: where several heads come of one parent.
    """
    parents = {name: graph.nodes[name].parents for name in graph.nodes}
    own = [name for name in graph.nodes if name not in onto.nodes]
    begins = [name for name in own if not parents[name] and _joins(graph, name)]
    found = {name: _heads_above(onto, None) for name in begins}
    for name in own:
        if any(parent in onto.nodes for parent in parents[name]):
            each = (_heads_above(onto, one) if one in onto.nodes else (one,) for one in parents[name])
            found[name] = distinct(one for heads in each for one in heads)
    then = {**parents, **found}
    for name, above in found.items():
        implied = closure((below for one in above for below in then[one]), then)
        found[name] = tuple(one for one in above if one not in implied)
    return {name: above for name, above in found.items() if above != parents[name]}


def _joins(graph: Graph, name: str) -> bool:
    """Whether a base belongs on top of another history, and does not begin a branch of its own."""
    return not graph.nodes[name].own_labels and graph.nodes[name].dependencies is None


def _heads_above(onto: Graph, parent: str | None) -> Parents:
    """The head that comes of a revision, or of nothing; none where there are no revisions."""
    below = {head: closure([head], onto.edges.parents) for head in onto.heads}
    heads = tuple(head for head in onto.heads if parent is None or parent in below[head])
    if len(heads) > 1:
        what = "The history there has" if parent is None else f"Of revision {parent} come"
        raise ResolutionError(
            f"{what} several heads: {', '.join(heads)}",
            parent or "",
            code="several-heads-there",
            hint="merge them there first, by `limbeck merge`",
        )
    return heads
