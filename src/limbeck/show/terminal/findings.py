"""The findings of a review for a person, in colours, in lines that fit the terminal."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from limbeck.show.findings import observed, place, summary

from .layout import Cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.results import LintFinding, LintResult

    from .layout import Paper

_STYLES = {"error": "bold red", "warning": "yellow", "info": "dim"}


def findings(paper: Paper, found: LintResult) -> Iterator[str]:
    """Each finding below its place, a blank line behind it, and a last line that counts them."""
    for finding in found.findings:
        yield from _finding(paper, finding)
        yield ""
    yield from observed(found)
    yield summary(found)


def _finding(paper: Paper, finding: LintFinding) -> Iterator[str]:
    rule = Cell(f"{finding.severity}[{finding.rule}]", _STYLES[finding.severity])
    yield paper.painted([Cell(place(finding), "bold"), Cell(" "), rule])
    width = max(paper.width, _NARROWEST)
    yield from wrap(finding.message, width, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
    if finding.safe is not None:
        yield paper.painted([Cell("  write instead:", "dim")])
        yield from (f"    {line}".rstrip() for line in finding.safe.splitlines())  # code, to be copied as it is


_NARROWEST = 20
