"""Fleets as text: how many targets are how, and what failed, by its error."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from limbeck.results import PlanResult

from .terminal.differences import described, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from limbeck.results import FleetCheck, FleetClass, FleetPlan, FleetResult, FleetStatus, FleetTarget

_NAMED = 5
"""How many targets a line names."""


def status(found: FleetStatus) -> Iterator[str]:
    """Where targets are: by their version rows, those behind with their names."""
    yield f"{_count(len(found.targets))}: {_states(found.targets)}"
    groups: defaultdict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for each in found.targets:
        if each.state in {"behind", "unknown revision"}:
            groups[each.state, each.rows_before or ()].append(each.name)
    for (state, rows), names in groups.items():
        yield f"  {state}, at {', '.join(rows) or 'base'}: {_some(names)}"
    yield from _failures(found.targets)


def planned(found: FleetPlan, *, sql: bool = False) -> Iterator[str]:
    """What a run will do, by targets that are alike."""
    from .plan import lines

    total = sum(len(group.targets) for group in found.groups) + len(found.failed)
    kinds = f"{len(found.groups)} plan{'' if len(found.groups) == 1 else 's'}"
    yield f"to {found.target}: {_count(total)}, {kinds}"
    for group in found.groups:
        yield ""
        yield f"{_count(len(group.targets))}: {_some(group.targets)}"
        yield from (
            f"  {line}".rstrip() for line in lines(PlanResult(found.target, (group.run,)), markdown=False, sql=sql)
        )
    if found.failed:
        yield ""
    yield from _failures(found.failed)


def checked(found: FleetCheck) -> Iterator[str]:
    """The targets by schema, with what each has otherwise than the models."""
    total = sum(len(each.targets) for each in found.classes) + len(found.failed)
    parts = [f"{len(each.targets):,} {_in_short(each)}" for each in found.classes]
    yield f"{_count(total)}: {', '.join(parts) or 'none could be compared'}"
    for each in found.classes:
        if each.state != "equal":
            yield f"  {_in_short(each)}: {_some(each.targets)}"
            yield from (f"    {described(difference)}" for difference in each.differences)
    yield from _failures(found.failed)


def _in_short(found: FleetClass) -> str:
    """A class in a few words."""
    if found.state != "different":
        return found.state
    end = "s" if len(found.targets) == 1 else ""
    places = len(found.differences)
    if places > 1:
        return f"differ{end} in {places} places"
    one = found.differences[0]
    if one.kind.startswith("remove_"):
        return f"{'has' if end else 'have'} {named(one)}, which the models lack"
    return f"lack{end} {named(one)}" if one.kind.startswith("add_") else f"differ{end} in {named(one)}"


def campaign(found: FleetResult) -> Iterator[str]:
    """How a campaign went."""
    states = _states(found.targets) or "none begun"
    waiting = f", {found.waiting} waiting" if found.waiting else ""
    yield f"campaign {found.campaign} to {found.revision}, {found.state}: {states}{waiting}"
    for stage in found.stages:
        yield f"  stage {stage.name}, {_count(stage.total)}: {stage.state}"
        if stage.error is not None:
            yield f"    {stage.error}"
    if found.ended is None:
        yield f"  its driver {found.driver} was last heard of at {found.heartbeat}; if it is gone: --resume"
    yield from _failures(found.targets)


def _failures(targets: Iterable[FleetTarget]) -> Iterator[str]:
    """Failures, those of one kind together, with what to do."""
    groups: defaultdict[tuple[str, str | None, str | None], list[FleetTarget]] = defaultdict(list)
    for each in targets:
        if each.is_failed:
            groups[each.state, each.code, each.hint].append(each)
    for (state, code, hint), some in groups.items():
        yield f"  {state}[{code}]: {_some([each.name for each in some])}"
        for error, times in Counter(each.error for each in some).most_common(_NAMED):
            yield f"    {error}" if times == 1 else f"    {error} ({times} times)"
        if hint is not None:
            yield f"    do: {hint}"


def _states(targets: Iterable[FleetTarget]) -> str:
    return ", ".join(f"{count} {state}" for state, count in Counter(each.state for each in targets).most_common())


def _count(targets: int) -> str:
    return "1 target" if targets == 1 else f"{targets} targets"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
