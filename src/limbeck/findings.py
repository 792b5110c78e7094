"""Findings: what an examination has to say about a file, or a check about a history, with a place and a way out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""The most severe first."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    :param code: kebab-case name of the rule that found it; it does not change between releases.
    :param severity: ``"error"``, ``"warning"`` or ``"info"``.
    :param message: the fact, in one sentence.
    :param hint: what to do, in one sentence.
    :param file: path of the file concerned; None where there is none.
    :param line: line in that file, counted from 1; None where the finding is about the whole file.
    """

    code: str
    severity: Severity
    message: str
    hint: str
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class LintFinding:
    """Something that a rule finds in a revision.

    :param rule: kebab-case name of the rule; it does not change between releases.
    :param severity: ``"error"``, ``"warning"`` or ``"info"``.
    :param file: path of the file.
    :param line: line in it, counted from 1; null where the finding is about the whole revision.
    :param revision: id of the revision.
    :param message: the fact, and why it matters.
    :param safe: the code to write instead; null where there is none to give.
    :param fixable: whether ``--fix`` writes it.
    """

    rule: str
    severity: Severity
    file: str
    line: int | None
    revision: str
    message: str
    safe: str | None
    fixable: bool


@dataclass(frozen=True, slots=True)
class NotFixed:
    """A finding that ``--fix`` leaves, although its safe code is a mechanical change.

    :param rule: kebab-case name of the rule.
    :param file: path of the file.
    :param line: line in it, counted from 1.
    :param revision: id of the revision.
    :param reason: why it is left.
    """

    rule: str
    file: str
    line: int | None
    revision: str
    reason: str


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
