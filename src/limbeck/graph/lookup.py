"""From a name to the ids that it may stand for: whole, by its beginning, by likeness (behaviour 4.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import ResolutionError
from .load import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .revision import Revision

SHORTEST_ID = 4
SHOWN = 3
SYMBOLS = ("head", "heads", "base", "current")
"""What else a target may say, for a slip of the finger."""


def candidates(beginning: str, nodes: Mapping[str, Revision], labels: Mapping[str, str]) -> list[str]:
    """Ids and labels that start so, in load order; names of three characters and fewer have to be written in full."""
    return [
        name for known in (nodes, labels) for name in known if name.startswith(beginning) and len(name) >= SHORTEST_ID
    ]


def find(name: str, nodes: Mapping[str, Revision], labels: Mapping[str, str]) -> str:
    """Id of the revision that a name stands for: full id, label, or the only beginning.

    :raises ResolutionError: code "unknown-revision" with near names, "ambiguous-revision" with the candidates.
    """
    if name in nodes:
        return name
    if name in labels:
        return labels[name]
    found = candidates(name, nodes, labels) if name else []
    if len({labels.get(other, other) for other in found}) == 1:
        return labels.get(found[0], found[0])
    raise ambiguous(name, found) if found else unknown(name, nodes, labels)


def ambiguous(name: str, found: list[str]) -> ResolutionError:
    """The error for a beginning that several names share."""
    shown = ", ".join(repr(other) for other in found[:SHOWN]) + ("..." if len(found) > SHOWN else "")
    return ResolutionError(
        f"Multiple revisions start with '{name}': {shown}",
        name,
        code="ambiguous-revision",
        hint="write more of the id.",
        candidates=found,
    )


def unknown(name: str, nodes: Mapping[str, Revision], labels: Mapping[str, str]) -> ResolutionError:
    """The error for a name that stands for nothing."""
    short = (
        f"; please ensure at least {_COUNT} characters are present for partial revision identifier matches"
        if len(name) < SHORTEST_ID
        else ""
    )
    return ResolutionError(
        f"No such revision or branch '{name}'{short}",
        name,
        hint="it was taken for an id, the beginning of one, or a branch label"
        f"{nearest(name, [*nodes, *labels, *SYMBOLS])}.",
    )


_COUNT = "four"
