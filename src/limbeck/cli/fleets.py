"""``limbeck fleet``: many databases at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.command import printing
from limbeck.errors import FOUND_SOMETHING, CommandError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from limbeck.config import Config
    from limbeck.results import FleetResult, FleetStatus

ACTIONS = ("status", "upgrade", "retry", "report")


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
    executor: str = "threads",
    ledger: str | None = None,
    go_on: bool = False,
    canary: Sequence[str] | None = None,
    soak: str | None = None,
    gate: str | None = None,
    max_failures: str | None = None,
    run_lock_timeout: float | None = None,
    check: bool = False,
    yes: bool = False,
    json: bool = False,
) -> FleetStatus | FleetResult:
    """Look at many databases, or bring them up: status, upgrade, retry, report.

    :param config: the configuration; env.py has to take the URL from it.
    :param action: ``status`` looks where the targets are, ``upgrade`` brings them up, ``retry`` does again what failed,
        ``report`` shows the last campaign.
    :param revision: where to, of ``upgrade``; default: heads.
    :param fleet_targets: the file that lists them, ``-``, or ``module:function``; ``report`` needs none.
    :param only_targets: patterns for names, or ``tag=pattern``. :param excluded_targets: likewise.
    :param shard: only a part of the targets, as 2/8.
    :param jobs: targets at once. :param per_server: targets at once on one server; default: any number.
    :param executor: ``threads``, ``processes``, ``dask:local``, ``dask://host:8786``.
    :param ledger: URL of the ledger.
    :param go_on: go on with the last campaign.
    :param canary: targets that come first: a number, per cent, or patterns.
    :param soak: how long to wait after a stage.
    :param gate: a command that has to succeed before the next stage.
    :param max_failures: how many are suffered, or per cent.
    :param run_lock_timeout: how long to wait for another run on a target, in seconds; default: 30.
    :param check: with ``status``, fail where a target is not at the heads.
    :param yes: also where rows are deleted.
    :param json: print a JSON document instead of text.
    :return: what was found or done.
    :raises CommandError: with exit code 1 where a target failed, or was not come to.
    """
    from difflib import get_close_matches
    from functools import partial

    from limbeck.fleet import Fleet
    from limbeck.fleet.api import LOCK_TIMEOUT
    from limbeck.limits import duration
    from limbeck.show import fleet as text

    if action not in ACTIONS:
        near = get_close_matches(action, ACTIONS, 1)
        meant = f"did you mean '{near[0]}'? " if near else ""
        raise UsageError(f"There is no `limbeck fleet {action}`", hint=f"{meant}it takes {', '.join(ACTIONS)}")
    if revision is not None and action != "upgrade":
        raise UsageError(f"`limbeck fleet {action}` takes no revision", hint="only upgrade does")
    if fleet_targets is None and action != "report":
        raise UsageError(f"`limbeck fleet {action}` needs --targets", hint="as in --targets fleet.toml")
    many = Fleet(
        config,
        fleet_targets or (),
        only=only_targets or (),
        exclude=excluded_targets or (),
        shard=shard,
        jobs=jobs,
        per_server=per_server,
        executor=executor,
        ledger=ledger,
    )
    if action == "status":
        looked = many.status()
        printing.show(config, text.status(looked), lambda: looked, json=json)
        _demand_there(looked, check=check)
        return looked
    seconds = LOCK_TIMEOUT if run_lock_timeout is None else run_lock_timeout
    if action == "report":
        found = many.report()
    else:
        again = partial(many.upgrade, revision or "heads", resume=go_on) if action == "upgrade" else many.retry
        found = again(
            canary=canary or (),
            soak=duration(soak, "--soak"),
            gate=gate,
            max_failures=max_failures,
            lock_timeout=seconds,
            yes=yes,
        )
    printing.show(config, text.campaign(found), lambda: found, json=json)
    _demand_whole(found)
    return found


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
