"""The revisions of an upgrade, a downgrade or a range, not yet sorted."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from limbeck.errors import warn

from . import names, resolve, walk
from .edges import closure
from .errors import RangeNotAncestorError

if TYPE_CHECKING:
    from .graph import Graph
    from .resolve import RevisionIds


class Selection(NamedTuple):
    """Some revisions, still to be sorted.

    :param ids: their ids.
    :param tips: ids to start sorting from; those that are not selected do not count.
    """

    ids: set[str]
    tips: list[str]


def for_upgrade(
    graph: Graph,
    upper: RevisionIds,
    lower: RevisionIds,
    implicit_base: bool,
    inclusive: bool,
    assert_relative_length: bool,
) -> Selection:
    """What is between two ends; arguments as those of `RevisionMap.iterate_revisions`.

    :raises RangeNotAncestorError: where ``lower`` is no ancestor of ``upper``, unless ``implicit_base``.
    """
    branch = resolve.parse(graph, lower).branch if isinstance(lower, str) else None
    starts = resolve.ids(graph, lower, clip=not assert_relative_length)
    targets = upgrade_targets(graph, starts, upper, assert_relative_length)
    if implicit_base and not inclusive and set(targets) <= set(starts):
        return Selection(set(), [])
    found = between(graph, targets, starts, branch=branch, implicit_base=implicit_base, inclusive=inclusive)
    if found is None:
        raise RangeNotAncestorError(lower, upper, hint="the lower end comes first, and both are on one line.")
    return found


def between(
    graph: Graph,
    targets: list[str],
    starts: list[str],
    *,
    branch: str | None = None,
    implicit_base: bool = False,
    inclusive: bool = False,
) -> Selection | None:
    """What ``targets`` need beyond ``starts``.

    :param branch: leave out the targets that are not on this branch.
    :param implicit_base: the starts need not be ancestors of the targets. Without it they have to be, and only their
        descendants are selected: those by ``down_revision`` where these include a target, otherwise those by
        dependencies too.
    :param inclusive: the starts as well.
    :return: None where a start is no ancestor of the targets.
    """
    edges = graph.edges
    targets = names.on_branch(graph, targets, branch)
    needed = closure(targets, edges.downs)
    if not implicit_base and any(name not in needed for name in starts):
        return None
    todo = needed - closure(starts, edges.downs)
    if inclusive:
        todo.update(starts)
    if starts and not implicit_base:
        descendants = closure(starts, edges.children)
        todo &= closure(starts, edges.ups) if descendants.isdisjoint(targets) else descendants
    return Selection(todo, targets)


def upgrade_targets(graph: Graph, rows: list[str], target: RevisionIds, assert_relative_length: bool) -> list[str]:
    """Ids that an upgrade goes up to.

    :param rows: ids in the version table, from which a bare ``+N`` starts.
    """
    if isinstance(target, str):
        parsed = resolve.parse(graph, target)
        if parsed.walk is not None and parsed.symbol is None:
            start = walk.upgrade_start(graph, rows, parsed)
            return walk.walk_all(graph, [start], parsed, clip=not assert_relative_length)
        if parsed.walk is not None:
            return walk.walk_from_symbol(graph, parsed, clip=not assert_relative_length)
    return resolve.ids(graph, target)


def for_downgrade(
    graph: Graph,
    rows: RevisionIds,
    target: RevisionIds,
    assert_relative_length: bool,
    *,
    undo_merges: bool = False,
) -> Selection:
    """What a downgrade reverts: every applied descendant of a target, dependents included.

    :param rows: ids in the version table.
    :param target: where to go down to; ``branch@target`` reverts only what is on that branch.
    :param undo_merges: let a walk down end with a merge point, which is taken back: both its parents stay.
    :raises RangeNotAncestorError: where nothing would be reverted and the target is not in the version table.
    """
    edges = graph.edges
    starts = resolve.ids(graph, rows)
    applied = closure(starts, edges.downs)
    merge = _last_merge(graph, starts, target) if undo_merges and isinstance(target, str) else None
    if merge is not None:
        return Selection(closure([merge], edges.ups) & applied, starts)
    branch, destination = downgrade_target(graph, starts, target, assert_relative_length)
    if destination is None:
        bottom = _bottom(graph, starts, target) if isinstance(target, str) else None
        if bottom is not None:
            return Selection(closure([bottom], edges.ups) & applied, starts)
        todo = applied if branch is None else branch_down_to_base(graph, applied, branch)
        return Selection(todo, starts)
    children = names.on_branch(graph, edges.children.get(destination, ()), branch)
    todo = closure(children, edges.ups) & applied
    if not todo and destination not in starts:
        raise RangeNotAncestorError(
            tuple(starts),
            destination,
            f"Destination {destination} is not a valid downgrade target from current head(s)",
            f"the database is at {', '.join(starts) or 'base'}, and nothing applied stands above {destination}.",
        )
    return Selection(todo, starts)


def downgrade_target(
    graph: Graph, rows: list[str], target: RevisionIds, assert_relative_length: bool
) -> tuple[str | None, str | None]:
    """Branch to stay on, or None for all, and id that a downgrade goes down to; None for the base.

    A bare ``-N`` from several rows means the branch of the first row, with a warning.
    """
    if not isinstance(target, str):
        found = resolve.revision(graph, target)
        return None, None if found is None else found.revision
    parsed = resolve.parse(graph, target)
    branch = parsed.branch
    if parsed.walk is None:
        found = resolve.revision(graph, target)
        return branch, None if found is None else found.revision
    if parsed.symbol is not None:
        start = walk.start_of_symbol(graph, parsed)
    else:
        start = walk.downgrade_start(graph, rows, parsed)
        if branch is None and len(rows) > 1:
            warn(
                "downgrade -1 from multiple heads is ambiguous; this usage will be disallowed in a future release.",
                code="ambiguous-downgrade",
                hint=f"the database is at {', '.join(rows)}: write '<branch>@{parsed.text}', or name a revision.",
            )
            branch = start
    return branch, walk.walk(graph, start, parsed, clip=not assert_relative_length)


def _bottom(graph: Graph, rows: list[str], target: str) -> str | None:
    """The revision without parents that the last step of a bare ``-N`` takes back; None for other targets.

    What it depends on stays: that is no part of the way down.
    """
    parsed = resolve.parse(graph, target)
    if parsed.walk is None or parsed.walk >= 0 or parsed.symbol is not None or parsed.branch is not None:
        return None
    start = walk.downgrade_start(graph, rows, parsed)
    return walk.walk(graph, start, parsed._replace(walk=parsed.walk + 1), clip=True)


def _last_merge(graph: Graph, rows: list[str], target: str) -> str | None:
    """The merge point that the last step of a walk down takes back; None where it takes back another revision."""
    parsed = resolve.parse(graph, target)
    if (parsed.walk or 0) >= 0 or (len(rows) > 1 and parsed.branch is None and parsed.symbol is None):
        return None
    start = walk.downgrade_start(graph, rows, parsed) if parsed.symbol is None else walk.start_of_symbol(graph, parsed)
    last = walk.walk(graph, start, parsed._replace(walk=(parsed.walk or 0) + 1), clip=True)
    return last if last is not None and len(graph.edges.parents[last]) > 1 else None


def branch_down_to_base(graph: Graph, applied: set[str], branch: str) -> set[str]:
    """Every applied revision on a branch down to its base, except those that other applied branches need.

    The branch's own revision and all its descendants are included; an ancestor is, once no other applied revision
    needs it.
    """
    edges = graph.edges
    top = names.branch_revision(graph, branch)
    todo = closure([top], edges.ups) & applied
    ancestors = (closure([top], edges.parents) & applied) - todo
    needed_by = {name: sum(up in applied and up not in todo for up in edges.ups.get(name, ())) for name in ancestors}
    free = [name for name, count in needed_by.items() if not count]
    while free:
        name = free.pop()
        todo.add(name)
        for parent in edges.parents[name]:
            needed_by[parent] -= 1
            if not needed_by[parent]:
                free.append(parent)
    return todo
