"""What checks of a history find, as lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .paths import from_here

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.results import HistoryCheck, HistoryFinding, HistoryTestResult

_WIDTH = len("not checked")


def lines(found: HistoryTestResult) -> Iterator[str]:
    """Each check with what it finds, and a last line that counts them."""
    for check in found.checks:
        yield from of_check(check)
    failed = len(found.failed)
    counted = f"{failed} failed" if failed else "nothing found"
    yield f"{_number(len(found.revisions), 'revision')} tested by {_number(len(found.checks), 'check')}: {counted}"


def of_check(check: HistoryCheck) -> Iterator[str]:
    """How a check went, and below it what it finds."""
    state = "failed" if check.findings or check.is_blocked else "passed" if check.is_passed else "not checked"
    reason = "" if check.not_checked is None else f": {check.not_checked}"
    yield f"{state:<{_WIDTH}}  {check.name}{reason}"
    for finding in check.findings:
        yield from (f"  {line}" for line in of_finding(finding))
    yield from (f"  note: {remark}" for remark in check.remarks)
    yield from (f"  left out: {one.revision}: {one.reason}" for one in check.passed_over)


def of_finding(finding: HistoryFinding) -> Iterator[str]:
    """A finding with its revision and place, and its details below it."""
    line = "" if finding.line is None else f":{finding.line}"
    place = "" if finding.file is None else f"{from_here(finding.file)}{line}: "
    revision = "" if finding.revision is None else f"{finding.revision}: "
    yield f"{place}{revision}{finding.message}"
    yield from (f"  {detail}" for detail in finding.details)


def _number(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
