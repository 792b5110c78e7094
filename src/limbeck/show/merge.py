"""What `merge --auto` finds, as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .paths import from_here

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.results import Clash, MergeResult


def plan(found: MergeResult) -> Iterator[str]:
    """What will be done."""
    yield f"This writes a revision that merges {', '.join(found.heads)}"
    yield "they touch nothing in common, and lead to one schema in either order"


def reasons(found: MergeResult) -> Iterator[str]:
    """Why heads are not merged: each clash with what both sides do, what is not known, what differs."""
    for clash in found.clashes:
        yield f"Clash: {_name(clash)}"
        for side in clash.sides:
            yield f"  {side.revision}, {side.doc}: {side.text}{_place(side.file, side.line)}"
    for one in found.unknown:
        yield f"Unknown: {one.what}{_place(one.file, one.line)}"
    yield from found.differs


def _name(clash: Clash) -> str:
    if clash.table is None:
        return clash.part or ""
    return f"table {clash.table}" if clash.part is None else f"{clash.part} of table {clash.table}"


def _place(file: str | None, line: int | None) -> str:
    return "" if file is None else f" ({from_here(file)}:{line})"
