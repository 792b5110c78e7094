"""The state of databases for a person: the lines of `limbeck.show.text`, in colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .layout import Cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .layout import Paper

_LABEL = 12
"""Columns of the label that begins a line."""


def status(paper: Paper, lines: Iterable[str]) -> Iterator[str]:
    """The database bold, labels dim, and what to do in yellow."""
    for line in lines:
        if not line.startswith("  "):
            yield paper.painted([Cell(line, "bold")])
        elif line[:_LABEL].strip() == "do":
            yield paper.painted([Cell(line, "yellow")])
        else:
            yield paper.painted([Cell(line[:_LABEL], "dim"), Cell(line[_LABEL:])])
