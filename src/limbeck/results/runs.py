"""What ran, or would run by a plan."""

from __future__ import annotations

from dataclasses import dataclass

from .result import Kind, Result


@dataclass(frozen=True, slots=True)
class StepResult:
    """A step of a run.

    :param kind: ``"upgrade"``, ``"downgrade"`` or ``"stamp"``.
    :param revision: id of the revision that runs; null for a stamp.
    :param from_revisions: what the log has left of the arrow: of an upgrade the parents of the revision, of a downgrade
        the revision itself, of a stamp the version rows that it replaces.
    :param to_revisions: what the log has right of the arrow: of an upgrade the revision itself, of a downgrade its
        parents, of a stamp the version rows that it writes.
    :param doc: first paragraph of the revision's docstring; null for a stamp.
    """

    kind: Kind
    revision: str | None
    from_revisions: tuple[str, ...]
    to_revisions: tuple[str, ...]
    doc: str | None


@dataclass(frozen=True, slots=True)
class RunResult(Result):
    """An upgrade, a downgrade or a stamp of a database: done, or planned.

    :param kind: ``"upgrade"``, ``"downgrade"`` or ``"stamp"``.
    :param start: ids in the version table before.
    :param steps: the steps, in their order.
    :param end: ids in the version table after.
    :param database: URL of the database, its password hidden; null where it was only planned.
    """

    schema = "limbeck.run"

    kind: Kind
    start: tuple[str, ...]
    steps: tuple[StepResult, ...]
    end: tuple[str, ...]
    database: str | None = None


@dataclass(frozen=True, slots=True)
class RunsResult(Result):
    """What ``upgrade``, ``downgrade`` and ``stamp`` do.

    :param runs: the runs, one for each database that env.py configures, in its order.
    """

    schema = "limbeck.runs"

    runs: tuple[RunResult, ...]
