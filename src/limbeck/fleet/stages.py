"""Stages: which targets of a campaign come first, which of them wait, and what has to be true in between.

    canary -> eu -> us -> rest        `after` draws the arrows; by default a stage waits for the one listed before it

All of this is computed before a campaign begins, from targets and settings alone.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from graphlib import CycleError, TopologicalSorter
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from limbeck.errors import UsageError

from .failures import allowed
from .targets import fits

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from limbeck.results import FleetTarget

    from .targets import Target

CANARY = "canary"
"""The stage before all others."""
REST = "rest"
"""The stage after all others: of the targets that no stage takes."""

_SHARE = re.compile(r"(\d+)(%?)")


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the targets, which is finished and found good before others begin.

    :param name: its name.
    :param only: patterns for names, or ``tag=pattern``; a target belongs to the first stage that it fits.
    :param after: names of the stages that it waits for; None: the one that is listed before it.
    :param soak: seconds between its end and the stages that wait for it.
    :param gate: a command of the shell that has to succeed when it has soaked.
    :param gate_sql: a query whose first value has to be true on each of its targets.
    :param max_failures: how many of its targets may fail, or per cent of them (``"5%"``).
    """

    name: str
    only: tuple[str, ...] = ()
    after: tuple[str, ...] | None = None
    soak: float = 0.0
    gate: str | None = None
    gate_sql: str | None = None
    max_failures: int | str = 0


class Part(NamedTuple):
    """A stage with its targets.

    :param stage: the stage; its ``after`` is complete. :param targets: its targets.
    """

    stage: Stage
    targets: tuple[Target, ...]

    def is_done(self, known: Mapping[str, FleetTarget]) -> bool:
        """Whether the campaign has come to all targets, and not more of them failed than may."""
        found = [known.get(target.name) for target in self.targets]
        failed = sum(each is not None and each.is_failed for each in found)
        has_come = all(each is not None and each.state != "running" for each in found)
        return has_come and failed <= allowed(self.stage.max_failures, len(found))

    def soaked_at(self, known: Mapping[str, FleetTarget]) -> float:
        """The time, in seconds since 1970, from which the stage has soaked; 0 where its targets had nothing to do.

        The ledger has the times, so that a campaign that goes on after a break waits for the remainder only.
        """
        found = (known.get(target.name) for target in self.targets)
        ends = [_ended(each) for each in found if each is not None and each.state not in {"at head", "already there"}]
        return max(ends) + self.stage.soak if ends else 0.0


class Rollout(NamedTuple):
    """The stages of a campaign with their targets; one stage of all targets where nothing else is asked for.

    :param parts: the stages, in the order in which they are listed.
    """

    parts: tuple[Part, ...]

    @property
    def is_staged(self) -> bool:
        """Whether there is more than one stage."""
        return len(self.parts) > 1

    def ready(self, passed: AbstractSet[str], tried: AbstractSet[str]) -> list[Part]:
        """The stages that wait for nothing any more, and were not tried: they may be at work together."""
        return [part for part in self.parts if part.stage.name not in tried and set(part.stage.after or ()) <= passed]

    def with_defaults(self, soak: float | None, gate: str | None) -> Rollout:
        """These stages; those that others wait for have ``soak`` and ``gate`` where they say nothing of their own."""
        return Rollout(
            tuple(
                Part(replace(stage, soak=stage.soak or soak or 0.0, gate=stage.gate or gate), targets)
                if any(self.waiting_for(stage.name))
                else Part(stage, targets)
                for stage, targets in self.parts
            )
        )

    def demand_targets(self) -> None:
        """Raise `UsageError` for a stage without targets, which says that a pattern is mistyped."""
        for stage, targets in self.parts:
            if not targets:
                raise UsageError(
                    f"Stage {stage.name} has no targets",
                    hint=f"`only` reads {', '.join(stage.only) or 'nothing'}; the stages before it come first",
                )

    def waiting_for(self, name: str) -> Iterator[Part]:
        """The stages that wait for another one, at first hand or through others."""
        reached = {name}
        for _ in self.parts:
            reached.update(part.stage.name for part in self.parts if reached.intersection(part.stage.after or ()))
        return (part for part in self.parts if part.stage.name in reached - {name})


def rollout(targets: Sequence[Target], stages: Sequence[Stage] = (), canary: Collection[str] = frozenset()) -> Rollout:
    """Who runs in which stage.

    :param canary: names of targets that come before all others.
    :raises UsageError: for stages that wait for each other, or for one that there is not; for two of one name.
    """
    listed = [Stage(CANARY, after=()), *stages] if canary else list(stages)
    names = [stage.name for stage in listed]
    for name, times in Counter([*names, REST]).items():
        if times > 1:
            raise UsageError(f"There are two stages named {name}", hint="give one of them another name")
    members: dict[str, list[Target]] = {name: [] for name in [*names, REST]}
    for target in targets:
        members[CANARY if target.name in canary else _stage_of(target, stages)].append(target)
    completed = list(_with_order(listed))
    if members[REST] or not listed:
        completed.append(Stage(REST, after=tuple(names), max_failures="100%"))
    _demand_order(completed)
    return Rollout(tuple(Part(stage, tuple(members[stage.name])) for stage in completed))


def _with_order(listed: Sequence[Stage]) -> Iterator[Stage]:
    """The stages with all that they wait for: the canary too, where there is one."""
    before: tuple[str, ...] = ()
    canary = tuple(stage.name for stage in listed if stage.name == CANARY)
    for stage in listed:
        after = before if stage.after is None else stage.after
        yield stage if stage.name == CANARY else replace(stage, after=tuple(dict.fromkeys((*canary, *after))))
        before = (stage.name,)


def _demand_order(stages: Sequence[Stage]) -> None:
    known = {stage.name for stage in stages}
    for stage in stages:
        for name in stage.after or ():
            if name not in known:
                hint = f"there are {', '.join(sorted(known - {stage.name}))}"
                raise UsageError(f"Stage {stage.name} comes after {name}, and there is no such stage", hint=hint)
    try:
        TopologicalSorter({stage.name: stage.after or () for stage in stages}).prepare()
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise UsageError(f"Stages wait for each other: {circle}", hint="take a name out of one `after`") from None


def canaries(targets: Sequence[Target], asked: Iterable[str]) -> set[str]:
    """The names of the targets that come first.

    :param asked: each a number of targets (``1``) or per cent (``5%``), spread over the list; or a pattern for names
        or tags.
    :raises UsageError: for what means no target.
    """
    found: set[str] = set()
    for one in asked:
        share = _SHARE.fullmatch(one)
        if share is None:
            some = {target.name for target in targets if fits(target, (one,))}
        elif share[2] and int(share[1]) > 100:  # noqa: PLR2004 per cent
            raise UsageError(f"--canary {one} is more than all targets", hint="as in 1, 5%, a name, or tier=free")
        else:
            count = ceil(len(targets) * int(share[1]) / 100) if share[2] else int(share[1])
            count = min(count, len(targets))
            some = {targets[n * len(targets) // count].name for n in range(count)}
        if not some:
            raise UsageError(f"--canary {one}: no target is meant by that", hint="as in 1, 5%, a name, or tier=free")
        found |= some
    return found


def _stage_of(target: Target, stages: Iterable[Stage]) -> str:
    return next((stage.name for stage in stages if fits(target, stage.only)), REST)


def _ended(target: FleetTarget) -> float:
    began = datetime.fromisoformat(target.started or "1970-01-01T00:00:00Z").timestamp()
    return began + (target.seconds or 0.0)
