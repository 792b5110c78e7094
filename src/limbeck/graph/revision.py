"""A node of the graph: an id, its parents, its dependencies and its branch labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import IllegalRevision

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Protocol

    from .edges import Edges

    class Neighbours(Protocol):
        """What a revision asks of the graph that holds it; each mapping is by id, and an id may be missing."""

        @property
        def child_counts(self) -> Mapping[str, int]:
            """Number of children."""
            ...

        @property
        def edges(self) -> Edges:
            """The edges of the graph."""
            ...

        @property
        def normal_dependencies(self) -> Mapping[str, tuple[str, ...]]:
            """Dependencies that no ancestor declares too."""
            ...

        @property
        def branch_labels(self) -> Mapping[str, frozenset[str]]:
            """All labels."""
            ...

        def is_real_head(self, name: str) -> bool:
            """Whether a revision has neither children nor dependents."""
            ...


ILLEGAL = "+-:@"
"""Characters of the grammar of targets, which no id may have."""
SYMBOLS = ("head", "heads", "base", "current")
"""Words of the grammar of targets; each means what it says even where a revision has it as its id."""
NOTHING: frozenset[str] = frozenset()


class Revision:
    """A revision as its file declares it; facts about its neighbours come from the graph that holds it.

    :param revision: the id.
    :param down_revision: parent or parents; None for a base. A sequence of one is kept as that one.
    :param dependencies: ids, partial ids or branch labels of revisions that have to be applied before this one.
    :param branch_labels: one label or several, as the file has them.
    :param replaces: ids of the revisions in whose place it stands, itself the last of them.
    """

    __slots__ = ("dependencies", "down_revision", "graph", "own_labels", "path", "replaces", "revision")

    #: the file, for messages; None where there is none
    path: str | None
    #: the graph that holds the revision; None for a revision that stands alone
    graph: Neighbours | None

    def __init__(
        self,
        revision: str,
        down_revision: str | Iterable[str] | None,
        dependencies: str | Iterable[str] | None = None,
        branch_labels: str | Iterable[str] | None = None,
        replaces: tuple[str, ...] = (),
    ) -> None:
        self.revision = revision
        self.replaces = replaces
        self.down_revision = (
            (down_revision or None) if type(down_revision) is str else tuple_rev_as_scalar(down_revision)
        )
        self.dependencies = None if dependencies is None else tuple_rev_as_scalar(dependencies)
        self.own_labels: tuple[str, ...] = () if branch_labels is None else distinct(branch_labels)
        self.path = None
        self.graph = None

    @classmethod
    def verify_rev_id(cls, revision: str) -> None:
        """Check that an id has no character of the grammar of targets.

        :raises IllegalRevision: naming the characters.
        """
        illegal = sorted(set(revision).intersection(ILLEGAL))
        if illegal:
            raise IllegalRevision(
                f"Character(s) '{', '.join(illegal)}' not allowed in revision identifier '{revision}'",
                hint="letters, digits and underscores make an id.",
            )

    @property
    def parents(self) -> tuple[str, ...]:
        """``down_revision`` as a tuple."""
        down = self.down_revision
        return () if down is None else (down,) if isinstance(down, str) else down

    @property
    def resolved_dependencies(self) -> tuple[str, ...]:
        """Dependencies as full ids, in the order of the file."""
        return () if self.graph is None else self.graph.edges.dependencies.get(self.revision, ())

    @property
    def normal_dependencies(self) -> tuple[str, ...]:
        """Resolved dependencies without those that an ancestor by ``down_revision`` declares too."""
        return () if self.graph is None else self.graph.normal_dependencies.get(self.revision, ())

    @property
    def all_down_revisions(self) -> tuple[str, ...]:
        """Parents, then resolved dependencies."""
        return self.parents + self.resolved_dependencies

    @property
    def normal_down_revisions(self) -> tuple[str, ...]:
        """Parents, then normal dependencies."""
        return self.parents + self.normal_dependencies

    @property
    def nextrev(self) -> frozenset[str]:
        """Children by ``down_revision``."""
        return NOTHING if self.graph is None else frozenset(self.graph.edges.children.get(self.revision, ()))

    @property
    def all_nextrev(self) -> frozenset[str]:
        """Children by ``down_revision``, and the revisions that depend on this one."""
        return NOTHING if self.graph is None else frozenset(self.graph.edges.ups.get(self.revision, ()))

    @property
    def branch_labels(self) -> set[str]:
        """Labels of this revision: its own, and those that it has from its branch; a new set with every access."""
        if self.graph is None:
            return set(self.own_labels)
        return set(self.graph.branch_labels.get(self.revision, NOTHING))

    @property
    def is_head(self) -> bool:
        """Whether it has no children by ``down_revision``."""
        return self.graph is None or self.revision not in self.graph.child_counts

    @property
    def is_real_head(self) -> bool:
        """Whether it has no children, dependents included."""
        return self.graph is None or self.graph.is_real_head(self.revision)

    @property
    def is_base(self) -> bool:
        """Whether it has no parent."""
        return not self.down_revision

    @property
    def is_real_base(self) -> bool:
        """Whether it has neither parent nor dependency."""
        return not self.down_revision and not self.dependencies

    @property
    def is_branch_point(self) -> bool:
        """Whether it has several children by ``down_revision``."""
        return self.graph is not None and self.graph.child_counts.get(self.revision, 0) > 1

    @property
    def is_real_branch_point(self) -> bool:
        """Whether it has several children, dependents included."""
        return len(self.all_nextrev) > 1

    @property
    def is_merge_point(self) -> bool:
        """Whether it has several parents."""
        return isinstance(self.down_revision, tuple)

    # Alembic's names, which other packages use
    _versioned_down_revisions = parents
    _resolved_dependencies = resolved_dependencies
    _normalized_resolved_dependencies = normal_dependencies
    _all_down_revisions = all_down_revisions
    _normalized_down_revisions = normal_down_revisions
    _all_nextrev = all_nextrev
    _is_real_head = is_real_head
    _is_real_base = is_real_base
    _is_real_branch_point = is_real_branch_point

    def __repr__(self) -> str:
        depends = f", dependencies={self.dependencies!r}" if self.dependencies else ""
        labels = f", branch_labels={self.own_labels!r}" if self.own_labels else ""
        return f"{type(self).__name__}({self.revision!r}, {self.down_revision!r}{depends}{labels})"


def distinct(value: str | Iterable[str]) -> tuple[str, ...]:
    """One name or several as a tuple, each once, in the order given."""
    return (value,) if isinstance(value, str) else tuple(dict.fromkeys(value))


def tuple_rev_as_scalar(rev: str | Iterable[str] | None) -> str | tuple[str, ...] | None:
    """Parents as a file may declare them, in the form that is kept: None, one as a string, or several as a tuple."""
    if rev is None or isinstance(rev, str):
        return rev or None
    found = distinct(rev)
    return None if not found else found[0] if len(found) == 1 else found
