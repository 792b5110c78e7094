"""The edges of the graph, made of what the files declare: dependencies are resolved to ids, cycles refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .edges import Edges, ancestors_first, reverse
from .load import cycle, missing
from .lookup import candidates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .revision import Revision


def connect(nodes: Mapping[str, Revision], labels: Mapping[str, str]) -> Edges:
    """All edges of a graph whose parents are known to be valid.

    :param nodes: revisions by id.
    :param labels: id of the revision that declares each label.
    :raises MissingRevision: where a dependency names no revision, or several.
    :raises DependencyCycleDetected: for a cycle of parents and dependencies together;
        DependencyLoopDetected: where a revision depends on itself.
    """
    parents = {name: node.parents for name, node in nodes.items()}
    dependencies = {
        name: resolve_dependencies(node, nodes, labels) for name, node in nodes.items() if node.dependencies is not None
    }
    children = reverse(parents)
    if not dependencies:
        return Edges(parents, children, dependencies, parents, children)
    downs = {
        name: found + tuple(other for other in dependencies[name] if other not in found)
        if name in dependencies
        else found
        for name, found in parents.items()
    }
    ups = reverse(downs)
    if len(ancestors_first(downs, ups)) != len(nodes):
        raise cycle(downs, nodes, dependencies=True)
    return Edges(parents, children, dependencies, downs, ups)


def resolve_dependencies(
    revision: Revision, nodes: Mapping[str, Revision], labels: Mapping[str, str]
) -> tuple[str, ...]:
    """Ids of what a revision depends on; the file names each by its id, a part of it or a branch label.

    :raises MissingRevision: naming the file.
    """
    written = revision.dependencies
    found: dict[str, None] = {}
    for name in (written,) if isinstance(written, str) else written or ():
        if name in nodes:
            found[name] = None
        elif name in labels:
            found[labels[name]] = None
        else:
            matching = {labels.get(other, other) for other in candidates(name, nodes, labels)}
            if len(matching) != 1:
                raise missing(revision, name, "depends_on", [*nodes, *labels])
            found[matching.pop()] = None
    return tuple(found)
