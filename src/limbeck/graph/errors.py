"""What can be wrong with a graph, a target or a walk: one class and one code each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class RevisionError(CommandError):
    """Something is wrong with the revisions, or with a target."""

    code = "revision-error"


class RangeNotAncestorError(RevisionError):
    """The lower end of a range is no ancestor of its upper end.

    :param lower: lower end as it was given; None or () for the base.
    :param upper: upper end as it was given; None or () for the base.
    :param message: other text than the usual one.
    :param hint: what to do.
    """

    code = "range-not-ancestor"

    def __init__(self, lower: object, upper: object, message: str | None = None, hint: str | None = None) -> None:
        self.lower = lower
        self.upper = upper
        usual = f"Revision {lower or 'base'} is not an ancestor of revision {upper or 'base'}"
        super().__init__(message or usual, hint=hint)


class MultipleHeads(RevisionError):  # noqa: N818 the documented name
    """Several revisions were found where one is wanted.

    :param heads: ids of the heads.
    :param argument: the target as it was given.
    """

    code = "multiple-heads"

    def __init__(self, heads: Iterable[str], argument: object) -> None:
        self.heads = tuple(heads)
        self.argument = argument
        super().__init__(
            f"Multiple heads are present for given argument '{argument}'; {', '.join(self.heads)}",
            hint=f"name one of them, '<branch>@{argument}' for the head of one branch, or 'heads' for all.",
        )


class ResolutionError(RevisionError):
    """A target names no revision, or more than one.

    :param message: the fact.
    :param argument: the target as it was given.
    :param code: "unknown-revision" by default, "ambiguous-revision", "unknown-branch", "not-on-branch", ...
    :param hint: what to do.
    :param candidates: ids that may have been meant.
    """

    code = "unknown-revision"

    def __init__(
        self,
        message: str,
        argument: object,
        *,
        code: str | None = None,
        hint: str | None = None,
        candidates: Sequence[str] = (),
    ) -> None:
        self.argument = argument
        self.candidates = tuple(candidates)
        super().__init__(message, code=code, hint=hint)


class UnknownRows(ResolutionError):  # noqa: N818 named as the documented ones are
    """The version table has ids of revisions that the environment does not have.

    :param ids: those ids, in the order of the rows.
    """

    code = "database-ahead"

    def __init__(self, ids: Sequence[str]) -> None:
        self.revisions = tuple(ids)
        named = ", ".join(f"'{name}'" for name in ids)
        super().__init__(
            f"Can't locate revision identified by {named}: "
            "the database is ahead of this code, or beside it on another branch",
            ids[0],
            hint="run the code that has these revisions, or add their files; where the schema is known to equal a "
            "revision of this code, `stamp --purge <revision>` writes the version table anew.",
        )


class WalkError(RevisionError):
    """A relative target cannot be walked: past an end, or where the way forks.

    :param message: the fact.
    :param argument: the target as it was given.
    :param code: "walked-too-far" by default, "ambiguous-walk".
    :param hint: what to do.
    """

    code = "walked-too-far"

    def __init__(self, message: str, argument: object, *, code: str | None = None, hint: str | None = None) -> None:
        self.argument = argument
        super().__init__(message, code=code, hint=hint)


class TargetSyntaxError(RevisionError):
    """The text of a target does not follow the grammar.

    :param message: the fact.
    :param argument: the target as it was given.
    """

    code = "target-syntax"

    def __init__(self, message: str, argument: object, hint: str | None = None) -> None:
        self.argument = argument
        super().__init__(message, hint=hint)


def not_text(value: object) -> TargetSyntaxError:
    """The error for a row or a target that is not text, or is a list where one revision is asked for."""
    return TargetSyntaxError(
        f"revision identifier {value!r} is not a string; ensure database driver settings are correct",
        value,
        "the version table's column has to come back as text, and a target is text.",
    )


class DuplicateRevision(RevisionError):  # noqa: N818 named as the documented ones are
    """Two files declare the same revision id."""

    code = "duplicate-revision"


class DuplicateLabel(RevisionError):  # noqa: N818 named as the documented ones are
    """A branch label is used twice, or is the id of a revision."""

    code = "duplicate-label"


class MissingRevision(RevisionError, KeyError):  # noqa: N818 named as the documented ones are
    """A file names a parent or a dependency that no file declares; under Alembic a KeyError."""

    code = "missing-revision"
    __str__ = Exception.__str__


class IllegalRevision(RevisionError):  # noqa: N818 named as the documented ones are
    """An id has characters of the grammar of targets."""

    code = "illegal-revision-id"


class CycleDetected(RevisionError):  # noqa: N818 the documented name
    """Revisions are each other's ancestors.

    :param revisions: ids of the cycle.
    :param hint: the files concerned, and what to do.
    :param file: the first of these files.
    """

    code = "cycle"
    kind = "Cycle"

    def __init__(self, revisions: Sequence[str], hint: str | None = None, file: str | None = None) -> None:
        self.revisions = revisions
        super().__init__(f"{self.kind} is detected in revisions ({', '.join(revisions)})", hint=hint, file=file)


class DependencyCycleDetected(CycleDetected):
    """Revisions are each other's ancestors once dependencies count. Arguments as those of `CycleDetected`."""

    code = "dependency-cycle"
    kind = "Dependency cycle"


class LoopDetected(CycleDetected):
    """A revision is its own parent. Arguments as those of `CycleDetected`."""

    code = "loop"
    kind = "Self-loop"

    def __init__(self, revision: str, hint: str | None = None, file: str | None = None) -> None:
        super().__init__([revision], hint, file)


class DependencyLoopDetected(DependencyCycleDetected):
    """A revision depends on itself. Arguments as those of `CycleDetected`."""

    code = "dependency-loop"
    kind = "Dependency self-loop"

    def __init__(self, revision: str, hint: str | None = None, file: str | None = None) -> None:
        super().__init__([revision], hint, file)
