"""Revisions for a person: a line for each, with its date, its author and its message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .layout import Cell, one_line
from .runs import named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from limbeck.position import Position
    from limbeck.script import Script
    from limbeck.script.origin import Origin

    from .layout import Paper

MESSAGE = 3
"""The column that is shortened."""


def listed(paper: Paper, found: Iterable[Script], origins: Mapping[str, Origin]) -> Iterator[str]:
    """A line for each revision: id, date, author, message, marks.

    :param origins: by id, when and by whom the revisions were made.
    """
    rows = []
    for script in found:
        origin = origins.get(script.revision)
        date = "" if origin is None or origin.date is None else origin.date[:10]
        author = "" if origin is None else origin.author or ""
        message = Cell(one_line(script.doc), "bold" if script.is_current else "")
        rows.append([Cell(script.revision, "yellow"), Cell(date, "dim"), Cell(author, "dim"), message, *_marks(script)])
    return paper.columns(rows, MESSAGE)


def position(paper: Paper, found: Position) -> Iterator[str]:
    """Where a database is, and the next command."""
    yield paper.painted([Cell(f"{named(found.database)}:", "bold")])
    if not found.rows:
        yield "  empty: no revision applied"
    rows = [
        [Cell(""), Cell(script.revision, "yellow"), Cell(one_line(script.doc)), *_marks(script)]
        for script in found.applied
    ]
    rows += [[Cell(""), Cell(row, "yellow"), Cell("no revision file has this id", "red")] for row in found.unknown]
    for line in paper.columns(rows, MESSAGE - 1):
        yield f"  {line}"
    if not found.is_at_heads and not found.unknown:
        yield "next: `limbeck upgrade heads` applies what is left"


def _marks(script: Script) -> list[Cell]:
    """What is special about a revision, in one cell: a row has few."""
    labels = [", ".join(sorted(script.branch_labels))] if script.branch_labels else []
    head = [] if not script.is_head else ["head"] if script.is_real_head else ["effective head"]
    facts = [("current", script.is_current), ("branch point", script.is_branch_point), ("merge", script.is_merge_point)]
    marks = [*labels, *head, *(mark for mark, holds in facts if holds)]
    style = "bold green" if script.is_current else "green" if script.is_head else "cyan"
    return [Cell(f"({', '.join(marks)})", style)] if marks else []
