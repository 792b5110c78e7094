"""What an Alembic environment is made of, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .result import Result

if TYPE_CHECKING:
    from limbeck.findings import Finding, Severity


@dataclass(frozen=True, slots=True)
class HistoryFinding:
    """Something that a check finds in a history.

    :param revision: id of the revision that it is about; null where it is about the whole history.
    :param message: the fact, in a sentence.
    :param details: the differences, or what the database says, a line each.
    :param file: path of the file that it is about; null where there is none.
    :param line: line in it, counted from 1.
    """

    revision: str | None
    message: str
    details: tuple[str, ...] = ()
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A revision that a check leaves out.

    :param revision: its id.
    :param reason: why.
    """

    revision: str
    reason: str


@dataclass(frozen=True, slots=True)
class HistoryCheck:
    """A check of a history, carried out.

    :param name: kebab-case name; it does not change between releases.
    :param findings: what it finds, in the order of the history; none where all is well.
    :param not_checked: why it could not be carried out, or not to its end; null where it was.
    :param is_blocked: whether that is since the history fails; else there is nothing to check.
    :param passed_over: the revisions that it leaves out.
    :param remarks: what else there is to say, such as which tables no rows could be made up for.
    :param seconds: how long it took.
    """

    name: str
    findings: tuple[HistoryFinding, ...]
    not_checked: str | None
    is_blocked: bool
    passed_over: tuple[PassedOver, ...]
    remarks: tuple[str, ...]
    seconds: float

    @property
    def is_passed(self) -> bool:
        """Whether it was carried out and finds nothing."""
        return not self.findings and self.not_checked is None


@dataclass(frozen=True, slots=True)
class Template:
    """A template of ``init``.

    :param name: what ``--template`` takes.
    :param about: first line of its README.
    """

    name: str
    about: str


@dataclass(frozen=True, slots=True)
class TemplatesResult(Result):
    """What ``list_templates`` lists.

    :param templates: the templates, by name.
    """

    schema = "limbeck.templates"

    templates: tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class DoctorResult(Result):
    """What ``doctor`` finds.

    :param findings: the findings, the most severe first.
    """

    schema = "limbeck.doctor"

    findings: tuple[Finding, ...]

    def count(self, severity: Severity) -> int:
        """The number of findings of ``severity``."""
        return sum(finding.severity == severity for finding in self.findings)


@dataclass(frozen=True, slots=True)
class HistoryTestResult(Result):
    """What ``test`` finds.

    :param revisions: ids of the revisions that were checked, parents first.
    :param checks: the checks, in the order in which they were carried out.
    """

    schema = "limbeck.test"

    revisions: tuple[str, ...]
    checks: tuple[HistoryCheck, ...]

    @property
    def findings(self) -> tuple[HistoryFinding, ...]:
        """What all checks find."""
        return tuple(finding for check in self.checks for finding in check.findings)

    @property
    def failed(self) -> tuple[HistoryCheck, ...]:
        """The checks that find something, or that the history keeps from being carried out."""
        return tuple(check for check in self.checks if check.findings or check.is_blocked)
