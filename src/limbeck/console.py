"""Writing to the terminal: lines, status lines around work, questions."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator


def write(stream: TextIO, text: str) -> None:
    """Write ``text`` to ``stream`` and flush it.

    Characters that its encoding lacks are replaced; a reader that has closed the other end is no error.
    """
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        stream.write(text.encode(encoding, "replace").decode(encoding))
        stream.flush()
    except BrokenPipeError:
        discard(stream)


def is_terminal(stream: TextIO) -> bool:
    """Whether a person reads ``stream``."""
    return stream.isatty()


def can_ask() -> bool:
    """Whether a person can be asked: who sees the question on stderr, and answers on stdin."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def discard(stream: TextIO) -> None:
    """Have ``stream``, whose reader is gone as in `limbeck history | head`, write to nowhere.

    Python's flush at exit does not fail then either.
    """
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def message(text: str, *, quiet: bool = False, stream: TextIO | None = None) -> None:
    """Write a line to ``stream``, unless ``quiet``; default: the ``sys.stdout`` of this moment."""
    if not quiet:
        write(stream or sys.stdout, text + "\n")


def ask(question: str) -> str:
    """Ask on stderr and read a line from stdin, without the space around it."""
    write(sys.stderr, f"{question}: ")
    return sys.stdin.readline().strip()


def confirm(question: str) -> bool:
    """Ask on stderr and read the answer from stdin; anything but yes is no."""
    write(sys.stderr, f"{question} [y/N] ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


@contextmanager
def status(text: str, *, quiet: bool = False, newline: bool = False, stream: TextIO | None = None) -> Iterator[None]:
    """Print ``<text> ...`` before a block, and ``  done`` or ``  FAILED`` after it.

    :param text: what the block does.
    :param quiet: print nothing.
    :param newline: end the first line before the block, for a block that prints too.
    :param stream: where to print; default: the ``sys.stdout`` of this moment.
    """
    if quiet:
        yield
        return
    out = stream or sys.stdout
    write(out, f"{text} ...{chr(10) if newline else ''}")
    try:
        yield
    except BaseException:
        write(out, "  FAILED\n")
        raise
    write(out, "  done\n")
