"""The history as an SVG picture, which needs nothing else: styles for light and dark stand in it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from limbeck.show.terminal.layout import cell_length

from .facts import databases, marks, message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.results import GraphLine, GraphResult, GraphRow

_ROW, _LANE, _MARGIN, _RADIUS = 24, 16, 16, 5
_LETTER = 7.5
"""Width of a letter, about; the picture is as wide as the longest line by that."""

_STYLE = """\
  <style>
    text { font: 13px system-ui, sans-serif; fill: #24292f; }
    .id { font-family: ui-monospace, monospace; fill: #57606a; }
    .marks { font-weight: 600; }
    path { fill: none; stroke-width: 2; }
    .dependency { stroke-dasharray: 4 3; }
    circle { stroke-width: 2; }
    .pending circle { fill: #ffffff; }
    .pending text { fill: #6e7781; }
    .current circle { stroke-width: 5; }
    .lane0 { stroke: #0969da; fill: #0969da; }
    .lane1 { stroke: #bf3989; fill: #bf3989; }
    .lane2 { stroke: #1a7f37; fill: #1a7f37; }
    .lane3 { stroke: #9a6700; fill: #9a6700; }
    .lane4 { stroke: #8250df; fill: #8250df; }
    .lane5 { stroke: #cf222e; fill: #cf222e; }
    path.line { fill: none; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .id, .pending text { fill: #8b949e; }
      .pending circle { fill: #0d1117; }
    }
  </style>"""
_COLOURS = 6


def svg(found: GraphResult) -> Iterator[str]:
    """A circle, an id and a message for each revision; lines to parents, dashed ones to dependencies."""
    told = list(databases(found))
    top = _MARGIN + _ROW * len(told)
    places = {
        row.revision.revision: (_MARGIN + _LANE * row.lane, top + _ROW * number)
        for number, row in enumerate(found.rows)
    }
    lanes = max((max(row.lane, *(line.lane for line in row.lines), 0) for row in found.rows), default=0)
    left = 2 * _MARGIN + _LANE * lanes
    longest = max((cell_length(_words(row, found)) for row in found.rows), default=0)
    width = round(left + _MARGIN + max(longest, *map(len, told), 0) * _LETTER)
    height = top + _ROW * len(found.rows)
    about = f"history of {len(found.rows)} revision{'' if len(found.rows) == 1 else 's'}"
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="{about}">'
    )
    yield f"  <title>{about}</title>"
    yield from _STYLE.splitlines()
    for number, words in enumerate(told):
        yield f'  <text x="{_MARGIN}" y="{_MARGIN + 4 + _ROW * number}">{escape(words)}</text>'
    for row in found.rows:
        for line in row.lines:
            yield f"  {_line(places[row.revision.revision], line, places[line.revision])}"
    for row in found.rows:
        yield from _revision(row, found, *places[row.revision.revision], left)
    yield "</svg>"


def _line(start: tuple[int, int], line: GraphLine, end: tuple[int, int]) -> str:
    """The path from one revision to another: into the lane, down in it, and out of it."""
    (left, top), (right, bottom) = start, end
    lane, half = _MARGIN + _LANE * line.lane, _ROW // 2
    way = f"M{left} {top}"
    if lane != left:
        way += f"C{left} {top + half} {lane} {top} {lane} {top + half}"
    if lane == right:
        way += f"V{bottom}"
    else:
        way += f"V{bottom - half}C{lane} {bottom} {right} {bottom - half} {right} {bottom}"
    return f'<path class="line lane{line.lane % _COLOURS} {line.kind}" d="{way}"/>'


def _revision(row: GraphRow, found: GraphResult, x: int, y: int, left: int) -> Iterator[str]:
    state = " current" if row.revision.is_current else " pending" if row.applied_to == () else ""
    special = marks(row, found)
    marked = f'<tspan class="marks">({escape(special)}) </tspan>' if special else ""
    yield f'  <g class="revision{state}" data-revision={quoteattr(row.revision.revision)}>'
    yield f"    <title>{escape(message(row))}</title>"
    yield f'    <circle class="lane{row.lane % _COLOURS}" cx="{x}" cy="{y}" r="{_RADIUS}"/>'
    yield (
        f'    <text x="{left}" y="{y + 4}"><tspan class="id">{escape(row.revision.revision)} </tspan>'
        f"{marked}{escape(message(row))}</text>"
    )
    yield "  </g>"


def _words(row: GraphRow, found: GraphResult) -> str:
    return f"{row.revision.revision} ({marks(row, found)}) {message(row)}"
