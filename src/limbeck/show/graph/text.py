"""The history as a picture of characters, with the message of each revision beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .facts import databases, marks, message
from .strokes import characters, drawn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.results import GraphResult


def text(found: GraphResult, encoding: str | None) -> Iterator[str]:
    """The picture, below a line for each database that was asked.

    :param encoding: of the stream that it goes to; one without the characters of boxes gets ASCII.
    """
    yield from databases(found)
    for strokes, row in drawn(found, characters(encoding)):
        line = "".join(stroke.text for stroke in strokes)
        if row is not None:
            special = marks(row, found)
            line += f" {row.revision.revision}{f' ({special})' if special else ''} {message(row)}"
        yield line.rstrip()
