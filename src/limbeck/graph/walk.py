"""Relative targets: where a walk begins, and the revision to which its steps lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import names
from .edges import closure
from .errors import MultipleHeads, ResolutionError, WalkError
from .rows import effective_current

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from .graph import Graph
    from .target import Target


def walk(graph: Graph, start: str | None, target: Target, *, clip: bool = False) -> str | None:
    """The revision to which ``target.walk`` steps lead.

    Steps up follow children, on the target's branch if it has one; steps down follow parents, never dependencies.

    :param start: id to start from; None for the base.
    :param target: the whole target, for messages.
    :param clip: stop at the end of the graph instead of raising.
    :return: id; None for the base.
    :raises WalkError: code "ambiguous-walk" where the way forks, "walked-too-far" past the end of the graph.
    """
    steps = target.walk or 0
    allowed = names.members(graph, target.branch) if steps > 0 and target.branch is not None else None
    here = start
    for _ in range(abs(steps)):
        ways = _ways_up(graph, here, allowed) if steps > 0 else _ways_down(graph, here)
        if len(ways) > 1:
            raise WalkError(
                "Ambiguous walk",
                target.text,
                code="ambiguous-walk",
                hint=f"from {here or 'base'} the way goes to {', '.join(map(str, ways))}: "
                "name one, or a branch ('<branch>@').",
            )
        if not ways and not clip:
            raise _too_far(target, start, here)
        if not ways:
            break
        here = ways[0]
    return here


def walk_all(graph: Graph, starts: Iterable[str | None], target: Target, *, clip: bool = False) -> list[str]:
    """Ids to which `walk` leads from each of several revisions, each once; the base is left out."""
    ends = [walk(graph, start, target, clip=clip) for start in starts]
    return list(dict.fromkeys(end for end in ends if end is not None))


def _ways_up(graph: Graph, here: str | None, allowed: Collection[str] | None) -> Sequence[str]:
    """Where one step up leads: to the children among the ``allowed`` ids, from the base to the bases among them."""
    ways = graph.bases if here is None else graph.edges.children.get(here, ())
    return ways if allowed is None else [name for name in ways if name in allowed]


def _ways_down(graph: Graph, here: str | None) -> Sequence[str | None]:
    """Where one step down leads: to the parents, from a revision without any to the base (None), from there nowhere."""
    return () if here is None else graph.edges.parents[here] or (None,)


def _too_far(target: Target, start: str | None, end: str | None) -> WalkError:
    """The error for a walk past the end; its text depends on whether the walk began at a symbol or at the database."""
    steps = target.walk or 0
    return WalkError(
        "Walked too far" if target.symbol is not None else _no_such_steps(steps),
        target.text,
        hint=f"from {start or 'base'} the way ends at {end or 'base'}, before {abs(steps)} steps are done.",
    )


def _no_such_steps(steps: int) -> str:
    return f"Relative revision {steps:+d} didn't produce {abs(steps)} migrations"


def start_of_symbol(graph: Graph, target: Target) -> str | None:
    """The revision at which a walk with a symbol begins; None for the base.

    The start of a walk up need not be on the target's branch: a merge may lead there.

    :raises MultipleHeads: where the symbol stands for several revisions.
    """
    try:
        found = names.resolve_symbol(graph, target)
    except ResolutionError as error:
        if error.code != "not-on-branch" or (target.walk or 0) < 0:
            raise
        found = names.resolve_symbol(graph, target._replace(branch=None))
    if len(found) > 1:
        raise MultipleHeads(found, target.text)
    return found[0] if found else None


def walk_from_symbol(graph: Graph, target: Target, *, clip: bool = False) -> list[str]:
    """Ids to which a walk leads that does not start at the database: from its symbol, or else down from the heads."""
    if target.symbol is not None:
        return walk_all(graph, [start_of_symbol(graph, target)], target, clip=clip)
    if (target.walk or 0) > 0:
        raise WalkError(_no_such_steps(target.walk or 0), target.text, hint="nothing stands above the heads.")
    heads = graph.real_heads if target.branch is None else names.on_branch(graph, graph.heads, target.branch)
    return walk_all(graph, heads, target, clip=clip)


def upgrade_start(graph: Graph, rows: Sequence[str], target: Target) -> str | None:
    """The revision from which ``+N`` or ``branch@+N`` goes up; None for the base.

    With a branch: its row, or else the newest applied revision on it, or else the base. Without one: the only row.

    :raises WalkError: where there are several to start from, and for steps down.
    """
    if (target.walk or 0) <= 0:
        raise WalkError(_no_such_steps(target.walk or 0), target.text, hint="upgrade goes up: write +N.")
    starts = list(rows) if target.branch is None else _newest_on_branch(graph, rows, target.branch)
    if len(starts) > 1:
        raise WalkError(
            "Ambiguous upgrade from multiple current revisions",
            target.text,
            code="ambiguous-walk",
            hint=f"the database is at {', '.join(starts)}: write '<branch>@{target.walk:+d}', or name a revision.",
        )
    return starts[0] if starts else None


def _newest_on_branch(graph: Graph, rows: Sequence[str], branch: str) -> list[str]:
    """The rows on a branch, or else the newest applied revisions on it."""
    allowed = names.members(graph, branch)
    starts = [name for name in rows if name in allowed]
    if starts:
        return starts
    applied = closure(rows, graph.edges.downs) & allowed
    inner = {below for name in applied for below in graph.ways_down(name)}
    return sorted(applied - inner, key=graph.positions.__getitem__)


def downgrade_start(graph: Graph, rows: Sequence[str], target: Target) -> str:
    """The revision from which ``-N`` or ``branch@-N`` goes down.

    With a branch: its row, or else the newest applied revision on it. Without one: the first row.

    :raises WalkError: where nothing is applied there, for several on a branch, and for steps up.
    """
    if (target.walk or 0) >= 0:
        raise WalkError(_no_such_steps(target.walk or 0), target.text, hint="downgrade goes down: write -N.")
    starts = list(rows)
    if target.branch is not None:
        starts = names.on_branch(graph, rows, target.branch) or names.on_branch(
            graph, effective_current(graph, rows), target.branch
        )
    if not starts:
        raise WalkError(
            _no_such_steps(target.walk or 0),
            target.text,
            hint="nothing is applied"
            + (": the database is at base." if target.branch is None else f" on branch '{target.branch}'."),
        )
    if target.branch is not None and len(starts) > 1:
        raise WalkError(
            f"Ambiguous downgrade of branch '{target.branch}' from several revisions: {', '.join(starts)}",
            target.text,
            code="ambiguous-walk",
            hint="name the revision to go down to.",
        )
    return starts[0]
