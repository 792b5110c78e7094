"""What pictures of the history say of a revision in words."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from limbeck.show.terminal.layout import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.results import GraphResult, GraphRow


def message(row: GraphRow) -> str:
    """The message of a revision in one line, without characters that control a terminal, and that XML cannot have."""
    return "".join(one for one in one_line(row.revision.doc) if not _is_control(one))


def _is_control(one: str) -> bool:
    return unicodedata.category(one) in {"Cc", "Cs"} or one in "\ufffe\uffff"


def marks(row: GraphRow, found: GraphResult) -> str:
    """What is special about a revision: labels, where it is a head, and which databases are at it."""
    entry = row.revision
    labels = sorted(entry.branch_labels) if entry.is_head else row.labels
    head = [] if not entry.is_head else ["effective head"] if entry.is_effective_head else ["head"]
    return ", ".join([*labels, *head, *_current(row, found)])


def _current(row: GraphRow, found: GraphResult) -> list[str]:
    if not row.revision.is_current:
        return []
    if len(found.databases) == 1:
        return ["current"]
    from limbeck.show.terminal.runs import named

    at = [one for one in found.databases if row.revision.revision in one.rows]
    return [f"current in {named(one.database)}" for one in at]


def databases(found: GraphResult) -> Iterator[str]:
    """A line for each database that was asked: how much of the picture it has, and what no file stands for."""
    for one in found.databases:
        there = sum(one.database in (row.applied_to or ()) for row in found.rows)
        unknown = f"; no revision file has {', '.join(one.unknown)}, a row of its version table" if one.unknown else ""
        yield f"{one.database}: {there} of {len(found.rows)} revisions applied{unknown}"
