"""``limbeck fleet``: many databases at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.command import printing
from limbeck.errors import FOUND_SOMETHING, CommandError, UsageError

from .following import fleet_followed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from limbeck.config import Config
    from limbeck.fleet import Fleet
    from limbeck.results import FleetCheck, FleetPlan, FleetResult, FleetStatus, FleetTarget

ACTIONS = ("status", "plan", "check", "upgrade", "downgrade", "retry", "report")


_LOOK = ("status", "plan", "check")
_TO_A_REVISION = ("plan", "upgrade", "downgrade")


def fleet(
    config: Config,
    action: str,
    revision: str | None = None,
    *,
    fleet_targets: str | None = None,
    only_targets: Sequence[str] | None = None,
    excluded_targets: Sequence[str] | None = None,
    shard: str | None = None,
    jobs: int = 8,
    per_server: int | None = None,
    per_database: int | None = None,
    connections: int | None = None,
    target_retries: int = 0,
    target_timeout: str | float | None = None,
    max_lag: str | float | None = None,
    lag_command: str | None = None,
    executor: str = "threads",
    ledger: str | None = None,
    go_on: bool = False,
    canary: Sequence[str] | None = None,
    soak: str | float | None = None,
    gate: str | None = None,
    max_failures: str | None = None,
    run_lock_timeout: float | None = None,
    fleet_html: str | None = None,
    metrics: str | None = None,
    check: bool = False,
    yes: bool = False,
    lint: bool | None = None,
    fail_on: str | None = None,
    json: bool = False,
) -> FleetStatus | FleetPlan | FleetCheck | FleetResult:
    """Look at many databases, or bring them up or down: status, plan, check, upgrade, downgrade, retry, report.

    :param config: the configuration; env.py has to take the URL from it.
    :param action: ``status`` looks where the targets are, ``plan`` says what a run would do, ``check`` compares schemas
        with the models; ``upgrade`` brings targets up, ``downgrade`` down, ``retry`` does again what failed; ``report``
        shows the last campaign.
    :param revision: where to, of ``plan``, ``upgrade`` and ``downgrade``; default: heads.
    :param fleet_targets: the file that lists them, ``-``, or ``module:function``; ``report`` needs none.
    :param only_targets: patterns for names, or ``tag=pattern``. :param excluded_targets: likewise.
    :param shard: only a part of the targets, as 2/8.
    :param jobs: targets at once. :param per_server: targets at once on one server; default: any number.
    :param per_database: likewise on one database. :param connections: connections at once to one server.
    :param target_retries: attempts after the first.
    :param max_lag: how far replicas may be behind. :param lag_command: what prints how far they are.
    :param target_timeout: how long a run on a target may take.
    :param executor: ``threads``, ``processes``, ``dask:local``, ``dask://host:8786``.
    :param ledger: URL of the ledger.
    :param go_on: go on with the last campaign.
    :param canary: targets that come first: a number, per cent, or patterns.
    :param soak: how long to wait after a stage.
    :param gate: a command that has to succeed before the next stage.
    :param max_failures: how many are suffered, or per cent.
    :param run_lock_timeout: how long to wait for another run on a target, in seconds; default: 30.
    :param fleet_html: file that gets the campaign as a page of HTML too. :param metrics: likewise, as OpenMetrics text.
    :param check: with ``status``, fail where a target is not at the heads.
    :param yes: also where rows are deleted.
    :param lint: review the revisions of an upgrade first; default: as ``lint_on_upgrade`` says.
    :param fail_on: how bad findings are that have it refused.
    :param json: print a JSON document instead of text.
    :return: what was found or done.
    :raises CommandError: with exit code 1 where a target failed, or was not come to.
    """
    from functools import partial

    from limbeck.fleet import Fleet
    from limbeck.fleet.api import LOCK_TIMEOUT
    from limbeck.limits import duration
    from limbeck.show import fleet as text

    _demand(action, revision, fleet_targets)
    if action in _LOOK and (fleet_html or metrics):
        raise UsageError(f"`limbeck fleet {action}` writes no report", hint="`limbeck fleet report` does")
    _demand_folders(fleet_html, metrics)
    many = partial(
        Fleet,
        config,
        fleet_targets or (),
        only=only_targets or (),
        exclude=excluded_targets or (),
        shard=shard,
        jobs=jobs,
        per_server=per_server,
        per_database=per_database,
        connections=connections,
        retries=target_retries,
        target_timeout=duration(target_timeout, "--target-timeout"),
        max_lag=duration(max_lag, "--max-lag"),
        lag_command=lag_command,
        executor=executor,
        ledger=ledger,
    )
    if action in _LOOK:
        return _look(config, many(), action, revision, check=check, json=json)
    if action == "report":
        found = many().report()
    else:
        staging = {"canary": canary or (), "soak": duration(soak, "--soak"), "gate": gate}
        seconds = LOCK_TIMEOUT if run_lock_timeout is None else run_lock_timeout
        with fleet_followed(config) as told:
            led = many(told=told)
            run: Callable[..., FleetResult] = partial(led.retry, lint=lint, fail_on=fail_on)
            if action == "upgrade":
                run = partial(led.upgrade, revision or "heads", resume=go_on, lint=lint, fail_on=fail_on)
            elif action == "downgrade":
                run = partial(led.downgrade, revision or "heads", resume=go_on)
            found = run(**staging, max_failures=max_failures, lock_timeout=seconds, yes=yes)
    _write(found, fleet_html, metrics)
    printing.show(config, text.campaign(found), lambda: found, json=json)
    _demand_whole(found)
    return found


def _demand_folders(*paths: str | None) -> None:
    """Raise `UsageError` for a file that cannot be written, before a campaign has run for it."""
    import os

    for path in paths:
        if path is not None and not os.path.isdir(folder := os.path.dirname(os.path.abspath(path))):
            raise UsageError(f"{path} cannot be written: there is no folder {folder}", hint="make it, or name another")


def _write(found: FleetResult, html: str | None, metrics: str | None) -> None:
    """Write a campaign to the files that are asked for."""
    from limbeck.script.write import write_whole
    from limbeck.show import fleet_metrics, fleet_page

    for path, text in ((html, fleet_page.page), (metrics, fleet_metrics.metrics)):
        if path is not None:
            write_whole(path, text(found).encode(errors="replace"))


def _demand(action: str, revision: str | None, targets: str | None) -> None:
    """Raise `UsageError` for words that do not go together."""
    from difflib import get_close_matches

    if action not in ACTIONS:
        near = get_close_matches(action, ACTIONS, 1)
        meant = f"did you mean '{near[0]}'? " if near else ""
        raise UsageError(f"There is no `limbeck fleet {action}`", hint=f"{meant}it takes {', '.join(ACTIONS)}")
    if revision is not None and action not in _TO_A_REVISION:
        raise UsageError(f"`limbeck fleet {action}` takes no revision", hint=f"{', '.join(_TO_A_REVISION)} do")
    if revision is None and action == "downgrade":
        raise UsageError("`limbeck fleet downgrade` needs a revision", hint="as in `limbeck fleet downgrade a1b2c3`")
    if targets is None and action != "report":
        raise UsageError(f"`limbeck fleet {action}` needs --targets", hint="as in --targets fleet.toml")


def _look(
    config: Config, many: Fleet, action: str, revision: str | None, *, check: bool, json: bool
) -> FleetStatus | FleetPlan | FleetCheck:
    """Do an action that changes nothing."""
    from limbeck.show import fleet as text

    if action == "status":
        looked = many.status()
        printing.show(config, text.status(looked), lambda: looked, json=json)
        _demand_there(looked, check=check)
        return looked
    if action == "plan":
        plan = many.plan(revision or "heads")
        printing.show(config, text.planned(plan), lambda: plan, json=json)
        _demand_asked(plan.failed)
        return plan
    compared = many.check()
    printing.show(config, text.checked(compared), lambda: compared, json=json)
    _demand_asked(compared.failed)
    _demand_equal(compared)
    return compared


def _demand_there(found: FleetStatus, *, check: bool) -> None:
    """Raise `CommandError` where a target could not be asked; with ``check`` also where one is not at the heads."""
    failed = sum(each.is_failed for each in found.targets)
    behind = sum(each.state != "at head" for each in found.targets)
    if failed or (check and behind):
        fact = f"{failed} of {len(found.targets)} targets could not be asked"
        if not failed:
            fact = f"{behind} of {len(found.targets)} targets are not at the heads"
        raise CommandError(
            fact,
            code="fleet-behind",
            hint="`limbeck fleet upgrade` brings them there; the lines above say what keeps them from being asked",
            exit_code=FOUND_SOMETHING,
        )


def _demand_asked(failed: Sequence[FleetTarget]) -> None:
    """Raise `CommandError` where a target could not be asked."""
    if failed:
        raise CommandError(
            f"{len(failed)} target{'' if len(failed) == 1 else 's'} could not be asked",
            code="fleet-behind",
            hint="the lines above say what keeps them from it",
            exit_code=FOUND_SOMETHING,
        )


def _demand_equal(found: FleetCheck) -> None:
    """Raise `CommandError` where a target has another schema than the models."""
    others = sum(len(each.targets) for each in found.classes if each.state != "equal")
    if others:
        raise CommandError(
            f"{others} target{' has' if others == 1 else 's have'} another schema than the models",
            code="fleet-differs",
            hint="`limbeck fleet upgrade` brings those up that are behind; what else differs was changed by hand",
            exit_code=FOUND_SOMETHING,
        )


def _demand_whole(found: FleetResult) -> None:
    """Raise `CommandError` where a target or a stage failed, or a target was not come to."""
    running = sum(each.state == "running" for each in found.targets)
    closed = [each.name for each in found.stages if each.state == "failed"]
    if not (found.failed or found.waiting or running or closed):
        return
    fact = f"{len(found.failed)} of {found.total} targets failed"
    if found.waiting or running:
        fact += f", and {found.waiting + running} are not done"
    if closed:
        fact += f"; stage {closed[0]} has not passed"
    raise CommandError(
        fact,
        code="fleet-failed",
        hint="`limbeck fleet retry` does again what failed, `limbeck fleet upgrade --resume` goes on with the others",
        exit_code=FOUND_SOMETHING,
    )
