"""Which revisions an upgrade, a downgrade or a range is about (behaviour 4.5, 15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.errors import warn

from . import walk
from .edges import closure
from .errors import RangeNotAncestorError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .map import RevisionIds, RevisionMap

    Selection = tuple[set[str], list[str]]


def for_upgrade(
    graph: RevisionMap,
    upper: RevisionIds,
    lower: RevisionIds,
    implicit_base: bool,
    inclusive: bool,
    assert_relative_length: bool,
) -> Selection:
    """What lies between two ends; arguments as those of `RevisionMap.iterate_revisions`.

    :return: the ids, and those of them to start sorting from.
    :raises RangeNotAncestorError: where ``lower`` is no ancestor of ``upper``, unless ``implicit_base``.
    """
    branch = graph._parse(lower).branch if isinstance(lower, str) else None
    starts = ids_of(graph, lower, clip=not assert_relative_length)
    targets = upgrade_targets(graph, starts, upper, assert_relative_length)
    if implicit_base and not inclusive and set(targets) <= set(starts):
        return set(), []
    found = between(graph, targets, starts, branch=branch, implicit_base=implicit_base, inclusive=inclusive)
    if found is None:
        raise RangeNotAncestorError(lower, upper, hint="the lower end comes first, and both are on one line.")
    return found


def between(
    graph: RevisionMap,
    targets: list[str],
    starts: list[str],
    *,
    branch: str | None = None,
    implicit_base: bool = False,
    inclusive: bool = False,
) -> Selection | None:
    """What ``targets`` need and ``starts`` do not have.

    :param branch: leave out the targets that are not on this branch.
    :param implicit_base: the starts need not be ancestors of the targets; without it, only what descends from them by
        down_revision, or where no target does, what stands above them with dependencies counted.
    :param inclusive: the starts as well.
    :return: None where a start is no ancestor of the targets.
    """
    edges = graph._edges
    if branch is not None:
        targets = list(graph._on_branch(targets, branch))
    needed = closure(targets, edges.downs)
    if not implicit_base and any(name not in needed for name in starts):
        return None
    todo = needed - closure(starts, edges.downs)
    if inclusive:
        todo.update(starts)
    if starts and not implicit_base:
        line = closure(starts, edges.children)
        todo &= closure(starts, edges.ups) if line.isdisjoint(targets) else line
    return todo, targets


def upgrade_targets(
    graph: RevisionMap, rows: list[str], target: RevisionIds, assert_relative_length: bool
) -> list[str]:
    """Ids that an upgrade goes up to.

    :param rows: where a bare ``+N`` starts.
    """
    if isinstance(target, str):
        parsed = graph._parse(target)
        if parsed.walk is not None and parsed.symbol is None:
            start = walk.upgrade_start(graph, rows, parsed)
            end = walk.walk(graph, start, parsed, branch=parsed.branch, clip=not assert_relative_length)
            return [] if end is None else [end]
        if parsed.walk is not None:
            return list(walk.walk_from_symbol(graph, parsed, clip=not assert_relative_length))
    return ids_of(graph, target)


def for_downgrade(
    graph: RevisionMap, rows: RevisionIds, target: RevisionIds, assert_relative_length: bool
) -> Selection:
    """What a downgrade takes away: all that is applied above a target, dependents included.

    :param rows: ids in the version table.
    :param target: where to go down to; ``branch@target`` takes away what is on that branch only.
    :return: the ids, and those of them to start sorting from.
    :raises RangeNotAncestorError: where nothing would go and the target is no row.
    """
    edges = graph._edges
    starts = ids_of(graph, rows)
    applied = closure(starts, edges.downs)
    branch, dest = downgrade_target(graph, starts, target, assert_relative_length)
    if dest is None:
        todo = applied if branch is None else branch_down_to_base(graph, applied, branch)
        return todo, [name for name in starts if name in todo]
    roots: Iterable[str] = edges.children.get(dest, ())
    if branch is not None:
        roots = graph._on_branch(roots, branch)
    todo = closure(roots, edges.ups) & applied
    if not todo and dest not in starts:
        raise RangeNotAncestorError(
            tuple(starts),
            dest,
            f"Destination {dest} is not a valid downgrade target from current head(s)",
            f"the database is at {', '.join(starts) or 'base'}, and nothing applied stands above {dest}.",
        )
    return todo, [name for name in starts if name in todo]


def downgrade_target(
    graph: RevisionMap, rows: list[str], target: RevisionIds, assert_relative_length: bool
) -> tuple[str | None, str | None]:
    """Branch, if one is meant, and id that a downgrade goes down to; None for the base.

    A bare ``-N`` from several rows means the first of them, and leaves the others where they are (behaviour 4.4).
    """
    if not isinstance(target, str):
        found = graph.get_revision(target)
        return None, None if found is None else found.revision
    parsed = graph._parse(target)
    if parsed.walk is None:
        found = graph.get_revision(target)
        return parsed.branch, None if found is None else found.revision
    if parsed.symbol is None:
        start: str | None = walk.downgrade_start(graph, rows, parsed)
        if parsed.branch is None and len(rows) > 1:
            warn(
                "downgrade -1 from multiple heads is ambiguous; this usage will be disallowed in a future release.",
                code="ambiguous-downgrade",
                hint=f"the database is at {', '.join(rows)}: write '<branch>@{parsed.text}', or name a revision.",
            )
            return start, walk.walk(graph, start, parsed, branch=None, clip=not assert_relative_length)
    else:
        start = walk.start_of_symbol(graph, parsed)
    end = walk.walk(graph, start, parsed, branch=parsed.branch, clip=not assert_relative_length)
    return parsed.branch, end


def branch_down_to_base(graph: RevisionMap, applied: set[str], branch: str) -> set[str]:
    """All that is applied on a branch down to its base, but for what other applied branches stand on.

    The branch's own revision and all above it go; of its ancestors each goes once nothing applied stands on it.
    """
    edges = graph._edges
    carrier = graph._branch(branch)
    todo = closure([carrier], edges.ups) & applied
    below = (closure([carrier], edges.parents) & applied) - todo
    standing = {name: sum(up in applied and up not in todo for up in edges.ups.get(name, ())) for name in below}
    free = [name for name, count in standing.items() if not count]
    while free:
        name = free.pop()
        todo.add(name)
        for parent in edges.parents[name]:
            standing[parent] -= 1
            if not standing[parent]:
                free.append(parent)
    return todo


def ids_of(graph: RevisionMap, value: RevisionIds, *, clip: bool = False) -> list[str]:
    """Full ids of targets, each once, in the order given; none for the base.

    :param clip: a relative target past an end stays at the end.
    """
    if isinstance(value, str):
        return list(graph._resolve(graph._parse(value), clip=clip))
    return list(dict.fromkeys(node.revision for node in graph.get_revisions(value) if node is not None))
