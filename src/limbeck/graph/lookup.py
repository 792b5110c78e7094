"""The revision that a name stands for: by full id, label or unique beginning; errors suggest similar names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import ResolutionError
from .load import similar
from .revision import SYMBOLS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .revision import Revision

SHORTEST_ID = 4
SHOWN = 3


def candidates(beginning: str, nodes: Mapping[str, Revision], labels: Mapping[str, str]) -> list[str]:
    """Ids and labels with this beginning, in load order; those of up to three characters match in full only."""
    return [
        name for known in (nodes, labels) for name in known if name.startswith(beginning) and len(name) >= SHORTEST_ID
    ]


def find(name: str, nodes: Mapping[str, Revision], labels: Mapping[str, str]) -> str:
    """Id of the revision that a name stands for: full id, label, or a beginning that is unique.

    :raises ResolutionError: code "unknown-revision" with similar names, "ambiguous-revision" with the candidates.
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
    """The error for a name that stands for no revision."""
    short = (
        "; please ensure at least four characters are present for partial revision identifier matches"
        if len(name) < SHORTEST_ID
        else ""
    )
    return ResolutionError(
        f"No such revision or branch '{name}'{short}",
        name,
        hint="it was taken for an id, the beginning of one, or a branch label"
        f"{similar(name, [*nodes, *labels, *SYMBOLS])}; `limbeck history` lists the revisions.",
    )
