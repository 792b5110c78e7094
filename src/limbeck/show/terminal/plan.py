"""A plan for a person: the lines of `limbeck.show.plan`, in colours."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from limbeck.findings import SEVERITIES

from .layout import Cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .layout import Paper

_STYLES = {
    "LOST:": "bold red",
    "REFUSED:": "bold red",
    "error[": "bold red",
    "warning[": "yellow",
    "info[": "dim",
    "review:": "dim",
    "unknown:": "yellow",
    "way back:": "yellow",
    "runs outside of a transaction": "yellow",
    "version rows:": "dim",
    "each step has": "dim",
    "one transaction holds": "dim",
    "table ": "dim",
}
"""How lines are written, by their first words."""


def plan(paper: Paper, lines: Iterable[str]) -> Iterator[str]:
    """Databases and steps bold, losses and refusals red, what makes others wait or is not known yellow."""
    for line in lines:
        for part in _parts(line, paper.width):
            yield paper.painted([Cell(part, _style(line))])


def _parts(line: str, width: int) -> list[str]:
    """A finding in lines that fit; any other line as it is."""
    said = line.lstrip()
    if not said.startswith(tuple(f"{severity}[" for severity in SEVERITIES)):
        return [line]
    indent = " " * (len(line) - len(said))
    return wrap(said, width, initial_indent=indent, subsequent_indent=f"{indent}  ", break_on_hyphens=False)


def _style(line: str) -> str:
    said = line.lstrip()
    if said.startswith("locks "):
        return "yellow" if "reads and writes wait" in said else "dim"
    for words, style in _STYLES.items():
        if said.startswith(words):
            return style
    return "" if not said or said != line else "bold"
