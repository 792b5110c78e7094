"""The command at a terminal of a given width: what a person sees, and answers to what it asks."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time
from pathlib import Path

STYLE = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;;[^\x1b]*\x1b\\")
TIMES = re.compile(r" *\b(?:\d+ ms|\d+\.\d s|\d+ s)\b")
DEADLINE = 120


class Session:
    """A run of the command at a terminal.

    :param folder: where it runs.
    :param words: its arguments.
    :param columns: width of the terminal.
    :param environment: further variables.
    """

    def __init__(self, folder: Path, *words: str, columns: int = 80, environment: dict[str, str] | None = None) -> None:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("ALEMBIC_", "LIMBECK_")) and name not in ("NO_COLOR", "COLUMNS", "LINES")
        }
        variables = {**kept, "TERM": "xterm-256color", "GIT_CONFIG_GLOBAL": os.devnull, **(environment or {})}
        self.process, self._terminal = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            os.execvpe(sys.executable, [sys.executable, "-m", "limbeck", *words], variables)  # noqa: S606
        size = struct.pack("HHHH", 24, columns, 0, 0)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, size)
        self.raw = ""
        self.code: int | None = None

    def until(self, text: str) -> None:
        """Read until ``text`` is there."""
        end = time.monotonic() + DEADLINE
        while text not in self.screen:
            assert self._read(end), f"{text!r} did not come: {self.screen!r}"

    def answer(self, question: str, reply: str) -> None:
        """Wait for ``question``, and type ``reply``."""
        self.until(question)
        os.write(self._terminal, f"{reply}\n".encode())

    def end(self) -> Session:
        """Read until the process ends."""
        end = time.monotonic() + DEADLINE
        while self._read(end):
            pass
        os.close(self._terminal)
        self.code = os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])
        return self

    def _read(self, end: float) -> bool:
        assert time.monotonic() < end, self.screen
        if not select.select([self._terminal], [], [], 1)[0]:
            return True
        try:
            data = os.read(self._terminal, 65536)
        except OSError:  # Linux says so where the other end is closed
            return False
        self.raw += data.decode("utf-8", "replace")
        return bool(data)

    @property
    def screen(self) -> str:
        """What was written, without styles; times as 0 ms, so that they can be written down."""
        text = STYLE.sub("", self.raw).replace("\r\n", "\n")
        return TIMES.sub(" 0 ms", text)


def at_terminal(folder: Path, *words: str, **settings: object) -> Session:
    """Run the command at a terminal to its end."""
    return Session(folder, *words, **settings).end()  # type: ignore[arg-type]
