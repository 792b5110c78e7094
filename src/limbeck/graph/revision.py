"""One node of the graph: an id, its parents, what it depends on, its branch labels (behaviour 4.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import IllegalRevision

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .map import RevisionMap

ILLEGAL = "+-:@"
NOTHING: frozenset[str] = frozenset()


class Revision:
    """A revision as its file declares it; what follows from its neighbours is asked of the map that holds it.

    :param revision: the id.
    :param down_revision: parent or parents; None for a base. A sequence of one is kept as that one.
    :param dependencies: ids, partial ids or branch labels of revisions that have to be there before this one.
    :param branch_labels: one label or several, as the file has them.
    """

    __slots__ = ("_map", "_own_labels", "dependencies", "down_revision", "path", "revision")

    #: the file, for messages; None where there is none
    path: str | None

    def __init__(
        self,
        revision: str,
        down_revision: str | Iterable[str] | None,
        dependencies: str | Iterable[str] | None = None,
        branch_labels: str | Iterable[str] | None = None,
    ) -> None:
        self.revision = revision
        self.down_revision = (
            (down_revision or None) if type(down_revision) is str else tuple_rev_as_scalar(down_revision)
        )
        self.dependencies = None if dependencies is None else tuple_rev_as_scalar(dependencies)
        self._own_labels: tuple[str, ...] = () if branch_labels is None else names(branch_labels)
        self.path = None
        self._map: RevisionMap | None = None

    @classmethod
    def verify_rev_id(cls, revision: str) -> None:
        """Check that an id has no character that means something in targets.

        :raises IllegalRevision: naming the characters (behaviour 4.2).
        """
        illegal = sorted(set(revision).intersection(ILLEGAL))
        if illegal:
            raise IllegalRevision(
                f"Character(s) '{', '.join(illegal)}' not allowed in revision identifier '{revision}'",
                hint="letters, digits and underscores make an id.",
            )

    @property
    def _versioned_down_revisions(self) -> tuple[str, ...]:
        """Parents, as a tuple."""
        down = self.down_revision
        return () if down is None else (down,) if isinstance(down, str) else down

    @property
    def _resolved_dependencies(self) -> tuple[str, ...]:
        """Dependencies as full ids, in the order of the file."""
        return () if self._map is None else self._map._edges.dependencies.get(self.revision, ())

    @property
    def _normalized_resolved_dependencies(self) -> tuple[str, ...]:
        """Those dependencies that no ancestor by down_revision declares already."""
        return () if self._map is None else self._map._normal_dependencies.get(self.revision, ())

    @property
    def _all_down_revisions(self) -> tuple[str, ...]:
        """Parents, then dependencies as full ids."""
        return self._versioned_down_revisions + self._resolved_dependencies

    @property
    def _normalized_down_revisions(self) -> tuple[str, ...]:
        """Parents, then the dependencies that no ancestor declares already."""
        return self._versioned_down_revisions + self._normalized_resolved_dependencies

    @property
    def nextrev(self) -> frozenset[str]:
        """Children by down_revision."""
        return NOTHING if self._map is None else frozenset(self._map._edges.children.get(self.revision, ()))

    @property
    def _all_nextrev(self) -> frozenset[str]:
        """Children by down_revision, and the revisions that depend on this one."""
        return NOTHING if self._map is None else frozenset(self._map._edges.ups.get(self.revision, ()))

    @property
    def branch_labels(self) -> frozenset[str]:
        """Labels of this revision: its own, and those that reach it along its branch (behaviour 4.1)."""
        if self._map is None:
            return frozenset(self._own_labels)
        return self._map._labels_of.get(self.revision, NOTHING)

    @property
    def is_head(self) -> bool:
        """Whether no revision follows by down_revision."""
        return self._map is None or self.revision not in self._map._child_counts

    @property
    def _is_real_head(self) -> bool:
        """Whether no revision follows by down_revision or depends on this one."""
        return self.is_head and (self._map is None or self._map._no_dependents(self.revision))

    @property
    def is_base(self) -> bool:
        """Whether it has no parent."""
        return not self.down_revision

    @property
    def _is_real_base(self) -> bool:
        """Whether it has neither parent nor dependency."""
        return not self.down_revision and not self.dependencies

    @property
    def is_branch_point(self) -> bool:
        """Whether several revisions follow by down_revision."""
        return self._map is not None and self._map._child_counts.get(self.revision, 0) > 1

    @property
    def _is_real_branch_point(self) -> bool:
        """Whether several revisions follow, dependents counted."""
        return len(self._all_nextrev) > 1

    @property
    def is_merge_point(self) -> bool:
        """Whether it has several parents."""
        return isinstance(self.down_revision, tuple)

    def __repr__(self) -> str:
        depends = f", dependencies={self.dependencies!r}" if self.dependencies else ""
        labels = f", branch_labels={self._own_labels!r}" if self._own_labels else ""
        return f"{type(self).__name__}({self.revision!r}, {self.down_revision!r}{depends}{labels})"


def names(value: str | Iterable[str]) -> tuple[str, ...]:
    """One name or several, as a tuple without repetition, in the order given."""
    return (value,) if isinstance(value, str) else tuple(dict.fromkeys(value))


def tuple_rev_as_scalar(rev: str | Iterable[str] | None) -> str | tuple[str, ...] | None:
    """What a file may write as parents, as it is kept: None for none, a string for one, a tuple for several."""
    if rev is None or isinstance(rev, str):
        return rev or None
    found = names(rev)
    return None if not found else found[0] if len(found) == 1 else found
