"""What a person reads: lines on stdout, status lines around work, errors and warnings on stderr."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator


def write(stream: TextIO, text: str) -> None:
    """Write ``text`` to ``stream``; what its encoding lacks is replaced, a reader that went away is no error."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        stream.write(text.encode(encoding, "replace").decode(encoding))
        stream.flush()
    except BrokenPipeError:
        # The reader has gone (`limbeck history | head`): point the stream at nothing, so that Python's own
        # flush at exit stays silent too.
        import os

        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def message(text: str, *, quiet: bool = False, stream: TextIO | None = None) -> None:
    """Write one line for a person, unless ``quiet``; ``stream`` defaults to the present ``sys.stdout``."""
    if not quiet:
        write(stream or sys.stdout, text + "\n")


def confirm(question: str) -> bool:
    """Ask a person at the terminal; anything but yes is no."""
    write(sys.stderr, f"{question} [y/N] ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


@contextmanager
def status(text: str, *, quiet: bool = False, newline: bool = False, stream: TextIO | None = None) -> Iterator[None]:
    """Frame work with ``<text> ...`` and ``  done`` or ``  FAILED``.

    :param newline: end the first line before the work, for work that prints itself.
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
