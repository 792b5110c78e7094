"""What an Alembic environment is made of, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .result import Result

if TYPE_CHECKING:
    from limbeck.findings import Finding, HistoryCheck, HistoryFinding, Severity


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
