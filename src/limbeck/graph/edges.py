"""Who stands above and below whom, dependencies resolved to ids; and the closures over these edges."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from . import errors
from .load import check_dependency_cycles, missing
from .lookup import candidates

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .revision import Revision


class Edges(NamedTuple):
    """The edges of a graph, by id, every list in load order of the revision that has the edge.

    :param parents: by down_revision.
    :param children: the other way; only of revisions that have any.
    :param dependencies: resolved to ids, in the order of the file; only of revisions that have any.
    :param downs: parents, then dependencies; the same object as ``parents`` where nobody has dependencies.
    :param ups: the other way: children and dependents.
    """

    parents: dict[str, tuple[str, ...]]
    children: dict[str, list[str]]
    dependencies: dict[str, tuple[str, ...]]
    downs: dict[str, tuple[str, ...]]
    ups: dict[str, list[str]]


def connect(nodes: Mapping[str, Revision], labels: Mapping[str, str]) -> Edges:
    """Find all edges of a graph whose parents are known to be sound.

    :param nodes: revisions by id.
    :param labels: id of the revision that carries each label.
    :raises MissingRevision: where a dependency names nothing; DependencyCycleDetected where they go round.
    """
    parents = {name: node._versioned_down_revisions for name, node in nodes.items()}
    dependencies = {
        name: resolve_dependencies(node, nodes, labels) for name, node in nodes.items() if node.dependencies is not None
    }
    children = upwards(parents)
    if not dependencies:
        return Edges(parents, children, dependencies, parents, children)
    downs = {
        name: found + tuple(other for other in dependencies[name] if other not in found)
        if name in dependencies
        else found
        for name, found in parents.items()
    }
    check_dependency_cycles(downs, nodes)
    return Edges(parents, children, dependencies, downs, upwards(downs))


def upwards(downs: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Turn edges that point down into edges that point up."""
    ups: dict[str, list[str]] = {}
    for name, found in downs.items():
        for other in found:
            ups.setdefault(other, []).append(name)
    return ups


def resolve_dependencies(
    revision: Revision, nodes: Mapping[str, Revision], labels: Mapping[str, str]
) -> tuple[str, ...]:
    """Ids of what a revision depends on: full id, branch label or the beginning of an id.

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
            alike = {labels.get(other, other) for other in candidates(name, nodes, labels)}
            if len(alike) != 1:
                raise missing(revision, name, "depends_on", [*nodes, *labels])
            found[alike.pop()] = None
    return tuple(found)


def closure(starts: Iterable[str], edges: Mapping[str, Sequence[str]]) -> set[str]:
    """The starts and all that is reached from them, any number of edges away."""
    found = set(starts)
    pending = list(found)
    while pending:
        for name in edges.get(pending.pop(), ()):
            if name not in found:
                found.add(name)
                pending.append(name)
    return found


def normal_dependencies(edges: Edges) -> dict[str, tuple[str, ...]]:
    """Dependencies of each revision without those that an ancestor by down_revision declares too.

    One walk from the bases up carries the dependencies declared so far; only those that are declared once more
    further up are carried, so lines that depend on each other step by step stay cheap.
    """
    left: dict[str, int] = {}
    for found in edges.dependencies.values():
        for name in found:
            left[name] = left.get(name, 0) + 1
    if all(count == 1 for count in left.values()):
        return edges.dependencies
    normal: dict[str, tuple[str, ...]] = {}
    carried: dict[str, frozenset[str]] = {}
    for name in sorted_upwards(edges.parents, edges.children):
        above = [carried[parent] for parent in edges.parents[name]]
        inherited = above[0] if len(above) == 1 else frozenset().union(*above)
        own = edges.dependencies.get(name)
        if own is not None:
            kept = tuple(other for other in own if other not in inherited)
            if kept:
                normal[name] = kept
            for other in own:
                left[other] -= 1
            inherited = frozenset(other for other in inherited.union(own) if left[other])
        carried[name] = inherited
    return normal


def sorted_upwards(downs: Mapping[str, Sequence[str]], ups: Mapping[str, Sequence[str]]) -> list[str]:
    """Every revision after all that stand below it."""
    left = {name: len(found) for name, found in downs.items()}
    order = [name for name, count in left.items() if not count]
    for name in order:
        for above in ups.get(name, ()):
            left[above] -= 1
            if not left[above]:
                order.append(above)
    return order


def own_labels(nodes: Mapping[str, Revision]) -> dict[str, str]:
    """Id of the revision that carries each label.

    :raises DuplicateLabel: for a label that is used twice, or is an id (behaviour 4.2).
    """
    labels: dict[str, str] = {}
    for node in nodes.values():
        for label in node._own_labels:
            check_label(label, node, nodes, labels)
            labels[label] = node.revision
    return labels


def check_label(label: str, node: Revision, nodes: Mapping[str, Revision], labels: Mapping[str, str]) -> None:
    """A label is free: neither another label nor an id.

    :raises DuplicateLabel: naming both revisions.
    """
    taken = labels.get(label, label)
    if taken in nodes:
        raise errors.DuplicateLabel(
            f"Branch name '{label}' in revision {node.revision} already used by revision {taken}",
            hint=f"rename it in {node.path or node.revision} or in {nodes[taken].path or taken}.",
            file=node.path,
        )
