"""The history as a picture for a person: lanes in colours, messages that fit."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from limbeck.show.terminal.layout import Cell, cell_length, shortened

from .facts import databases, marks, message
from .strokes import characters, drawn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.results import GraphResult, GraphRow
    from limbeck.show.terminal.layout import Paper

    from .strokes import Stroke

_COLOURS = ("blue", "magenta", "cyan", "green", "red", "yellow")
_SHORTEST = 20
"""Columns that a message has at least, where the lanes take all the room."""


def graph(paper: Paper, found: GraphResult, encoding: str | None) -> Iterator[str]:
    """A line for each revision, and one between where lines go to other lanes."""
    for line in databases(found):
        yield paper.painted([Cell(line, "bold")])
    for strokes, row in drawn(found, characters(encoding)):
        cells = list(_lanes(strokes))
        yield paper.painted(cells if row is None else [*cells, *_words(row, found, paper.width - len(strokes))])


def _lanes(strokes: list[Stroke]) -> Iterator[Cell]:
    for lane, same in groupby(strokes, key=lambda stroke: stroke.lane):
        yield Cell("".join(stroke.text for stroke in same), "" if lane is None else _COLOURS[lane % len(_COLOURS)])


def _words(row: GraphRow, found: GraphResult, width: int) -> Iterator[Cell]:
    """Id, marks and message of a revision; the message is shortened to ``width``."""
    special = marks(row, found)
    marked = f" ({special})" if special else ""
    taken = len(row.revision.revision) + cell_length(marked) + 2
    said = shortened(message(row), max(width - taken, _SHORTEST))
    is_pending = row.applied_to is not None and not row.applied_to
    yield Cell(f" {row.revision.revision}", "yellow")
    if marked:
        yield Cell(marked, "bold green" if row.revision.is_current else "green" if row.revision.is_head else "cyan")
    yield Cell(f" {said}", "dim" if is_pending else "")
