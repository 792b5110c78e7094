"""All revisions of an environment, and what can be asked of them (behaviour 4.1, 4.3)."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from . import errors, load
from .revision import Revision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from .edges import Edges
    from .target import Target

    RevisionIds = str | Revision | Iterable["str | Revision | None"] | None


SYMBOLS = frozenset({"head", "heads", "base", "current"})
"""Words that mean what they say even where a revision is called by one."""


class RevisionMap:
    """The graph. It is read when it is first asked, and each kind of fact is worked out when first needed.

    :param generator: called once; gives the revisions in load order.
    """

    def __init__(self, generator: Callable[[], Iterable[Revision]]) -> None:
        self._generator = generator

    # ---------------------------------------------------------------- facts, each worked out once

    @cached_property
    def _nodes(self) -> dict[str, Revision]:
        """Revisions by id, in load order."""
        nodes = load.collect(self._generator())
        for node in nodes.values():
            node._map = self
        return nodes

    @cached_property
    def _child_counts(self) -> dict[str, int]:
        """How many children by down_revision; heads are missing."""
        return load.count_children(self._nodes)

    @cached_property
    def _labels(self) -> dict[str, str]:
        """Id of the revision that carries each label."""
        from .edges import own_labels

        return own_labels(self._nodes)

    @cached_property
    def _edges(self) -> Edges:
        """Who stands above and below whom."""
        from .edges import connect

        _ = self._child_counts  # looked at for its faults
        return connect(self._nodes, self._labels)

    @cached_property
    def _normal_dependencies(self) -> dict[str, tuple[str, ...]]:
        """Dependencies that no ancestor declares too."""
        from .edges import normal_dependencies

        return normal_dependencies(self._edges)

    @cached_property
    def _labels_of(self) -> dict[str, frozenset[str]]:
        """All labels of each revision; empty where nobody has any."""
        if not self._labels:
            return {}
        from .labels import propagate

        return propagate(self._nodes, self._edges)

    @cached_property
    def _depends(self) -> bool:
        """Whether any revision has dependencies."""
        return any(node.dependencies is not None for node in self._nodes.values())

    def _no_dependents(self, name: str) -> bool:
        """Whether nothing depends on a revision that has no children."""
        return not self._depends or name not in self._edges.ups

    def _forget(self) -> None:
        """Forget what was worked out, but for the revisions themselves."""
        for name in (
            "_child_counts",
            "_labels",
            "_edges",
            "_normal_dependencies",
            "_labels_of",
            "_depends",
            "_positions",
        ):
            self.__dict__.pop(name, None)

    # ---------------------------------------------------------------- heads and bases

    @property
    def heads(self) -> tuple[str, ...]:
        """Ids of the revisions that no other names as its parent, in load order.

        :raises RevisionError: for every fault of behaviour 4.2 that concerns parents.
        """
        counts = self._child_counts
        return tuple(name for name in self._nodes if name not in counts)

    @property
    def bases(self) -> tuple[str, ...]:
        """Ids of the revisions without a parent, in load order."""
        _ = self._child_counts  # looked at for its faults
        return tuple(name for name, node in self._nodes.items() if node.down_revision is None)

    @property
    def _real_heads(self) -> tuple[str, ...]:
        """Heads on which nothing depends."""
        return tuple(name for name in self.heads if self._no_dependents(name))

    @property
    def _real_bases(self) -> tuple[str, ...]:
        """Bases that depend on nothing."""
        return tuple(name for name in self.bases if self._nodes[name].dependencies is None)

    @property
    def _revision_map(self) -> dict[str | tuple[()] | None, Revision | None]:
        """Revisions by id and by own label; None and () stand for the base. A new dict with every access."""
        _ = self._edges  # looked at for its faults
        everything: dict[str | tuple[()] | None, Revision | None] = {None: None, (): None}
        everything.update(self._nodes)
        everything.update((label, self._nodes[name]) for label, name in self._labels.items())
        return everything

    def __iter__(self) -> Iterator[Revision]:
        return iter(self._nodes.values())

    # ---------------------------------------------------------------- one more

    def add_revision(self, revision: Revision, _replace: bool = False) -> None:
        """Take one more revision into the graph.

        :param revision: its parents and dependencies have to be there.
        :param _replace: take the place of the revision with the same id, which has to be there.
        :raises RevisionError: as when the graph is read; the graph stays as it was.
        """
        name = revision.revision
        _ = self._edges  # looked at for its faults
        before = self._nodes.get(name)
        if _replace and before is None:
            raise errors.ResolutionError(f"revision {name} not in map", name)
        if not _replace and before is not None:
            load.check_same_file(before, revision)
        nodes = {**self._nodes, name: revision}
        candidate = RevisionMap(nodes.values)
        candidate._check(nodes)
        self._nodes = nodes
        revision._map = self
        self._forget()

    def _check(self, nodes: dict[str, Revision]) -> None:
        """Work out every fact that can be wrong, without touching the revisions."""
        load.collect(nodes.values())
        self._nodes = nodes
        _ = self._edges  # looked at for its faults

    # ---------------------------------------------------------------- from names to revisions

    def get_revision(self, id_: RevisionIds) -> Revision | None:
        """The one revision that a target names.

        :param id_: any target of behaviour 4.3; None, () and "base" give None.
        :raises MultipleHeads: where it names several; ResolutionError where it names none.
        """
        found = self.get_revisions(id_)
        if len(found) > 1:
            raise errors.MultipleHeads([node.revision for node in found if node], id_ if isinstance(id_, str) else None)
        return found[0] if found else None

    def get_revisions(self, id_: RevisionIds) -> tuple[Revision | None, ...]:
        """The revisions that a target, or each of several, names.

        :param id_: any target of behaviour 4.3, relative ones included (they start from the heads), or a sequence.
        :return: () for the base.
        :raises RevisionError: for what cannot be resolved.
        """
        if isinstance(id_, str):
            exact = self._nodes.get(id_)
            if exact is not None and id_ not in SYMBOLS:
                return (exact,)
            return tuple(self._nodes[name] for name in self._resolve(self._parse(id_)))
        if isinstance(id_, Revision):
            return (id_,)
        if id_ is None:
            return ()
        found: list[Revision | None] = []
        for each in id_:
            found.extend((None,) if each is None else self.get_revisions(each))
        return tuple(found)

    def get_current_head(self, branch_label: str | None = None) -> str | None:
        """Id of the only head, of one branch if it is named; None without revisions.

        :raises MultipleHeads: where there are several.
        """
        heads = self.heads if branch_label is None else self._on_branch(self.heads, branch_label)
        if len(heads) > 1:
            raise errors.MultipleHeads(heads, "head" if branch_label is None else f"{branch_label}@head")
        return heads[0] if heads else None

    def filter_for_lineage(
        self,
        targets: Iterable[Revision | str | None],
        check_against: str | None,
        include_dependencies: bool = False,
    ) -> tuple[Revision | str | None, ...]:
        """Those of some revisions that stand above or below another one, or are it.

        :param targets: revisions or ids.
        :param check_against: a target; ``branch@symbol`` is satisfied by either part; None for all.
        :param include_dependencies: count dependencies as edges.
        """
        against = self._lineage_names(check_against)
        if not against:
            return tuple(targets)
        kin = self._kin(against, include_dependencies)
        return tuple(each for each in targets if (each.revision if isinstance(each, Revision) else each) in kin)

    def _lineage_names(self, target: str | None) -> list[str]:
        """Ids that a lineage may be measured against: of the symbol, and of the branch before it."""
        if target is None:
            return []
        parsed = self._parse(target)
        branch = [] if parsed.branch is None else [self._branch(parsed.branch)]
        return branch + [name for name in self._resolve(parsed) if name not in branch]

    def _kin(self, starts: Sequence[str], include_dependencies: bool = False) -> set[str]:
        """The starts, and all that stands above or below them."""
        from .edges import closure

        edges = self._edges
        if include_dependencies:
            return closure(starts, edges.downs) | closure(starts, edges.ups)
        return closure(starts, edges.parents) | closure(starts, edges.children)

    def _on_branch(self, ids: Iterable[str], branch: str) -> tuple[str, ...]:
        """Those ids that stand above or below the revision that names a branch."""
        kin = self._kin([self._branch(branch)])
        return tuple(name for name in ids if name in kin)

    def _branch(self, branch: str) -> str:
        """Id of the revision that names a branch: the one with that label or id.

        :raises ResolutionError: with code "unknown-branch".
        """
        from .lookup import find

        try:
            return find(branch, self._nodes, self._labels)
        except errors.ResolutionError as error:
            raise errors.ResolutionError(
                f"No such branch: '{branch}'",
                branch,
                code="unknown-branch",
                hint=f"{error}. {error.hint}",
                candidates=error.candidates,
            ) from None

    def _parse(self, text: str) -> Target:
        """A target taken apart; a label that looks like a walk is still that label."""
        from .target import Target, parse

        if text in self._nodes or text in self._labels:
            return Target(text, None, text, None)
        return parse(text)

    def _resolve(self, target: Target, *, clip: bool = False) -> tuple[str, ...]:
        """Ids that a target names; () for the base. ``clip``: a walk past an end stays at the end."""
        from .walk import walk_from_symbol

        if target.walk is not None:
            return walk_from_symbol(self, target, clip=clip)
        return self._resolve_symbol(target)

    def _resolve_symbol(self, target: Target) -> tuple[str, ...]:
        """Ids that a target without a walk names; () for the base."""
        branch, symbol = target.branch, target.symbol
        if symbol == "heads":
            return self._real_heads if branch is None else self._on_branch(self.heads, branch)
        if symbol == "head":
            head = self.get_current_head(branch)
            return () if head is None else (head,)
        if symbol == "base":
            if branch is not None:
                self._branch(branch)
            return ()
        if symbol == "current":
            raise errors.ResolutionError(
                f"No such revision or branch '{target.text}'",
                target.text,
                hint="'current' stands for the rows of a database: show, edit and history know it.",
            )
        return (self._find(symbol or "", branch),)

    def _find(self, name: str, branch: str | None) -> str:
        """Id that a name stands for, on a branch if one is named."""
        from . import lookup

        if branch is None:
            return lookup.find(name, self._nodes, self._labels)
        kin = self._kin([self._branch(branch)])
        exact = name if name in self._nodes else self._labels.get(name)
        if exact is None:
            near = lookup.candidates(name, self._nodes, self._labels)
            ids = dict.fromkeys(self._labels.get(other, other) for other in near)
            here = [other for other in ids if other in kin]
            if len(here) > 1:
                raise lookup.ambiguous(name, here)
            exact = here[0] if here else lookup.find(name, self._nodes, self._labels)
        if exact not in kin:
            raise errors.ResolutionError(
                f"Revision {exact} is not a member of branch '{branch}'",
                f"{branch}@{name}",
                code="not-on-branch",
                hint=f"name it without '{branch}@', or name another branch.",
            )
        return exact

    # ---------------------------------------------------------------- from names to sequences

    def iterate_revisions(
        self,
        upper: RevisionIds,
        lower: RevisionIds,
        implicit_base: bool = False,
        inclusive: bool = False,
        assert_relative_length: bool = True,
        select_for_downgrade: bool = False,
    ) -> Iterator[Revision]:
        """Revisions from ``upper`` down to ``lower``, newest first (behaviour 15, "Topological order").

        :param upper: target to go up to; with ``select_for_downgrade`` the rows of the database.
        :param lower: where the range begins, itself left out; with ``select_for_downgrade`` the target to go down to.
        :param implicit_base: ``lower`` need not be an ancestor of ``upper``: give all that ``upper`` needs beyond it.
        :param inclusive: give ``lower`` as well, and only what stands above it unless ``implicit_base``.
        :param assert_relative_length: a relative target past an end is an error; otherwise it stays at the end.
        :param select_for_downgrade: give what a downgrade would take away.
        :raises RangeNotAncestorError: where the ends are not on one line.
        """
        from . import select

        if select_for_downgrade:
            found = select.for_downgrade(self, upper, lower, assert_relative_length)
        else:
            found = select.for_upgrade(self, upper, lower, implicit_base, inclusive, assert_relative_length)
        return iter([self._nodes[name] for name in self._newest_first(*found)])

    def _newest_first(self, todo: set[str], heads: Iterable[str]) -> list[str]:
        """Sort revisions from the tips down."""
        from .order import newest_first

        if not todo:
            return []
        starts = sorted(heads, key=self._positions.__getitem__)
        return newest_first(todo, starts, self._edges.downs, self._edges.ups, self._ways_down)

    @cached_property
    def _positions(self) -> dict[str, int]:
        """Place of each id in load order."""
        return {name: number for number, name in enumerate(self._nodes)}

    def _ways_down(self, name: str) -> tuple[str, ...]:
        """Parents, then the dependencies that no ancestor declares already, none twice."""
        parents = self._edges.parents[name]
        more = self._normal_dependencies.get(name)
        return parents if more is None else parents + tuple(other for other in more if other not in parents)

    def _get_all_current(self, id_: RevisionIds) -> set[Revision | None]:
        """The tips of all that is applied when the database has these rows."""
        from .rows import effective_current

        rows = [node.revision for node in self.get_revisions(id_) if node is not None]
        return {self._nodes[name] for name in effective_current(self, rows)}
