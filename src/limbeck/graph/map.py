"""`RevisionMap`: the graph of an environment under the names that Alembic's callers know."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from .graph import Graph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .resolve import RevisionIds
    from .revision import Revision


class RevisionMap:
    """Reads the revisions on first use, and answers from their `Graph`, its attribute ``graph``.

    :param generator: called once; gives the revisions in load order.
    """

    def __init__(self, generator: Callable[[], Iterable[Revision]]) -> None:
        self._generator = generator

    @cached_property
    def graph(self) -> Graph:
        """The revisions that have been read, and those added since.

        :raises RevisionError: where two files have one id, or an id has a character of the grammar of targets.
        """
        return _holding(Graph(self._generator()))

    def add_revision(self, revision: Revision, _replace: bool = False) -> None:
        """Add one more revision.

        :param revision: its parents and dependencies have to be in the graph.
        :param _replace: take the place of the revision with the same id, which has to be in the graph.
        :raises RevisionError: as when the graph is read; the graph stays as it was.
        """
        self.graph = _holding(self.graph.with_revision(revision, replace=_replace))

    def restore(self, graph: Graph) -> None:
        """Go back to a graph as it was before revisions were added."""
        self.graph = _holding(graph)

    @property
    def heads(self) -> tuple[str, ...]:
        """Ids of the revisions without children, in load order.

        :raises RevisionError: for a parent that is missing, and for a cycle of parents.
        """
        return self.graph.heads

    @property
    def bases(self) -> tuple[str, ...]:
        """Ids of the revisions without a parent, in load order.

        :raises RevisionError: as `heads`.
        """
        return self.graph.bases

    @property
    def _real_heads(self) -> tuple[str, ...]:
        """Ids of the revisions that have neither children nor dependents."""
        return self.graph.real_heads

    @property
    def _real_bases(self) -> tuple[str, ...]:
        """Ids of the revisions that have neither parents nor dependencies."""
        return self.graph.real_bases

    @property
    def _revision_map(self) -> dict[str | tuple[()] | None, Revision | None]:
        """Revisions by id and by declared label; None and () stand for the base. A new dict with every access."""
        self.graph.check()
        found: dict[str | tuple[()] | None, Revision | None] = {None: None, (): None}
        found.update(self.graph.nodes)
        found.update((label, self.graph.nodes[name]) for label, name in self.graph.labels.items())
        return found

    def __iter__(self) -> Iterator[Revision]:
        return iter(self.graph.nodes.values())

    def get_revision(self, id_: RevisionIds) -> Revision | None:
        """The one revision that a target means.

        :param id_: see `limbeck.graph.target` for the grammar; None, () and "base" give None.
        :raises MultipleHeads: where it means several; ResolutionError where it means none.
        """
        from .resolve import revision

        return revision(self.graph, id_)

    def get_revisions(self, id_: RevisionIds) -> tuple[Revision | None, ...]:
        """The revisions that a target, or each of several, means.

        :param id_: a target, a relative one included (it starts from the heads), or a sequence.
        :return: () for the base.
        :raises RevisionError: for what cannot be resolved.
        """
        from .resolve import revisions

        return revisions(self.graph, id_)

    def get_current_head(self, branch_label: str | None = None) -> str | None:
        """Id of the only head, of one branch if it is named; None without revisions.

        :raises MultipleHeads: where there are several.
        """
        from .names import current_head

        return current_head(self.graph, branch_label)

    def filter_for_lineage(
        self,
        targets: Iterable[Revision | str | None],
        check_against: str | None,
        include_dependencies: bool = False,
    ) -> tuple[Revision | str | None, ...]:
        """Those of some revisions that are ancestors or descendants of another one, or the same.

        :param targets: revisions or ids.
        :param check_against: a target; of ``branch@symbol`` either part will do; None for all.
        :param include_dependencies: count dependencies as edges.
        """
        from .resolve import filter_for_lineage

        return filter_for_lineage(self.graph, targets, check_against, include_dependencies)

    def iterate_revisions(
        self,
        upper: RevisionIds,
        lower: RevisionIds,
        implicit_base: bool = False,
        inclusive: bool = False,
        assert_relative_length: bool = True,
        select_for_downgrade: bool = False,
    ) -> Iterator[Revision]:
        """Revisions from ``upper`` down to ``lower``, newest first; a generator, which looks when it is first asked.

        :param upper: target to go up to; with ``select_for_downgrade`` the rows of the database.
        :param lower: where the range begins, itself left out; with ``select_for_downgrade`` the target to go down to.
        :param implicit_base: ``lower`` need not be an ancestor of ``upper``: give all that ``upper`` needs beyond it.
        :param inclusive: give ``lower`` as well, and only its descendants unless ``implicit_base``.
        :param assert_relative_length: a relative target past the end of the graph is an error; else it stops there.
        :param select_for_downgrade: give what a downgrade would revert.
        :raises RangeNotAncestorError: where ``lower`` is no ancestor of ``upper``.
        """
        from . import order, select

        if select_for_downgrade:
            found = select.for_downgrade(self.graph, upper, lower, assert_relative_length)
        else:
            found = select.for_upgrade(self.graph, upper, lower, implicit_base, inclusive, assert_relative_length)
        yield from [self.graph.nodes[name] for name in order.newest_first(self.graph, *found)]

    def _get_all_current(self, id_: RevisionIds) -> set[Revision | None]:
        """The newest applied revision of every branch of a database that has these rows."""
        from .resolve import revisions
        from .rows import effective_current

        rows = [node.revision for node in revisions(self.graph, id_) if node is not None]
        return {self.graph.nodes[name] for name in effective_current(self.graph, rows)}


def _holding(graph: Graph) -> Graph:
    """The graph, set as the ``graph`` of its revisions."""
    for node in graph.nodes.values():
        node.graph = graph  # pyright: ignore[reportAttributeAccessIssue] a cached_property serves as a property
    return graph
