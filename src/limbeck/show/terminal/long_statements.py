"""A statement that takes long: which step it is of, since when it is at work, and how far the server is with it."""

from __future__ import annotations

import os
import shutil
from threading import Lock
from typing import TYPE_CHECKING

from limbeck import console

from .layout import duration, one_line, shortened

if TYPE_CHECKING:
    from typing import TextIO

    from limbeck.events import Event, StatementEvent

_LONGEST = 200
"""Characters of a line where none is written over."""

_LONGEST_PAUSE = 30.0
"""Most seconds between two of these lines; the first ones come when a statement has taken twice as long."""


class LongStatements:
    """Shows the statement at work, from the third second on: on a terminal in a line that is written anew each second.

    It subscribes to `limbeck.events`, and asks for statements that are *working*. On a terminal the line is gone when
    the statement has ended. It begins on a line of its own, and stays behind what is written meanwhile: nothing else
    that stands on the screen is written over.

    :param stream: where to.
    :param in_place: write the line anew in its place; else one below the other, each after a longer while.
    """

    def __init__(self, stream: TextIO, *, in_place: bool) -> None:
        self._stream = stream
        self._in_place = in_place
        self._lock = Lock()  # a statement may end while the thread beside it says that it is at work
        self._present: tuple[str, int, int] | None = None
        self._next = 0.0
        self._is_shown = False

    def __call__(self, event: Event) -> bool:
        """Show an event; whether it is one that is shown."""
        from limbeck.events import StatementEvent

        if not isinstance(event, StatementEvent):
            return False
        statement = (event.run, event.number, event.position)
        with self._lock:
            if event.phase == "started":
                self._present, self._next = statement, 0.0
            elif event.phase != "working":
                self._clear()
                self._present = statement if event.phase == "waiting" else None
            elif statement == self._present and event.elapsed >= self._next:
                self._show(event)
                return True
        return False

    def end(self) -> None:
        """Take the line away, where it stands still, as after an interrupt."""
        with self._lock:
            self._clear()
            self._present = None

    def _show(self, event: StatementEvent) -> None:
        line = described(event)
        if self._in_place:
            width = self._width()
            console.write(self._stream, f"{_fresh_line(width)}{shortened(f'  {line}', width - 1)}\r")
            self._is_shown = True
        else:
            self._next = event.elapsed + min(event.elapsed, _LONGEST_PAUSE)
            console.write(self._stream, f"{shortened(line, _LONGEST)}\n")

    def _clear(self) -> None:
        if self._is_shown:
            self._is_shown = False
            console.write(self._stream, _fresh_line(self._width()))

    def _width(self) -> int:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or 80
        except (OSError, ValueError):
            return shutil.get_terminal_size().columns


def described(event: StatementEvent) -> str:
    """In one line: ``step 2 of 5, 12 s, building index: scanning table 45 %: CREATE INDEX ...``."""
    said = f"step {event.number} of {event.steps}, {duration(event.elapsed)}"
    if event.progress is not None:
        share = "" if event.progress.share is None else f" {event.progress.share:.0%}".replace("%", " %")
        said += f", {event.progress.doing}{share}"
    statement = "".join(one for one in one_line(event.statement) if one.isprintable())
    return f"{said}: {statement}"


def _fresh_line(width: int) -> str:
    """What brings a terminal to the beginning of an empty line: this one where the cursor is at its beginning.

    Else the next one: as many blanks as a line has columns go over its end.
    """
    return f"{' ' * width}\r"
