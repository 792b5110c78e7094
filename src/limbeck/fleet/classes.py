"""Targets that are alike: planned for once, and compared with the models once."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from limbeck import verbs
from limbeck.errors import CommandError, UsageError
from limbeck.results import FleetCheck, FleetClass, FleetPlan, FleetPlanGroup
from limbeck.runtime.logging_sections import silenced
from limbeck.runtime.migration import log
from limbeck.runtime.missing_files import creating_no_database

from . import scripts, work
from .targets import resolved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TypeVar

    from limbeck.lint.engine import Reviewer
    from limbeck.results import FleetTarget

    from .targets import Target

    Key = TypeVar("Key")
    Found = tuple[Target, FleetTarget]
    Ask = Callable[[work.Order, Sequence[Target]], dict[str, FleetTarget]]
    """Has targets asked by workers, and gives their answers by name."""


_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
"""In texts of objects: those of two comparisons are equal but for it."""


def planned(order: work.Order, revision: str, targets: Iterable[Found], ask: Ask) -> FleetPlan:
    """What a run to ``revision`` will do, rehearsed on the first target of each kind."""
    asked, failed = _parted(targets)
    groups: list[FleetPlanGroup] = []
    for alike, one in _asked_once(replace(order, kind="plan"), _groups(asked, _kind), ask):
        if one.planned is None:
            failed += _failed(alike, one)
        else:
            groups.append(FleetPlanGroup(_names(alike), one.planned))
    groups.sort(key=lambda group: -len(group.targets))
    return FleetPlan(revision, tuple(groups), tuple(failed))


def demand_reviewed(order: work.Order, by: Reviewer, targets: Iterable[Found]) -> None:
    """Raise `CommandError` where revisions of an upgrade have failing findings; one target of each kind is asked."""
    from limbeck.refusal import refuse  # with all of lint, which few campaigns ask

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


def checked(order: work.Order, heads: tuple[str, ...], targets: Iterable[Found], ask: Ask) -> FleetCheck:
    """The targets by what they have otherwise than the models: one of each schema is compared.

    :raises UsageError: where env.py has no models.
    """
    asked, failed = _parted(targets)
    differing: dict[tuple[str, ...], FleetClass] = {}
    classes: list[FleetClass] = []
    there: list[list[Found]] = []
    for alike in _groups(asked, lambda one: (_backend(one), one[1].state, one[1].digest)):
        state = alike[0][1].state
        if state in ("behind", "unknown revision"):
            classes.append(FleetClass(state, _names(alike)))
        else:
            there.append(alike)
    for alike, one in _asked_once(replace(order, kind="compare"), there, ask):
        if one.code == "no-metadata":
            raise _without_models(order)
        if one.differences is None:
            failed += _failed(alike, one)
            continue
        texts = tuple(_ADDRESS.sub("", each.text) for each in one.differences)
        before = differing.get(texts, FleetClass("different" if texts else "equal", (), one.differences))
        differing[texts] = replace(before, targets=(*before.targets, *_names(alike)))
    classes += differing.values()
    classes.sort(key=lambda one: (-len(one.targets), one.state not in ("equal", "different")))
    return FleetCheck(heads, tuple(classes), tuple(failed))


def _asked_once(
    order: work.Order, groups: Iterable[list[Found]], ask: Ask
) -> Iterator[tuple[list[Found], FleetTarget]]:
    """Each group with what its first target has answered; those that a signal kept from being asked are left out."""
    found = {alike[0][0].name: alike for alike in groups}
    answers = ask(order, [alike[0][0] for alike in found.values()])
    return ((alike, answers[name]) for name, alike in found.items() if name in answers)


def _failed(alike: Iterable[Found], one: FleetTarget) -> Iterator[FleetTarget]:
    """Targets that are like one that failed."""
    return (replace(each, state=one.state, code=one.code, error=one.error, hint=one.hint) for _, each in alike)


def _without_models(order: work.Order) -> UsageError:
    return UsageError(
        "`limbeck fleet check` compares with the models, and env.py gives none: its target_metadata is None",
        file=scripts.fresh(order.project).env_py_location,
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
    return _backend(one), frozenset(one[1].rows_before or ())


def _backend(one: Found) -> str:
    """The database product; only a worker may know the URL."""
    return one[1].backend or resolved(one[0]).get_backend_name()


def _names(targets: Iterable[Found]) -> tuple[str, ...]:
    return tuple(target.name for target, _ in targets)
