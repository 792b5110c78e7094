"""Branch labels: the revision that declares each, and the revisions of its branch, which have it too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import DuplicateLabel
from .revision import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .edges import Edges
    from .revision import Revision


def declared(nodes: Mapping[str, Revision]) -> dict[str, str]:
    """Id of the revision that declares each label.

    :raises DuplicateLabel: for a label that is declared twice, or is the id of a revision.
    """
    labels: dict[str, str] = {}
    for node in nodes.values():
        for label in node.own_labels:
            taken = labels.get(label, label)
            if taken in nodes:
                raise DuplicateLabel(
                    f"Branch name '{label}' in revision {node.revision} already used by revision {taken}",
                    hint=f"rename it in {node.path or node.revision} or in {nodes[taken].path or taken}.",
                    file=node.path,
                )
            labels[label] = node.revision
    return labels


def propagate(nodes: Mapping[str, Revision], edges: Edges) -> dict[str, frozenset[str]]:
    """All labels of each revision, by id.

    A label goes up to all descendants by ``down_revision``. Where nothing branches or merges between its revision and
    the head above, it goes down too: to the ancestors as far as the first branch point (dependents counted) or merge.
    """
    from .edges import ancestors_first

    order = ancestors_first(edges.parents, edges.children)
    labels = _going_up(order, nodes, edges)
    for name, found in _going_down(reversed(order), nodes, edges).items():
        if not found <= labels[name]:
            labels[name] |= found
    return labels


def _going_up(order: Iterable[str], nodes: Mapping[str, Revision], edges: Edges) -> dict[str, frozenset[str]]:
    """The labels of each revision and its ancestors; ``order`` has ancestors first."""
    from .edges import union

    labels: dict[str, frozenset[str]] = {}
    for name in order:
        inherited = union([labels[parent] for parent in edges.parents[name]])
        own = nodes[name].own_labels
        labels[name] = inherited.union(own) if own else inherited
    return labels


def _going_down(order: Iterable[str], nodes: Mapping[str, Revision], edges: Edges) -> dict[str, frozenset[str]]:
    """The labels of each revision and of those above it, on lines that lead to a head; ``order`` has descendants first.

    Revisions at or below a branch point or a merge are missing.
    """
    labels: dict[str, frozenset[str]] = {}
    for name in order:
        child = edges.children.get(name, ())[:1]
        ends = len(edges.parents[name]) > 1 or len(edges.ups.get(name, ())) > 1
        if ends or (child and child[0] not in labels):
            continue
        inherited = labels[child[0]] if child else NOTHING
        own = nodes[name].own_labels
        labels[name] = inherited.union(own) if own else inherited
    return labels
