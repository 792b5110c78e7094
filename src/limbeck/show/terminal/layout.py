"""Text with styles, in columns that fit a terminal; rich gives colours and the width of characters, where installed."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, NamedTuple, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

GAP = "  "
"""Between columns."""

NARROWEST = 12
"""Columns that a text is shortened to at most."""


_MINUTE, _HOUR = 60, 3600


class Cell(NamedTuple):
    """A text in one style.

    :param text: one line.
    :param style: as rich has them: "bold", "red", "dim cyan"; empty for none.
    """

    text: str
    style: str = ""


class Paper:
    """What is written on: its width, and whether it takes colours.

    There are none without rich, where NO_COLOR is set, on a dumb terminal, and on anything but a terminal.

    :param stream: the stream.
    :param width: in columns; default: that of the terminal.
    """

    def __init__(self, stream: TextIO, width: int | None = None) -> None:
        self.width = width or shutil.get_terminal_size().columns
        self._style = _styles(stream)

    def painted(self, cells: Iterable[Cell]) -> str:
        """Cells one after the other."""
        return "".join(self._style(cell) if cell.style else cell.text for cell in cells)

    def columns(self, rows: Sequence[Sequence[Cell]], flexible: int) -> Iterator[str]:
        """Rows below one another, in columns as wide as their widest cell.

        :param flexible: number of the column that is shortened where a row would be wider than the terminal.
        """
        count = max((len(row) for row in rows), default=0)
        widths = [max((cell_length(row[at].text) for row in rows if at < len(row)), default=0) for at in range(count)]
        used = [at for at in range(count) if widths[at]]
        excess = sum(widths[at] for at in used) + len(GAP) * (len(used) - 1) - self.width
        if excess > 0:
            widths[flexible] = max(min(widths[flexible], NARROWEST), widths[flexible] - excess)
        for row in rows:
            cells: list[Cell] = []
            for at in (at for at in used if at < len(row)):
                cell = row[at]
                text = shortened(cell.text, widths[at])
                cells += [Cell(text, cell.style), Cell(" " * (widths[at] - cell_length(text)) + GAP)]
            yield self.painted(_stripped(cells))


def _stripped(cells: list[Cell]) -> list[Cell]:
    """The cells of a line without the blanks at its end."""
    while cells and not cells[-1].text.strip():
        cells.pop()
    return cells


def linked(text: str, address: str) -> str:
    """``text`` as a link of the terminal (OSC 8); as it is where escape sequences are not wanted or not known."""
    import os

    if "NO_COLOR" in os.environ or os.environ.get("TERM", "dumb") in {"dumb", "linux", "unknown"}:
        return text
    return f"\x1b]8;;{address}\x1b\\{text}\x1b]8;;\x1b\\"


def one_line(text: str) -> str:
    """``text`` with a blank in place of line ends and other space, as messages of several lines have."""
    return " ".join(text.split())


def cell_length(text: str) -> int:
    """The columns of a terminal that ``text`` takes: two for each wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(one) else 2 if east_asian_width(one) in "WF" else 1 for one in text)


def shortened(text: str, width: int) -> str:
    """``text``, or its beginning and an ellipsis where it takes more than ``width`` columns."""
    if cell_length(text) <= width:
        return text
    while cell_length(text) > width - 1:
        text = text[:-1]
    return f"{text.rstrip()}…"


def duration(seconds: float) -> str:
    """A time as a person reads it: ``12 ms``, ``1.3 s``, ``2 min 5 s``, ``1 h 20 min``."""
    if seconds < 1:
        return f"{round(seconds * 1000)} ms"
    if seconds < 10:  # noqa: PLR2004 one digit and a decimal
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"


def _styles(stream: TextIO) -> Callable[[Cell], str]:
    """What makes a cell a text with the escape sequences of its style."""
    try:
        from rich.color import ColorSystem
        from rich.console import Console
        from rich.style import Style
    except ImportError:
        return lambda cell: cell.text
    console = Console(file=stream)
    systems = {
        "standard": ColorSystem.STANDARD,
        "256": ColorSystem.EIGHT_BIT,
        "truecolor": ColorSystem.TRUECOLOR,
    }
    system = None if console.no_color else systems.get(console.color_system or "")
    return lambda cell: Style.parse(cell.style).render(cell.text, color_system=system)
