"""Results of fleets: where many databases are, and how they fared in a campaign; as those of `limbeck.results`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from .result import Result

if TYPE_CHECKING:
    from .differences import Difference
    from .plans import PlannedRun

TargetState = Literal[
    "at head", "already there", "behind", "unknown revision", "running", "done", "failed", "locked", "interrupted"
]
"""``already there``: a downgrade had nothing to do; ``running`` is also what a killed campaign leaves; ``locked``:
another session is at work there."""

CampaignState = Literal["running", "done", "stopped", "drained"]
"""``stopped``: by too many failures; ``drained``: a signal asked for it, and what was at work was finished."""


StageState = Literal["waiting", "running", "passed", "failed"]
"""``waiting`` is also what a stage is that never began, as another one failed; ``running``: soaking included."""


@dataclass(frozen=True, slots=True)
class FleetStage:
    """A stage of a campaign.

    :param name: its name.
    :param state: how it is.
    :param total: the number of its targets.
    :param error: why it failed; null where it has not.
    """

    name: str
    state: StageState
    total: int
    error: str | None = None


@dataclass(frozen=True, slots=True)
class FleetTarget:
    """A target of a fleet: how it fared in a campaign, or where it is.

    :param name: its name.
    :param state: how it is.
    :param server: its server; null for a file, and where it is not known.
    :param attempt: how often the campaign has begun it; 0: it needed no run.
    :param worker: the process and the thread that had it, as ``host:pid:thread``; null where none had.
    :param started: when it was begun the last time, UTC; null likewise.
    :param seconds: how long it took; null where that is not known.
    :param rows_before: its version rows before; null where they are not known.
    :param rows_after: its version rows afterwards; null likewise.
    :param code: code of the error; null where there is none.
    :param error: the error, in a sentence; null likewise.
    :param hint: what to do about it; null likewise.
    :param stage: the stage that it belongs to; null in a campaign without stages.
    :param digest: SHA-256 of its schema, where that was read; null elsewhere. It is not kept.
    :param may_pass: whether what it failed with may be over a moment later; not kept either.
    :param backend: the database product as its URL names it; likewise.
    :param planned: what a run will do there, where that was rehearsed; likewise.
    :param differences: what its schema has otherwise than the models, where it was compared; likewise.
    :param lag: seconds that replicas of its server were behind afterwards, where that is asked and known; likewise.
    """

    name: str
    state: TargetState
    server: str | None = None
    attempt: int = 0
    worker: str | None = None
    started: str | None = None
    seconds: float | None = None
    rows_before: tuple[str, ...] | None = None
    rows_after: tuple[str, ...] | None = None
    code: str | None = None
    error: str | None = None
    hint: str | None = None
    stage: str | None = None
    digest: str | None = field(default=None, metadata={"json": False})
    may_pass: bool = field(default=False, metadata={"json": False}, compare=False)
    lag: float | None = field(default=None, metadata={"json": False}, compare=False)
    backend: str | None = field(default=None, metadata={"json": False}, compare=False)
    planned: PlannedRun | None = field(default=None, metadata={"json": False}, compare=False)
    differences: tuple[Difference, ...] | None = field(default=None, metadata={"json": False}, compare=False)

    @property
    def is_failed(self) -> bool:
        """Whether it did not get to where it was to go."""
        return self.state in {"failed", "locked", "interrupted"}


@dataclass(frozen=True, slots=True)
class FleetStatus(Result):
    """What ``fleet status`` finds.

    :param heads: the revisions where targets should be.
    :param targets: the targets, in the order in which they are listed.
    """

    schema = "limbeck.fleet-status"

    heads: tuple[str, ...]
    targets: tuple[FleetTarget, ...]


@dataclass(frozen=True, slots=True)
class FleetPlanGroup:
    """Targets for which a run will do the same: they have the same version rows, and databases of one kind.

    :param targets: their names.
    :param run: what the run will do, rehearsed on the first of them.
    """

    targets: tuple[str, ...]
    run: PlannedRun


@dataclass(frozen=True, slots=True)
class FleetPlan(Result):
    """What ``fleet plan`` finds.

    :param target: the revision that was asked for.
    :param groups: the targets by what a run will do, the largest group first.
    :param failed: the targets that could not be asked, and those on which nothing could be rehearsed.
    """

    schema = "limbeck.fleet-plan"

    target: str
    groups: tuple[FleetPlanGroup, ...]
    failed: tuple[FleetTarget, ...] = ()


@dataclass(frozen=True, slots=True)
class FleetClass:
    """Targets that have one schema.

    :param state: whether it is that of the models; targets that are not at the heads are not compared.
    :param targets: their names.
    :param differences: what an upgrade would change to make it that of the models.
    """

    state: Literal["equal", "different", "behind", "unknown revision"]
    targets: tuple[str, ...]
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class FleetCheck(Result):
    """What ``fleet check`` finds.

    :param heads: the revisions where targets should be.
    :param classes: the targets by schema, the largest class first.
    :param failed: the targets that could not be asked or compared.
    """

    schema = "limbeck.fleet-check"

    heads: tuple[str, ...]
    classes: tuple[FleetClass, ...]
    failed: tuple[FleetTarget, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether all targets have the schema of the models."""
        return not self.failed and all(each.state == "equal" for each in self.classes)


@dataclass(frozen=True, slots=True)
class FleetResult(Result):
    """A campaign: what ``fleet upgrade``, ``downgrade`` and ``retry`` do, and what ``fleet report`` shows of it.

    :param campaign: its id.
    :param state: how it ended, or that it has not.
    :param revision: where targets were to go.
    :param plan_hash: SHA-256 of the revisions and of that.
    :param driver: the process that leads it, as ``host:pid``.
    :param started: when it began, UTC.
    :param heartbeat: when its driver last said that it is there, UTC.
    :param ended: when it ended; null where it has not.
    :param total: the number of its targets.
    :param targets: those that it has come to, by name; the others wait.
    :param stages: its stages in their order; none where all targets are one.
    :param kind: whether targets are brought up or down.
    """

    schema = "limbeck.fleet"

    campaign: str
    state: CampaignState
    revision: str
    plan_hash: str
    driver: str
    started: str
    heartbeat: str
    ended: str | None
    total: int
    targets: tuple[FleetTarget, ...] = ()
    stages: tuple[FleetStage, ...] = ()
    kind: Literal["upgrade", "downgrade"] = "upgrade"

    @property
    def waiting(self) -> int:
        """How many targets the campaign has not come to."""
        return self.total - len(self.targets)

    @property
    def failed(self) -> tuple[FleetTarget, ...]:
        """The targets that did not get to where they were to go."""
        return tuple(each for each in self.targets if each.is_failed)
