"""The checks by name, and how they are carried out."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from limbeck.results import HistoryCheck, HistoryTestResult
from limbeck.runtime.logging_sections import without_information

from .files import downgrades_exist, one_head
from .from_empty import upgrades_from_empty
from .imports import models_imported
from .models import models_equal_history
from .published import upgrades_from_published
from .rows import rows_survive
from .sql_script import sql_script_equals_history
from .subject import BlockedError, NotCheckedError
from .there_and_back import way_back

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from limbeck.results import HistoryFinding

    from .subject import Subject


OF_GIT = "upgrades-from-published"
"""The check that needs a branch or commit of git."""


class Check(NamedTuple):
    """A check.

    :param name: kebab-case name. :param find: what it finds, in the order of the history.
    """

    name: str
    find: Callable[[Subject], Iterable[HistoryFinding]]

    @property
    def about(self) -> str:
        """What holds where it finds nothing."""
        return (self.find.__doc__ or "").partition("\n")[0]


CHECKS = {
    check.name: check
    for check in (
        Check("models-imported", models_imported),
        Check("one-head", one_head),
        Check("downgrades-exist", downgrades_exist),
        Check("upgrades-from-empty", upgrades_from_empty),
        Check("way-back", way_back),
        Check("models-equal-history", models_equal_history),
        Check("rows-survive", rows_survive),
        Check("sql-script-equals-history", sql_script_equals_history),
        Check(OF_GIT, upgrades_from_published),
    )
}
"""All checks, those that read files first: none of these has imported a script before models are looked for."""


def check(subject: Subject, name: str) -> HistoryCheck:
    """Carry out one check.

    :param name: its name.
    :raises CommandError: where the database of the environment cannot be asked, or no scratch database made.
    """
    begun = time.perf_counter()
    findings: list[HistoryFinding] = []
    not_checked: str | None = None
    is_blocked = False
    subject.remarks.clear()
    try:
        with without_information():
            for finding in CHECKS[name].find(subject):
                findings.append(finding)  # noqa: PERF402 those before a reason to stop are kept
    except (NotCheckedError, BlockedError) as reason:
        not_checked, is_blocked = str(reason), isinstance(reason, BlockedError)
    return HistoryCheck(
        name,
        tuple(findings),
        not_checked,
        is_blocked,
        subject.passed_over(name),
        tuple(subject.remarks),
        round(time.perf_counter() - begun, 3),
    )


def checked(subject: Subject, names: Iterable[str] = CHECKS) -> Iterator[HistoryCheck]:
    """Carry out checks, one after the other."""
    for name in names:
        yield check(subject, name)


def result(subject: Subject, found: Iterable[HistoryCheck]) -> HistoryTestResult:
    """What was found, as the result of a command."""
    return HistoryTestResult(tuple(script.revision for script in subject.scripts), tuple(found))
