"""The revisions that callers mean by targets, ids, revisions, or several of these."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from . import errors
from .revision import SYMBOLS, Revision

if TYPE_CHECKING:
    from .graph import Graph
    from .target import Target

    RevisionIds = str | Revision | Iterable[str | Revision | None] | None


def parse(graph: Graph, text: str) -> Target:
    """Parse a target; the id or label of a revision is taken as such even where it looks like a walk."""
    from .target import Target, parse

    if text in graph.nodes or text in graph.labels:
        return Target(text, None, text, None)
    return parse(text)


def resolve(graph: Graph, target: Target, *, clip: bool = False) -> list[str]:
    """Ids that a target means; none for the base.

    :param clip: a walk past the end of the graph stops there instead of raising.
    :raises RevisionError: for a target that cannot be resolved or walked to.
    """
    if target.walk is not None:
        from .walk import walk_from_symbol

        return walk_from_symbol(graph, target, clip=clip)
    from .names import resolve_symbol

    return resolve_symbol(graph, target)


def revisions(graph: Graph, id_: RevisionIds) -> tuple[Revision | None, ...]:
    """The revisions that a target, or each of several, means; see `limbeck.graph.target` for the grammar.

    :param id_: a target, a relative one included (it starts from the heads), a revision, or a sequence of these.
    :return: () for the base; None for each None in a sequence.
    :raises RevisionError: for a target that cannot be resolved or walked to.
    """
    if isinstance(id_, str):
        exact = graph.nodes.get(id_)
        if exact is not None and id_ not in SYMBOLS:
            return (exact,)
        return tuple(graph.nodes[name] for name in resolve(graph, parse(graph, id_)))
    if isinstance(id_, Revision):
        return (id_,)
    if id_ is None:
        return ()
    if isinstance(id_, bytes) or not isinstance(id_, Iterable):
        raise errors.not_text(id_)
    found: list[Revision | None] = []
    for each in id_:
        found.extend((None,) if each is None else revisions(graph, each))
    return tuple(found)


def revision(graph: Graph, id_: RevisionIds) -> Revision | None:
    """The one revision that a target means; None for the base.

    :raises MultipleHeads: where it means several; another RevisionError as `revisions`, and for a list of targets.
    """
    if isinstance(id_, list) or (isinstance(id_, tuple) and any(isinstance(each, bytes | int) for each in id_)):
        raise errors.not_text(id_)
    found = revisions(graph, id_)
    if len(found) > 1:
        raise errors.MultipleHeads([node.revision for node in found if node], id_)
    return found[0] if found else None


def ids(graph: Graph, value: RevisionIds, *, clip: bool = False) -> list[str]:
    """Full ids of targets, each once, in the order given; none for the base.

    :param clip: as for `resolve`.
    """
    if isinstance(value, str):
        return resolve(graph, parse(graph, value), clip=clip)
    return list(dict.fromkeys(node.revision for node in revisions(graph, value) if node is not None))


def filter_for_lineage(
    graph: Graph, targets: Iterable[Revision | str | None], check_against: str | None, include_dependencies: bool
) -> tuple[Revision | str | None, ...]:
    """Those of some revisions that are ancestors or descendants of another one, or the same.

    :param targets: revisions or ids.
    :param check_against: a target; of ``branch@symbol`` either part will do; None for all.
    :param include_dependencies: count dependencies as edges.
    """
    against = [] if check_against is None else _lineage_starts(graph, parse(graph, check_against))
    if not against:
        return tuple(targets)
    allowed = graph.lineage(against, include_dependencies=include_dependencies)
    return tuple(each for each in targets if (each.revision if isinstance(each, Revision) else each) in allowed)


def _lineage_starts(graph: Graph, target: Target) -> list[str]:
    """Ids to take the lineage of: the revision of the branch, and those that the whole target means."""
    from .names import branch_revision

    branch = [] if target.branch is None else [branch_revision(graph, target.branch)]
    return branch + [name for name in resolve(graph, target) if name not in branch]
