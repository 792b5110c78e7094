"""The edges of a graph by id, in both directions, and the closures over them."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Edges(NamedTuple):
    """The edges of a graph; each list is in load order of the revisions that declare its edges.

    :param parents: by ``down_revision``.
    :param children: ``parents`` reversed; only of revisions that have any.
    :param dependencies: resolved to ids, in the order of the file; only of revisions that have any.
    :param downs: parents, then dependencies; the same object as ``parents`` where no revision has dependencies.
    :param ups: ``downs`` reversed: children and dependents; only of revisions that have any.
    """

    parents: Mapping[str, tuple[str, ...]]
    children: Mapping[str, Sequence[str]]
    dependencies: Mapping[str, tuple[str, ...]]
    downs: Mapping[str, tuple[str, ...]]
    ups: Mapping[str, Sequence[str]]


def reverse(edges: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """The same edges from their other end."""
    reversed_: dict[str, list[str]] = {}
    for name, others in edges.items():
        for other in others:
            reversed_.setdefault(other, []).append(name)
    return reversed_


def closure(starts: Iterable[str], edges: Mapping[str, Sequence[str]]) -> set[str]:
    """The starts and everything that can be reached from them."""
    found = set(starts)
    pending = list(found)
    while pending:
        for name in edges.get(pending.pop(), ()):
            if name not in found:
                found.add(name)
                pending.append(name)
    return found


def ancestors_first(downs: Mapping[str, Sequence[str]], ups: Mapping[str, Sequence[str]]) -> list[str]:
    """Every revision after all its ancestors; those that are in a cycle, or descend from one, are left out."""
    left = {name: len(found) for name, found in downs.items()}
    order = [name for name, count in left.items() if not count]
    for name in order:
        for above in ups.get(name, ()):
            left[above] -= 1
            if not left[above]:
                order.append(above)
    return order


def normal_dependencies(edges: Edges) -> Mapping[str, tuple[str, ...]]:
    """Dependencies of each revision without those that an ancestor by ``down_revision`` declares too.

    One walk from the bases up carries the dependencies that ancestors declare. A dependency is carried only as long as
    a revision further up declares it again, so long lines that depend on each other step by step stay cheap.
    """
    left = Counter(chain.from_iterable(edges.dependencies.values()))
    if all(count == 1 for count in left.values()):
        return edges.dependencies
    normal: dict[str, tuple[str, ...]] = {}
    carried: dict[str, frozenset[str]] = {}
    for name in ancestors_first(edges.parents, edges.children):
        inherited = union([carried[parent] for parent in edges.parents[name]])
        own = edges.dependencies.get(name)
        if own:
            normal[name] = tuple(other for other in own if other not in inherited)
            left.subtract(own)
            inherited = frozenset(other for other in inherited.union(own) if left[other])
        carried[name] = inherited
    return normal


def union(sets: Sequence[frozenset[str]]) -> frozenset[str]:
    """The union of some sets; a single set is returned as it is, so that all revisions of a line share it."""
    return sets[0] if len(sets) == 1 else frozenset().union(*sets)
