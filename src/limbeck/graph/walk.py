"""Steps up and down from one revision, and where a relative target leads (behaviour 4.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .edges import closure
from .errors import MultipleHeads, ResolutionError, WalkError
from .rows import effective_current

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .map import RevisionMap
    from .target import Target


def walk(
    graph: RevisionMap, start: str | None, target: Target, *, branch: str | None = None, clip: bool = False
) -> str | None:
    """Where ``target.walk`` steps lead.

    :param start: id; None for the base.
    :param target: the whole target, for messages.
    :param branch: of several ways up, take the one on this branch.
    :param clip: stay at the end instead of raising.
    :return: id; None for the base.
    :raises WalkError: code "ambiguous-walk" where the way forks, "walked-too-far" past an end.
    """
    steps = target.walk or 0
    kin = None if branch is None else graph._kin([graph._branch(branch)])
    here, past = start, False
    for _ in range(abs(steps)):
        ways: Sequence[str]
        if steps > 0:
            ways = graph.bases if here is None else graph._edges.children.get(here, ())
            if kin is not None:
                ways = [name for name in ways if name in kin]
            past = not ways
        else:
            past = here is None
            ways = () if here is None else graph._edges.parents[here]
        if past:
            break
        if len(ways) > 1:
            raise WalkError(
                "Ambiguous walk",
                target.text,
                code="ambiguous-walk",
                hint=f"from {here or 'base'} the way goes to {', '.join(ways)}: name one, or a branch ('<branch>@').",
            )
        here = ways[0] if ways else None
    if past and not clip:
        raise _too_far(target, start, here)
    return here


def _too_far(target: Target, start: str | None, end: str | None) -> WalkError:
    """The error for a walk past an end: two texts, as the walk began at a symbol or at the database."""
    steps = target.walk or 0
    text = "Walked too far" if target.symbol is not None else _no_such_steps(steps)
    return WalkError(
        text,
        target.text,
        hint=f"from {start or 'base'} the way ends at {end or 'base'}, before {abs(steps)} steps are done.",
    )


def _no_such_steps(steps: int) -> str:
    return f"Relative revision {steps:+d} didn't produce {abs(steps)} migrations"


def start_of_symbol(graph: RevisionMap, target: Target) -> str | None:
    """The revision at which a walk with a symbol begins; None for the base.

    On the way up it need not be on the branch itself: a merge may lead there.
    """
    try:
        found = graph._resolve_symbol(target)
    except ResolutionError as error:
        if error.code != "not-on-branch" or (target.walk or 0) < 0:
            raise
        found = graph._resolve_symbol(target._replace(branch=None))
    if len(found) > 1:
        raise MultipleHeads(found, target.text)
    return found[0] if found else None


def walk_from_symbol(graph: RevisionMap, target: Target, *, clip: bool = False) -> tuple[str, ...]:
    """Ids to which a walk leads that does not start at the database: from a symbol, or else down from the heads."""
    if target.symbol is not None:
        here = walk(graph, start_of_symbol(graph, target), target, branch=target.branch, clip=clip)
        return () if here is None else (here,)
    if (target.walk or 0) > 0:
        raise WalkError(_no_such_steps(target.walk or 0), target.text, hint="nothing stands above the heads.")
    heads = graph._real_heads if target.branch is None else graph._on_branch(graph.heads, target.branch)
    ends = [walk(graph, head, target, clip=clip) for head in heads]
    return tuple(dict.fromkeys(end for end in ends if end is not None))


def upgrade_start(graph: RevisionMap, rows: Sequence[str], target: Target) -> str | None:
    """The revision from which ``+N`` or ``branch@+N`` goes up; None for the base.

    Of the rows those on the branch; or else the tips of what is applied on the branch; or else the base.

    :raises WalkError: for several, and for steps down.
    """
    if (target.walk or 0) <= 0:
        raise WalkError(_no_such_steps(target.walk or 0), target.text, hint="upgrade goes up: write +N.")
    starts = list(rows)
    if target.branch is not None:
        kin = graph._kin([graph._branch(target.branch)])
        starts = [name for name in rows if name in kin]
        if not starts:
            applied = closure(rows, graph._edges.downs) & kin
            inner = {below for name in applied for below in graph._ways_down(name)}
            starts = sorted(applied - inner, key=graph._positions.__getitem__)
    if len(starts) > 1:
        raise WalkError(
            "Ambiguous upgrade from multiple current revisions",
            target.text,
            code="ambiguous-walk",
            hint=f"the database is at {', '.join(starts)}: write '<branch>@{target.walk:+d}', or name a revision.",
        )
    return starts[0] if starts else None


def downgrade_start(graph: RevisionMap, rows: Sequence[str], target: Target) -> str:
    """The revision from which ``-N`` or ``branch@-N`` goes down.

    :raises WalkError: where nothing is applied there, for several on a branch, and for steps up.
    """
    if (target.walk or 0) >= 0:
        raise WalkError(_no_such_steps(target.walk or 0), target.text, hint="downgrade goes down: write -N.")
    starts = list(rows)
    if target.branch is not None:
        starts = list(graph._on_branch(rows, target.branch)) or list(
            graph._on_branch(effective_current(graph, rows), target.branch)
        )
    if not starts:
        raise WalkError(
            _no_such_steps(target.walk or 0),
            target.text,
            hint="nothing is applied" + ("." if target.branch is None else f" on branch '{target.branch}'."),
        )
    if target.branch is not None and len(starts) > 1:
        raise WalkError(
            f"Ambiguous downgrade of branch '{target.branch}' from several revisions: {', '.join(starts)}",
            target.text,
            code="ambiguous-walk",
            hint="name the revision to go down to.",
        )
    return starts[0]
