"""Targets that are alike: planned for once, and compared with the models once."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from limbeck import describe, planning, verbs
from limbeck.errors import CommandError, UsageError
from limbeck.refusal import refuse
from limbeck.results import FleetCheck, FleetClass, FleetPlan, FleetPlanGroup
from limbeck.runtime.logging_sections import silenced, without_information
from limbeck.runtime.migration import log
from limbeck.runtime.missing_files import creating_no_database

from . import work
from .targets import resolved, without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TypeVar

    from limbeck.lint.engine import Reviewer
    from limbeck.results import Difference, FleetTarget, PlannedRun

    from .targets import Target

    Key = TypeVar("Key")
    Found = tuple[Target, FleetTarget]


_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
"""In texts of objects: those of two comparisons are equal but for it."""


def planned(order: work.Order, revision: str, targets: Iterable[Found]) -> FleetPlan:
    """What a run to ``revision`` will do, rehearsed on the first target of each kind."""
    found = list(targets)
    asked, failed = _parted(found)
    groups: list[FleetPlanGroup] = []
    for alike in _groups(asked, _kind):
        first, _ = alike[0]
        try:
            groups.append(FleetPlanGroup(_names(alike), _planned(order, revision, first)))
        except Exception as error:  # noqa: BLE001 said in the result
            failed += [work.failed(each, error, target) for target, each in alike]
    groups.sort(key=lambda group: -len(group.targets))
    return FleetPlan(revision, tuple(groups), tuple(failed))


def demand_reviewed(order: work.Order, by: Reviewer, targets: Iterable[Found]) -> None:
    """Raise `CommandError` where revisions of an upgrade have failing findings; one target of each kind is asked."""
    for alike in _groups([one for one in targets if one[1].state == "behind"], _kind):
        first, looked = alike[0]
        place = work.environment(order, first, resolved(first))
        planned = partial(verbs.plan_here, place.script, "upgrade", order.revision, skipped=False)
        try:
            with silenced(log), creating_no_database():
                refuse(place, planned, by, destination_rev=order.revision)
        except Exception as error:
            if getattr(error, "code", None) == "lint-refused":
                raise
            why = work.failed(looked, error, first)
            fact = f"The revisions cannot be reviewed on target {first.name}: {why.error}"
            raise CommandError(fact, code=str(why.code), hint=why.hint) from None


def _planned(order: work.Order, revision: str, target: Target) -> PlannedRun:
    url = resolved(target)
    with silenced(log):
        (run,) = planning.plan(work.environment(order, target, url), revision).runs
    return replace(run, database=without_secrets(run.database, url))


def checked(order: work.Order, heads: tuple[str, ...], targets: Iterable[Found]) -> FleetCheck:
    """The targets by what they have otherwise than the models: one of each schema is compared.

    :raises UsageError: where env.py has no models.
    """
    asked, failed = _parted(targets)
    differing: dict[tuple[str, ...], FleetClass] = {}
    classes: list[FleetClass] = []
    for alike in _groups(asked, lambda one: (resolved(one[0]).get_backend_name(), one[1].state, one[1].digest)):
        first, looked = alike[0]
        if looked.state in ("behind", "unknown revision"):
            classes.append(FleetClass(looked.state, _names(alike)))
            continue
        try:
            differences = _compared(order, first)
        except UsageError:
            raise
        except Exception as error:  # noqa: BLE001 said in the result
            failed += [work.failed(each, error, target) for target, each in alike]
            continue
        texts = tuple(_ADDRESS.sub("", each.text) for each in differences)
        before = differing.get(texts, FleetClass("different" if differences else "equal", (), differences))
        differing[texts] = replace(before, targets=(*before.targets, *_names(alike)))
    classes += differing.values()
    classes.sort(key=lambda one: (-len(one.targets), one.state not in ("equal", "different")))
    return FleetCheck(heads, tuple(classes), tuple(failed))


def _compared(order: work.Order, target: Target) -> tuple[Difference, ...]:
    place = work.environment(order, target, resolved(target))
    try:
        with creating_no_database(), without_information():
            new, _ = verbs.differences(place, as_sql=False)
    except CommandError as error:
        raise _without_models(error) if error.code == "no-metadata" else error from None
    return describe.check(verbs.diffs(new)).differences


def _without_models(error: CommandError) -> UsageError:
    return UsageError(
        "`limbeck fleet check` compares with the models, and env.py gives none: its target_metadata is None",
        file=error.file,
        hint="import the models there, and set target_metadata to their MetaData; `limbeck fleet status` needs none",
    )


def _parted(targets: Iterable[Found]) -> tuple[list[Found], list[FleetTarget]]:
    """Those that were asked, and those that failed."""
    found = list(targets)
    return [each for each in found if not each[1].is_failed], [each for _, each in found if each.is_failed]


def _groups(targets: Sequence[Found], key: Callable[[Found], Key]) -> Iterable[list[Found]]:
    found: defaultdict[Key, list[Found]] = defaultdict(list)
    for each in targets:
        found[key(each)].append(each)
    return found.values()


def _kind(one: Found) -> tuple[str, frozenset[str]]:
    """What a run depends on: the database product, and the version rows."""
    return resolved(one[0]).get_backend_name(), frozenset(one[1].rows_before or ())


def _names(targets: Iterable[Found]) -> tuple[str, ...]:
    return tuple(target.name for target, _ in targets)
