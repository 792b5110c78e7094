"""`Fleet`: many databases of one project, for programs; the command line stands on it too."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, NamedTuple

from limbeck.errors import CommandError, UsageError
from limbeck.results import FleetResult, FleetStatus
from limbeck.runtime.logging_sections import silenced
from limbeck.runtime.migration import log

from . import classes, look, scripts, stages_file
from .clock import now
from .draining import draining
from .driven import driven
from .executors import demand_known, workers
from .failures import allowed
from .ledger import FILE, Ledger
from .project import Project
from .run import Campaign, Limits, Told
from .shards import Shard
from .sources import Source, read
from .stages import CANARY, canaries, rollout
from .targets import Target, selected
from .work import Order, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from sqlalchemy import URL

    from limbeck.config import Config
    from limbeck.results import FleetCheck, FleetPlan, FleetTarget

    from .executors import Kind, Workers
    from .ledger import HeldLedger
    from .stages import Rollout, Stage

LOCK_TIMEOUT = 30.0
"""Seconds that a target waits for another run on it; the others go on meanwhile, on other workers."""


class Fleet:
    """Many databases that have the revisions of one project.

    :param config: the configuration of the project; its env.py has to take the URL from it.
    :param targets: the databases: a file (TOML, CSV, lines of JSON), ``-``, ``module:function``, a list of `Target`, or
        a function that returns one.
    :param only: patterns for names (``shop_*``) or tags (``tier=free``): leave out what none of them fits.
    :param exclude: likewise: leave out what one of them fits.
    :param shard: only a part of the targets: ``"2/8"``, or ``"8"`` where ``JOB_COMPLETION_INDEX`` says which one.
    :param jobs: targets at work at once.
    :param per_server: targets at work at once on one server; default: any number.
    :param per_database: likewise on one database, which schemas share.
    :param connections: connections at once to one server, of which a target at work has two; default: any number.
    :param retries: how often a target is tried again where a lock, a connection or the server was missing.
    :param target_timeout: seconds that a run on a target may take; default: without end.
    :param max_lag: seconds that replicas may be behind; further, and fewer targets of their server are at work, after a
        rest. Default: nobody asks. The server is asked, after each target that was brought up or down; or
    :param lag_command: a command of the shell, which prints the seconds of the server ``LIMBECK_FLEET_SERVER``.
    :param executor: ``"threads"``, ``"processes"``, ``"dask://host:8786"`` or ``"dask:local"``, or a
        `concurrent.futures.Executor` of the program.
    :param ledger: URL of the database that has the ledger; default: the SQLite file ``limbeck-fleet.db`` in the folder
        of the configuration.
    :param told: called with a campaign when it begins, and with each of its stages and targets when it changes, by the
        thread that leads it.
    """

    def __init__(
        self,
        config: Config,
        targets: Source = (),
        *,
        only: Sequence[str] = (),
        exclude: Sequence[str] = (),
        shard: str | None = None,
        jobs: int = 8,
        per_server: int | None = None,
        per_database: int | None = None,
        connections: int | None = None,
        retries: int = 0,
        target_timeout: float | None = None,
        max_lag: float | None = None,
        lag_command: str | None = None,
        executor: Kind = "threads",
        ledger: str | URL | None = None,
        told: Told = lambda _changed: None,
    ) -> None:
        self._project = Project.of(config)
        self._told = told
        self._source = targets
        self._only, self._exclude = tuple(only), tuple(exclude)
        self._shard = None if shard is None else Shard.of_text(shard)
        self._limits = Limits(jobs, per_server, per_database=per_database, retries=retries, connections=connections)
        if lag_command is not None and max_lag is None:
            raise UsageError("A command for the lag of replicas needs the lag that is too much", hint="--max-lag 10s")
        self._max_lag, self._lag_command = max_lag, lag_command
        self._seconds = target_timeout
        demand_known(executor)
        self._executor = executor
        folder = os.path.dirname(os.path.abspath(config.config_file_name or config.toml_file_name or "."))
        self._ledger = Ledger(ledger or f"sqlite:///{os.path.join(folder, FILE)}", self._shard)

    def status(self) -> FleetStatus:
        """Where the targets are; changes nothing, the ledger included."""
        targets = self._targets()
        with silenced(log):
            found = {each.name: each for each in look.positions(self._order("heads", kind="look"), targets)}
        rest = [target for target in targets if target.name not in found]
        found.update(self._asked(self._order("heads", kind="look"), rest))
        return FleetStatus(self._heads(), tuple(found[target.name] for target in targets if target.name in found))

    def plan(self, revision: str = "heads") -> FleetPlan:
        """What a run to ``revision``, up or down, would do; changes nothing.

        It is rehearsed once for targets that have the same version rows and databases of one kind.

        :raises CommandError: for a revision that there is not.
        """
        order = self._order(revision, kind="look")
        status = self.status()
        targets = {target.name: target for target in self._targets()}
        pairs = [(targets[each.name], each) for each in status.targets]
        return classes.planned(order, revision, pairs, self._asked)

    def check(self) -> FleetCheck:
        """Which targets have the schema of the models; changes nothing.

        Each schema is read; one of each kind is compared with the models. Those behind the heads are not.
        """
        targets = self._targets()
        order = self._order("heads", kind="schema")
        found = self._asked(order, targets)
        pairs = [(target, found[target.name]) for target in targets if target.name in found]
        return classes.checked(order, self._heads(), pairs, self._asked)

    def upgrade(
        self,
        revision: str = "heads",
        *,
        resume: bool = False,
        stages: Sequence[Stage] | None = None,
        canary: Sequence[str] = (),
        soak: float | None = None,
        gate: str | None = None,
        max_failures: int | str | None = None,
        lock_timeout: float = LOCK_TIMEOUT,
        yes: bool = True,
        lint: bool | None = None,
        fail_on: str | None = None,
    ) -> FleetResult:
        """Bring the targets up to ``revision``, stage after stage.

        :param revision: a revision; none that counts from where a target is, as ``+1``.
        :param resume: go on with the last campaign, which has not come to all of its targets.
        :param stages: its stages; None: those that the file of targets lists.
        :param canary: targets that come before all others: a number (``"1"``), per cent (``"5%"``), or patterns.
        :param soak: seconds between a stage and those that wait for it, where the stage says nothing.
        :param gate: a command of the shell that has to succeed in between, likewise.
        :param max_failures: so many failures are suffered, or ``"5%"`` of the targets; one more stops the campaign.
        :param lock_timeout: how long to wait for another run on the same target, in seconds.
        :param yes: also where rows are deleted; False: such a target fails before its first step.
        :param lint: first review the revisions, once for targets that are alike, and begin nothing where there are
            findings as bad as ``fail_on``; False: do not; default: as ``lint_on_upgrade`` says.
        :param fail_on: ``"error"``, ``"warning"`` or ``"info"``; asks for a review too.
        :raises CommandError: where nothing could be begun. What fails on targets is in the result.
        """
        order = self._order(revision, lock_timeout, yes=yes)
        self._demand_reviewed(order, lint, fail_on)
        return self._begin(order, _Staging(stages, canary, soak, gate), max_failures, resume=resume)

    def downgrade(
        self,
        revision: str,
        *,
        resume: bool = False,
        stages: Sequence[Stage] | None = None,
        canary: Sequence[str] = (),
        soak: float | None = None,
        gate: str | None = None,
        max_failures: int | str | None = None,
        lock_timeout: float = LOCK_TIMEOUT,
        yes: bool = True,
    ) -> FleetResult:
        """Bring the targets down to ``revision``, stage after stage.

        :param revision: a revision, or ``base``; none that counts from where a target is, as ``-1``: a target that is
            begun twice would go down twice.
        :param resume: as for `upgrade`. :param stages: likewise. :param canary: likewise. :param soak: likewise.
        :param gate: likewise. :param max_failures: likewise. :param lock_timeout: likewise. :param yes: likewise.
        :raises CommandError: where nothing could be begun. What fails on targets is in the result.
        """
        order = self._order(revision, lock_timeout, kind="downgrade", yes=yes)
        return self._begin(order, _Staging(stages, canary, soak, gate), max_failures, resume=resume)

    def retry(
        self,
        *,
        stages: Sequence[Stage] | None = None,
        canary: Sequence[str] = (),
        soak: float | None = None,
        gate: str | None = None,
        max_failures: int | str | None = None,
        lock_timeout: float = LOCK_TIMEOUT,
        yes: bool = True,
        lint: bool | None = None,
        fail_on: str | None = None,
    ) -> FleetResult:
        """Do again what has failed in the last campaign, with the revisions as they are now.

        :param stages: as for `upgrade`. :param canary: likewise. :param soak: likewise. :param gate: likewise.
        :param max_failures: likewise. :param lock_timeout: likewise. :param yes: likewise. :param lint: likewise.
        :param fail_on: likewise.
        :raises CommandError: where there is no campaign.
        """
        allowed(max_failures, 1)  # raises for what is no number
        targets = self._targets()
        with self._ledger.held() as ledger:
            last = _last(ledger.last())
            order = self._order(last.revision, lock_timeout, kind=last.kind, yes=yes)
            self._demand_reviewed(order, lint, fail_on)
            left = _names(last, lambda each: each.is_failed or each.state == "running")
            pending = {each.name for each in targets if each.name in left}
            planned = self._rollout(targets, _Staging(stages, canary, soak, gate), last)
            return self._run(ledger, _again(last, order), order, planned, pending, max_failures)

    def report(self, campaign: str | None = None) -> FleetResult:
        """What the ledger has of a campaign, by default of the last one; changes nothing.

        :raises CommandError: where there is none.
        """
        return _last(self._ledger.read(campaign))

    def _targets(self) -> list[Target]:
        """All targets, so that a mistake in the last line is found before the first database is changed."""
        found = list(selected(read(self._source), self._only, self._exclude))
        if not found:
            raise UsageError(
                "There are no targets",
                hint="--only and --exclude leave out all of them"
                if self._only or self._exclude
                else "the list of --targets has none, and no schema or row fits its [fleet], if it has one",
            )
        return found if self._shard is None else list(self._shard.part(found))

    def _rollout(self, targets: Sequence[Target], staging: _Staging, last: FleetResult | None = None) -> Rollout:
        """The stages; without word of canaries those of ``last``, the campaign that goes on."""
        stages = stages_file.read(self._source) if staging.stages is None else staging.stages
        first: Collection[str] = canaries(targets, staging.canary)
        if not first and last is not None:
            first = _names(last, lambda each: each.stage == CANARY)
        found = rollout(targets, stages, first).with_defaults(staging.soak, staging.gate)
        if not (self._only or self._exclude or self._shard):
            found.demand_targets()
        return found

    def _heads(self) -> tuple[str, ...]:
        return tuple(scripts.fresh(self._project).get_heads(consider_depends_on=True))

    def _order(
        self,
        revision: str,
        lock_timeout: float = LOCK_TIMEOUT,
        *,
        kind: Literal["upgrade", "downgrade", "look", "schema"] = "upgrade",
        yes: bool = False,
    ) -> Order:
        if revision.rpartition("@")[2].startswith(("+", "-")):
            raise UsageError(
                f"A fleet cannot go to '{revision}', which counts from where each target is",
                hint="name a revision: a target that is begun twice would go twice as far",
            )
        script = scripts.fresh(self._project)
        script.get_revisions(revision)  # raises for one that there is not
        return Order(
            self._project,
            scripts.hash_of(script, revision),
            kind,
            revision,
            lock_timeout,
            yes,
            seconds=self._seconds,
            max_lag=self._max_lag,
            lag_command=self._lag_command,
        )

    def _demand_reviewed(self, order: Order, lint: bool | None, fail_on: str | None) -> None:
        """Raise `CommandError` where an upgrade is to be reviewed, and has findings that keep it from running."""
        from limbeck.lint import engine, settings

        config = self._project.config()
        worst = settings.on_upgrade(config, lint, fail_on)
        if worst is not None and order.kind == "upgrade":
            targets = {target.name: target for target in self._targets()}
            found = [(targets[each.name], each) for each in self.status().targets]
            classes.demand_reviewed(order, engine.reviewer(config, worst), found)

    def _asked(self, order: Order, targets: Iterable[Target]) -> dict[str, FleetTarget]:
        """Each target by its name, asked by itself."""
        found: dict[str, FleetTarget] = {}
        tasks = (Task(order, target, target.server) for target in targets)
        with silenced(log), self._workers() as at_work, draining() as drain:
            queue = self._limits.queue(tasks)
            for ended, _ in driven(queue, at_work, self._limits.jobs, drain.is_set):
                found.update((each.name, each) for each in ended)
        return found

    def _begin(self, order: Order, staging: _Staging, max_failures: int | str | None, *, resume: bool) -> FleetResult:
        """Begin a campaign, or go on with the last one."""
        allowed(max_failures, 1)  # raises for what is no number
        targets = self._targets()
        self._rollout(targets, staging)  # raises for a mistake before the ledger is held
        with self._ledger.held() as ledger:
            if not resume:
                planned = self._rollout(targets, staging)
                names = {each.name for each in targets}
                return self._run(ledger, _new(order, len(targets), self._shard), order, planned, names, max_failures)
            last = _last(ledger.last())
            if (last.plan_hash, last.kind) != (order.plan_hash, order.kind):
                raise CommandError(
                    f"The campaign {last.campaign} is about other revisions than there are now",
                    code="plan-changed",
                    hint="begin another one, without --resume: targets that are at the heads cost nothing",
                )
            left = _names(last, lambda each: each.state in {"running", "interrupted"})
            come_to = {each.name for each in last.targets}
            pending = {each.name for each in targets if each.name in left or each.name not in come_to}
            planned = self._rollout(targets, staging, last)
            return self._run(ledger, _again(last, order), order, planned, pending, max_failures)

    def _workers(self) -> Workers:
        return workers(self._executor, self._limits.jobs, self._limits.most_per_server)

    def _run(
        self,
        ledger: HeldLedger,
        campaign: FleetResult,
        order: Order,
        planned: Rollout,
        pending: Collection[str],
        max_failures: int | str | None,
    ) -> FleetResult:
        limits = replace(self._limits, max_failures=max_failures)
        with draining() as drain:
            running = Campaign(campaign, ledger, drain, self._told)
            return running.run(order, planned, pending, limits, self._workers())


class _Staging(NamedTuple):
    """What was asked for of stages, as `Fleet.upgrade` is given it."""

    stages: Sequence[Stage] | None
    canary: Sequence[str]
    soak: float | None
    gate: str | None


def _new(order: Order, total: int, shard: Shard | None) -> FleetResult:
    begun = now()
    name = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f") + ("" if shard is None else f"-{shard}")
    kind: Literal["upgrade", "downgrade"] = "downgrade" if order.kind == "downgrade" else "upgrade"
    return FleetResult(
        name, "running", order.revision, order.plan_hash, _driver(), begun, begun, None, total, kind=kind
    )


def _again(last: FleetResult, order: Order) -> FleetResult:
    return replace(last, state="running", plan_hash=order.plan_hash, driver=_driver(), heartbeat=now(), ended=None)


def _driver() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def _last(found: FleetResult | None) -> FleetResult:
    if found is None:
        raise CommandError(
            "The ledger has no campaign",
            code="no-campaign",
            hint="`limbeck fleet upgrade` begins one; --ledger names the ledger that it was begun with",
        )
    return found


def _names(campaign: FleetResult, wanted: Callable[[FleetTarget], bool]) -> Collection[str]:
    return {each.name for each in campaign.targets if wanted(each)}
