"""The graph: revisions, the edges between them, and what follows from these."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from . import load
from .errors import ResolutionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Final

    from .edges import Edges
    from .revision import Revision


class Graph:
    """The revisions of an environment, an immutable value.

    Each fact is worked out on first use and kept; it raises for those faults in the files that concern it. So ``heads``
    looks at parents only, and a broken dependency does not stop it.

    :param revisions: in load order; kept by id as ``nodes``.
    :raises DuplicateRevision: where two files have one id.
    :raises IllegalRevision: for an id with a character of the grammar of targets.
    """

    def __init__(self, revisions: Iterable[Revision]) -> None:
        self.nodes: Final[Mapping[str, Revision]] = load.collect(revisions)

    def with_revision(self, revision: Revision, *, replace: bool = False) -> Graph:
        """A graph with one revision more, checked for every fault.

        :param revision: its parents and dependencies have to be in the graph.
        :param replace: take the place of the revision with the same id, which has to be in the graph.
        :raises RevisionError: as when the facts of a graph are worked out.
        """
        self.check()
        name = revision.revision
        known = self.nodes.get(name)
        if replace and known is None:
            raise ResolutionError(f"revision {name} not in map", name)
        if not replace and known is not None:
            load.check_same_file(known, revision)
        graph = Graph({**self.nodes, name: revision}.values())
        graph.check()
        return graph

    def check(self) -> None:
        """Check the files for every fault.

        :raises RevisionError: for the first one that is found.
        """
        _ = self.edges  # which needs parents, labels and dependencies to be valid

    @cached_property
    def positions(self) -> Mapping[str, int]:
        """Place of each id in load order."""
        return {name: number for number, name in enumerate(self.nodes)}

    # ---------------------------------------------------------------- parents

    @cached_property
    def child_counts(self) -> Mapping[str, int]:
        """Number of children of each revision by ``down_revision``; heads are missing.

        :raises MissingRevision: where no file has the id of a parent; CycleDetected or LoopDetected for a cycle.
        """
        return load.count_children(self.nodes)

    @property
    def heads(self) -> tuple[str, ...]:
        """Ids of the revisions without children, in load order.

        :raises RevisionError: as `child_counts`.
        """
        counts = self.child_counts
        return tuple(name for name in self.nodes if name not in counts)

    @property
    def bases(self) -> tuple[str, ...]:
        """Ids of the revisions without a parent, in load order.

        :raises RevisionError: as `child_counts`.
        """
        _ = self.child_counts  # raises for a fault
        return tuple(name for name, node in self.nodes.items() if node.down_revision is None)

    # ---------------------------------------------------------------- parents and dependencies

    @cached_property
    def edges(self) -> Edges:
        """Parents, dependencies and both together, each in both directions.

        :raises RevisionError: for every fault of `child_counts`, `labels` and dependencies.
        """
        from .connect import connect

        _ = self.child_counts  # raises for a fault
        return connect(self.nodes, self.labels)

    @cached_property
    def normal_dependencies(self) -> Mapping[str, tuple[str, ...]]:
        """Dependencies of each revision that no ancestor declares too; revisions without any may be missing."""
        from .edges import normal_dependencies

        return normal_dependencies(self.edges)

    @cached_property
    def has_dependencies(self) -> bool:
        """Whether any revision depends on another."""
        return any(node.dependencies is not None for node in self.nodes.values())

    def is_real_head(self, name: str) -> bool:
        """Whether a revision has neither children nor dependents."""
        return name not in self.child_counts and not (self.has_dependencies and name in self.edges.ups)

    @property
    def real_heads(self) -> tuple[str, ...]:
        """Ids of the revisions that have neither children nor dependents, in load order."""
        return tuple(name for name in self.nodes if self.is_real_head(name))

    @property
    def real_bases(self) -> tuple[str, ...]:
        """Ids of the revisions that have neither parents nor dependencies, in load order."""
        return tuple(name for name in self.bases if self.nodes[name].dependencies is None)

    def ways_down(self, name: str) -> tuple[str, ...]:
        """Parents, then the dependencies that no ancestor declares too, each once."""
        parents = self.edges.parents[name]
        more = self.normal_dependencies.get(name)
        return parents if more is None else parents + tuple(other for other in more if other not in parents)

    def lineage(self, names: Iterable[str], *, include_dependencies: bool = False) -> set[str]:
        """Some revisions with all their ancestors and descendants.

        :param names: their ids.
        :param include_dependencies: count dependencies as edges.
        """
        from .edges import closure

        starts, edges = tuple(names), self.edges
        if include_dependencies:
            return closure(starts, edges.downs) | closure(starts, edges.ups)
        return closure(starts, edges.parents) | closure(starts, edges.children)

    # ---------------------------------------------------------------- labels

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """Id of the revision that declares each branch label.

        :raises DuplicateLabel: for a label that is declared twice, or is the id of a revision.
        """
        from .labels import declared

        return declared(self.nodes)

    @cached_property
    def branch_labels(self) -> Mapping[str, frozenset[str]]:
        """All labels of each revision, its own and those of its branch; empty where no revision has a label."""
        if not self.labels:
            return {}
        from .labels import propagate

        return propagate(self.nodes, self.edges)
