"""A campaign: the targets of a fleet are brought to a revision, each by a task, and the ledger says how each fared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import monotonic, time
from typing import TYPE_CHECKING, TypeAlias

from limbeck.errors import UsageError
from limbeck.results import FleetStage, FleetTarget
from limbeck.runtime.logging_sections import silenced
from limbeck.runtime.migration import log

from . import gates, look
from .clock import now
from .driven import BEAT, driven
from .failures import allowed
from .queue import Queue
from .work import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from threading import Event

    from limbeck.results import CampaignState, FleetResult, StageState

    from .executors import Workers
    from .ledger import HeldLedger
    from .stages import Part, Rollout
    from .targets import Target
    from .work import Order

CONNECTIONS = 2
"""Connections of a target at work: of its run, and of its lock."""
AT_ONCE = 500
"""Rows of the ledger in one transaction."""

_HEADS = ("head", "heads")


Told: TypeAlias = "Callable[[FleetResult | FleetStage | FleetTarget], None]"
"""Called with the campaign when it begins, and with each of its stages and targets when it changes."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is done at once, and how much may fail.

    :param jobs: tasks at once. :param per_server: tasks at once on one server; None: any number.
    :param per_database: likewise on one database, which schemas share.
    :param retries: how often a target is tried again where a lock, a connection or the server was missing.
    :param connections: connections at once to one server, `CONNECTIONS` for each target at work; None: any number.
    :param max_failures: so many failures are suffered, one more stops the campaign; None: any number. Text may be per
        cent of the targets: ``"5%"``.
    """

    jobs: int = 8
    per_server: int | None = None
    max_failures: int | str | None = None
    per_database: int | None = None
    retries: int = 0
    connections: int | None = None

    def __post_init__(self) -> None:
        least_of = {"jobs": 1, "per_server": 1, "per_database": 1, "retries": 0, "connections": CONNECTIONS}
        for name, least in least_of.items():
            value = getattr(self, name)
            if value is not None and value < least:
                raise UsageError(f"{name} is {value}", hint=f"give {least} or more")

    @property
    def most_per_server(self) -> int | None:
        """Tasks at once on one server, its connections included."""
        budget = None if self.connections is None else self.connections // CONNECTIONS
        return min((each for each in (self.per_server, budget) if each is not None), default=None)

    def queue(self, tasks: Iterable[Task]) -> Queue:
        """A queue that keeps these limits."""
        return Queue(
            (replace(task, retries=self.retries) for task in tasks), self.most_per_server, self.per_database, self.jobs
        )


class Campaign:
    """A campaign with its ledger.

    :param result: what the ledger has of it, its targets included.
    :param ledger: its ledger.
    :param drain: nothing more is begun when it is set.
    :param told: called with the campaign, then with each stage and target that changes.
    """

    def __init__(
        self, result: FleetResult, ledger: HeldLedger, drain: Event, told: Told = lambda _changed: None
    ) -> None:
        self._ledger = ledger
        self._known = {each.name: each for each in result.targets}
        self._result = replace(result, targets=(), stages=())
        self._drain = drain
        self._told = told
        self._failures = 0
        self._allowed = float("inf")
        self._beaten = monotonic()
        self._before: dict[str, FleetTarget | None] = {}
        self._rows: dict[str, tuple[str, ...] | None] = {}
        self._stage_of: dict[str, str] = {}
        self._stages: dict[str, FleetStage] = {}
        self._has_told_unknown_lag = False

    def run(
        self, order: Order, rollout: Rollout, pending: Collection[str], limits: Limits, workers: Workers
    ) -> FleetResult:
        """Bring targets to where they are to go, stage after stage.

        :param rollout: the stages, with all their targets.
        :param pending: the names of those that are to be begun.
        :return: the campaign as it is then, with all its targets.
        """
        self._ledger.begin(self._result)
        self._told(self._result)
        for each in self._known.values():
            self._told(each)
        self._allowed = allowed(limits.max_failures, self._result.total)
        if rollout.is_staged:
            self._stage_of = {target.name: part.stage.name for part in rollout.parts for target in part.targets}
            for part in rollout.parts:
                self._say(part, "waiting")
        left = {target.name: target for part in rollout.parts for target in part.targets if target.name in pending}
        if order.kind == "upgrade" and order.revision in _HEADS:
            with silenced(log):
                found = list(look.positions(order, left.values()))
            there = [each for each in found if each.state == "at head"]
            self._write(there)
            for each in there:
                del left[each.name]
            self._rows = {each.name: each.rows_before for each in found if each.state == "behind"}
        with silenced(log), workers:
            self._run_stages(order, rollout, left, limits, workers)
        state = self._state()
        self._ledger.end(self._result, state)
        targets_now = tuple(sorted(self._known.values(), key=lambda each: each.name))
        stages = tuple(self._stages.values())
        self._result = replace(self._result, state=state, ended=now(), heartbeat=now())
        self._told(self._result)
        return replace(self._result, targets=targets_now, stages=stages)

    def _run_stages(
        self, order: Order, rollout: Rollout, left: Mapping[str, Target], limits: Limits, workers: Workers
    ) -> None:
        """Begin each stage when those that it waits for have passed."""
        passed: set[str] = set()
        tried: set[str] = set()
        while not self._is_over() and (parts := rollout.ready(passed, tried)):
            for part in parts:
                self._say(part, "running")
            targets = [target for part in parts for target in part.targets if target.name in left]
            queue = limits.queue(self._tasks(order, targets))
            for ended, returned in driven(queue, workers, limits.jobs, self._is_over, self._begin):
                self._failures += sum(each.is_failed for each in ended)
                self._tell_unknown_lag(order, ended)
                self._write(ended)
                self._take_back(returned)
                self._beat()
            tried.update(part.stage.name for part in parts)
            for part in parts:
                others_wait = any(
                    target.name in left for one in rollout.waiting_for(part.stage.name) for target in one.targets
                )
                if self._has_passed(part, order, limits, workers, soaks=others_wait):
                    passed.add(part.stage.name)

    def _tell_unknown_lag(self, order: Order, ended: Iterable[FleetTarget]) -> None:
        """Say once that nothing is known of replicas, which are waited for then by nobody."""
        unknown = next((each for each in ended if each.state == "done" and each.lag is None), None)
        if order.max_lag is not None and unknown is not None and not self._has_told_unknown_lag:
            self._has_told_unknown_lag = True
            asked = "the server does not tell it" if order.lag_command is None else f"`{order.lag_command}` prints none"
            log.warning("The lag of replicas of %s is not known: %s", unknown.server or unknown.name, asked)

    def _has_passed(self, part: Part, order: Order, limits: Limits, workers: Workers, *, soaks: bool) -> bool:
        """Whether a stage is good, after it has soaked."""
        failed = sum(self._known[each.name].is_failed for each in part.targets if each.name in self._known)
        if not part.is_done(self._known):
            over = failed > allowed(part.stage.max_failures, len(part.targets))
            error = f"{failed} of {len(part.targets)} targets failed" if over else None
            self._say(part, "failed" if over else "waiting", error)
            return False
        while soaks and not self._is_over() and time() < part.soaked_at(self._known):
            self._pause(min(BEAT, part.soaked_at(self._known) - time()))
        if self._is_over():
            return False
        error = self._closed_gate(part, order, limits, workers) if part.targets else None
        self._say(part, "passed" if error is None else "failed", error)
        return error is None

    def _closed_gate(self, part: Part, order: Order, limits: Limits, workers: Workers) -> str | None:
        """Why the gate of a stage stays closed; None where it is open, or there is none."""
        if part.stage.gate is not None:
            names = {"LIMBECK_FLEET_STAGE": part.stage.name, "LIMBECK_FLEET_CAMPAIGN": self._result.campaign}
            error = gates.failed_command(part.stage.gate, names, self._pause)
            if error is not None:
                return error
        if part.stage.gate_sql is None:
            return None
        question = replace(order, kind="gate", sql=part.stage.gate_sql)
        asked = [target for target in part.targets if not self._known[target.name].is_failed]
        queue = limits.queue(Task(question, target, target.server) for target in asked)
        closed: list[FleetTarget] = []
        for ended, _ in driven(queue, workers, limits.jobs, self._drain.is_set):
            closed += [each for each in ended if each.is_failed]
            self._beat()
        if closed:
            first = min(closed, key=lambda each: each.name)
            return f"the gate is closed on {len(closed)} of {len(asked)} targets; {first.name}: {first.error}"
        return "the gate was broken off" if self._drain.is_set() else None

    def _state(self) -> CampaignState:
        """How the campaign has ended; ``stopped`` also where only a part of the targets was asked for."""
        if self._failures > self._allowed:
            return "stopped"
        if self._drain.is_set():
            return "drained"
        has_failed = any(each.state == "failed" for each in self._stages.values())
        return "stopped" if has_failed or len(self._known) < self._result.total else "done"

    def _is_over(self) -> bool:
        return self._drain.is_set() or self._failures > self._allowed

    def _pause(self, seconds: float) -> bool:
        """Wait, and say whether a signal asks to end."""
        self._drain.wait(seconds)
        self._beat()
        return self._drain.is_set()

    def _tasks(self, order: Order, targets: Iterable[Target]) -> Iterator[Task]:
        for target in targets:
            before = self._known.get(target.name)
            attempt = 1 if before is None else before.attempt + 1
            yield Task(order, target, target.server, attempt, rows=self._rows.get(target.name))

    def _begin(self, tasks: Sequence[Task]) -> None:
        """Write that tasks are at work, before a worker has them: what dies with them says so."""
        begun = now()
        self._before.update((task.target.name, self._known.get(task.target.name)) for task in tasks)
        self._write(
            [FleetTarget(task.target.name, "running", task.server, task.attempt, started=begun) for task in tasks]
        )

    def _take_back(self, tasks: Sequence[Task]) -> None:
        """Write that tasks, which were given to a worker, have not begun."""
        if not tasks:
            return
        before = {task.target.name: self._before[task.target.name] for task in tasks}
        self._ledger.take_back(self._result, [name for name, known in before.items() if known is None])
        for name in before:
            del self._known[name]
        self._write([known for known in before.values() if known is not None])

    def _beat(self) -> None:
        if monotonic() - self._beaten >= BEAT:
            self._ledger.beat(self._result)
            self._beaten = monotonic()

    def _write(self, targets: Sequence[FleetTarget]) -> None:
        placed = [replace(each, stage=self._stage_of.get(each.name)) for each in targets]
        self._known.update((each.name, each) for each in placed)
        for start in range(0, len(placed), AT_ONCE):
            self._ledger.write(self._result, placed[start : start + AT_ONCE])
        for each in placed:
            self._told(each)

    def _say(self, part: Part, state: StageState, error: str | None = None) -> None:
        """Write how a stage is; nothing of the one that is the whole campaign."""
        if self._stage_of:
            name = part.stage.name
            self._stages[name] = FleetStage(name, state, len(part.targets), error)
            self._ledger.write_stages(self._result, tuple(self._stages.values()))
            self._told(self._stages[name])
