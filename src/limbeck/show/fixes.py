"""What `lint --fix` writes, as a diff, and what it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .paths import from_here
from .terminal.layout import Cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.results import Fixes

    from .terminal.layout import Paper

_STYLES = (("+++", "bold"), ("---", "bold"), ("@@", "cyan"), ("+", "green"), ("-", "red"))


def changes(found: Fixes, paper: Paper | None) -> Iterator[str]:
    """The files as a unified diff, in colours where it is on ``paper``, and a line for each finding that is left."""
    for file in found.files:
        for line in file.diff.splitlines():
            style = next((style for start, style in _STYLES if line.startswith(start)), None)
            yield line if paper is None or style is None else paper.painted([Cell(line, style)])
    for one in found.left:
        place = from_here(one.file) if one.line is None else f"{from_here(one.file)}:{one.line}"
        yield f"{place}: {one.rule} is left as it is: {one.reason}"
