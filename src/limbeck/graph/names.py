"""The revisions that names in a target stand for: ids, labels and symbols such as ``head``, on a branch if given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import errors, lookup

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .graph import Graph
    from .target import Target


def branch_revision(graph: Graph, branch: str) -> str:
    """Id of the revision that stands for a branch: the one with that label or id.

    :raises ResolutionError: with code "unknown-branch".
    """
    try:
        return lookup.find(branch, graph.nodes, graph.labels)
    except errors.ResolutionError as error:
        raise errors.ResolutionError(
            f"No such branch: '{branch}'",
            branch,
            code="unknown-branch",
            hint=error.hint if error.code == errors.ResolutionError.code else f"{error}: {error.hint}",
            candidates=error.candidates,
        ) from None


def members(graph: Graph, branch: str) -> set[str]:
    """Ids on a branch: its revision with all ancestors and descendants by ``down_revision``."""
    return graph.lineage([branch_revision(graph, branch)])


def on_branch(graph: Graph, ids: Iterable[str], branch: str | None) -> list[str]:
    """Those of some ids that are on a branch; all of them where ``branch`` is None."""
    if branch is None:
        return list(ids)
    allowed = members(graph, branch)
    return [name for name in ids if name in allowed]


def find(graph: Graph, name: str, branch: str | None = None) -> str:
    """Id of the revision that a name stands for; with ``branch``, a beginning need be unique on the branch only.

    :raises ResolutionError: for a name that stands for no revision or several; code "not-on-branch" for one that
        stands for a revision elsewhere.
    """
    nodes, labels = graph.nodes, graph.labels
    if branch is None:
        return lookup.find(name, nodes, labels)
    allowed = members(graph, branch)
    exact = name if name in nodes else labels.get(name)
    if exact is None:
        matching = dict.fromkeys(labels.get(other, other) for other in lookup.candidates(name, nodes, labels))
        found = [other for other in matching if other in allowed]
        if len(found) > 1:
            raise lookup.ambiguous(name, found)
        exact = found[0] if found else lookup.find(name, nodes, labels)
    if exact not in allowed:
        raise errors.ResolutionError(
            f"Revision {exact} is not a member of branch '{branch}'",
            f"{branch}@{name}",
            code="not-on-branch",
            hint=f"name it without '{branch}@', or name another branch.",
        )
    return exact


def current_head(graph: Graph, branch: str | None = None) -> str | None:
    """Id of the only head, or of the only head on a branch; None without revisions.

    :raises MultipleHeads: where there are several.
    """
    heads = on_branch(graph, graph.heads, branch)
    if len(heads) > 1:
        raise errors.MultipleHeads(heads, "head" if branch is None else f"{branch}@head")
    return heads[0] if heads else None


def resolve_symbol(graph: Graph, target: Target) -> list[str]:
    """Ids that the symbol of a target stands for, on its branch if it has one; none for the base.

    :raises RevisionError: where it stands for no revision, or for several where only one can be meant.
    """
    branch, symbol = target.branch, target.symbol
    if symbol == "heads":
        return list(graph.real_heads) if branch is None else on_branch(graph, graph.heads, branch)
    if symbol == "head":
        head = current_head(graph, branch)
        return [] if head is None else [head]
    if symbol == "base":
        if branch is not None:
            branch_revision(graph, branch)
        return []
    if symbol == "current":
        raise errors.ResolutionError(
            f"No such revision or branch '{target.text}'",
            target.text,
            hint="'current' stands for the rows of a database: show, edit and history know it.",
        )
    return [find(graph, symbol or "", branch)]
