"""What `rebase` moves, as lines."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .paths import from_here

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from limbeck.results import RebasedRevision, RebaseResult


def plan(found: RebaseResult) -> Iterator[str]:
    """What will be done: a title, and a line for each revision and file."""
    number = len(found.revisions)
    yield f"This puts {number} revision{'' if number == 1 else 's'} on top of {found.onto}:"
    for one in found.revisions:
        yield _line(one)
    others = [path for path in found.files if path not in {one.path for one in found.revisions}]
    yield from (f"{from_here(path)} is written" for path in others if os.path.basename(path) == "HEADS")


def done(found: RebaseResult) -> Iterator[str]:
    """What was done: a line for each revision, and one about the heads."""
    if not found.revisions:
        yield f"Nothing to move: what {found.onto} lacks is on top of it already"
    for one in found.revisions:
        yield _line(one)
    if len(found.heads) > 1:
        yield f"There are {len(found.heads)} heads: {', '.join(found.heads)}"


def _line(one: RebasedRevision) -> str:
    file = from_here(one.new_path)
    renamed = "" if one.path == one.new_path else f", was {os.path.basename(one.path)}"
    place = _named(one.after)
    moved = place if one.before == one.after else f"{place} instead of {_named(one.before)}"
    return f"{one.revision}, {one.doc}: follows {moved} ({file}{renamed})"


def _named(names: Sequence[str]) -> str:
    return ", ".join(names) or "nothing"
