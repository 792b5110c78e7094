"""The history drawn with characters: a line for each revision, and one below where its lines go to other lanes.

In the line of a revision others end that lead to it from other lanes. The line below leads from that revision to the
lanes of what it needs: a lane that goes on without being met keeps its upright stroke.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.results import GraphResult, GraphRow

_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
_ACROSS = _LEFT | _RIGHT


class Characters(NamedTuple):
    """The characters of a picture.

    :param revision: a revision; also one that all databases have that were asked.
    :param partly: one that some of them have. :param pending: one that none of them has.
    :param strokes: a stroke by the directions that it leads to, 1 up, 2 down, 4 left, 8 right, added up.
    :param upright: a dashed stroke down. :param across: a dashed stroke to the side.
    """

    revision: str
    partly: str
    pending: str
    strokes: str
    upright: str
    across: str


BOXES = Characters("●", "◐", "○", "  │││╯╮┤│╰╭├─┴┬┼", "┆", "┄")
ASCII = Characters("*", "%", "o", "  |||'.+|'.+-+++", ":", "~")


class Stroke(NamedTuple):
    """A character of a picture.

    :param text: the character. :param lane: the lane that it belongs to; None for a blank.
    """

    text: str
    lane: int | None = None


_BLANK = Stroke(" ")


class Drawn(NamedTuple):
    """A line of a picture.

    :param strokes: its characters, without blanks at the end.
    :param row: the revision that stands in it; None for a line between two of them.
    """

    strokes: list[Stroke]
    row: GraphRow | None = None


def characters(encoding: str | None) -> Characters:
    """Those of a stream by its encoding: boxes where it has them."""
    try:
        "".join(BOXES).encode(encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return BOXES


def drawn(found: GraphResult, by: Characters) -> Iterator[Drawn]:
    """The lines of a picture of the history."""
    canvas = _Canvas(by)
    before: GraphRow | None = None
    for row in found.rows:
        if before is not None and before.lane == row.lane and not before.lines:
            yield Drawn(canvas.passing())  # else it would look as if the one above led to it
        elif before is not None and _depends(before, row):
            yield Drawn(canvas.passing())  # which shows that the line between them is dashed
        yield Drawn(canvas.revision(row, _mark(row, len(found.databases), by)), row)
        if any(line.lane != row.lane for line in row.lines):
            yield Drawn(canvas.below(row))
        canvas.go_on(row)
        before = row


def _depends(above: GraphRow, below: GraphRow) -> bool:
    """Whether a dashed line leads from one revision straight down to another."""
    name, lane = below.revision.revision, below.lane
    return any((line.revision, line.kind, line.lane) == (name, "dependency", lane) for line in above.lines)


def _mark(row: GraphRow, databases: int, by: Characters) -> str:
    if row.applied_to is None or len(row.applied_to) == databases:
        return by.revision
    return by.partly if row.applied_to else by.pending


class _Canvas:
    """The strokes of the lanes from one line to the next."""

    def __init__(self, by: Characters) -> None:
        self._by = by
        self._strokes: list[Stroke] = []  # two a lane: what leads down in it, and the blank beside it
        self._ends: dict[str, dict[int, bool]] = {}  # by revision: the lanes that lead to it, and whether dashed

    def passing(self) -> list[Stroke]:
        """A line in which nothing happens."""
        return _without_end(self._strokes)

    def revision(self, row: GraphRow, mark: str) -> list[Stroke]:
        """The line of a revision, in which the lanes end that lead to it."""
        self._widen(row.lane)
        ends = self._ends.pop(row.revision.revision, {})
        made = self._across(row.lane, ends, dict.fromkeys(ends, _UP))
        made[2 * row.lane] = Stroke(mark, row.lane)
        for lane in ends:
            self._strokes[2 * lane] = _BLANK
        return _without_end(made)

    def below(self, row: GraphRow) -> list[Stroke]:
        """The line below a revision, from which its lines go on to their lanes."""
        lanes = {line.lane: line.kind == "dependency" for line in row.lines}
        self._widen(max(lanes))
        made = self._across(
            row.lane, lanes, {lane: _DOWN if self._strokes[2 * lane] == _BLANK else _UP | _DOWN for lane in lanes}
        )
        sides = (_LEFT if min(lanes) < row.lane else 0) | (_RIGHT if max(lanes) > row.lane else 0)
        stroke = self._by.strokes[_UP | sides | (_DOWN if row.lane in lanes else 0)]
        made[2 * row.lane] = Stroke(stroke, row.lane)
        return _without_end(made)

    def go_on(self, row: GraphRow) -> None:
        """Lead the lines of a revision down in their lanes."""
        for line in row.lines:
            is_dashed = line.kind == "dependency"
            self._ends.setdefault(line.revision, {})[line.lane] = is_dashed
            upright = self._by.upright if is_dashed else self._by.strokes[_UP | _DOWN]
            self._strokes[2 * line.lane] = Stroke(upright, line.lane)

    def _across(self, own: int, lanes: dict[int, bool], ways: dict[int, int]) -> list[Stroke]:
        """Strokes from ``own`` to other lanes, on both sides.

        :param lanes: these, each with whether what leads there is dashed.
        :param ways: where the stroke in each of them leads besides.
        """
        made = list(self._strokes)
        for step, inwards, outwards in ((1, _LEFT, _RIGHT), (-1, _RIGHT, _LEFT)):
            there = sorted((lane for lane in lanes if (lane - own) * step > 0), key=lambda lane: lane * step)
            solid = [lane for lane in there if not lanes[lane]]
            at = 2 * own
            for lane in there:
                across = self._by.across if not solid or lane * step > solid[-1] * step else self._by.strokes[_ACROSS]
                for column in range(at + step, 2 * lane, step):
                    if made[column].text == " ":
                        made[column] = Stroke(across, lane)
                at = 2 * lane
                made[at] = Stroke(self._by.strokes[ways[lane] | inwards | (outwards if lane != there[-1] else 0)], lane)
        return made

    def _widen(self, lane: int) -> None:
        self._strokes += [_BLANK] * (2 * lane + 2 - len(self._strokes))


def _without_end(strokes: list[Stroke]) -> list[Stroke]:
    """Strokes without the blanks at their end."""
    end = len(strokes)
    while end and strokes[end - 1].text == " ":
        end -= 1
    return strokes[:end]
