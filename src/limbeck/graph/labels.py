"""Branch labels: which revision declares each, and which revisions have it from their branch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import DuplicateLabel
from .revision import NOTHING

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    Revisions with the same labels share one set, so one walk up and one walk down suffice.
    """
    from .edges import ancestors_first

    order = ancestors_first(edges.parents, edges.children)
    labels: dict[str, frozenset[str]] = {}
    for name in order:
        parents = edges.parents[name]
        inherited = labels[parents[0]] if len(parents) == 1 else NOTHING.union(*(labels[parent] for parent in parents))
        own = nodes[name].own_labels
        labels[name] = inherited.union(own) if own else inherited
    going_down: dict[str, frozenset[str]] = {}
    for name in reversed(order):
        child = edges.children.get(name, ())[:1]
        ends = len(edges.parents[name]) > 1 or len(edges.ups.get(name, ())) > 1
        if ends or (child and child[0] not in going_down):
            continue
        from_above = going_down[child[0]] if child else NOTHING
        own = nodes[name].own_labels
        going_down[name] = from_above.union(own) if own else from_above
        if from_above:
            labels[name] = labels[name] | from_above
    return labels
