"""From revisions to a valid graph: every fault that shows in the headers of the files.

Each pass is linear and reads as little as it can: ``heads`` of ten thousand files in a line runs `collect` and
`count_children`, and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import errors
from .revision import ILLEGAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .revision import Revision

#: files of a cycle that a message names
SHOWN = 5


def collect(revisions: Iterable[Revision]) -> dict[str, Revision]:
    """Revisions by id, in the order in which they come.

    The same file seen twice, through overlapping locations, counts once.

    :raises DuplicateRevision: where two files have one id.
    :raises IllegalRevision: for an id with "+", "-", ":" or "@".
    """
    nodes: dict[str, Revision] = {}
    for revision in revisions:
        known = nodes.setdefault(revision.revision, revision)
        if known is not revision:
            check_same_file(known, revision)
    all_ids = " ".join(nodes)
    if any(sign in all_ids for sign in ILLEGAL):
        for name, revision in nodes.items():
            try:
                revision.verify_rev_id(name)
            except errors.IllegalRevision as error:
                error.file = revision.path
                raise
    return nodes


def check_same_file(known: Revision, revision: Revision) -> None:
    """Check that two revisions with one id come from one file.

    :raises DuplicateRevision: naming both files.
    """
    if known.path is not None and known.path == revision.path:
        return
    both = "" if known.path is None else f": {known.path} and {revision.path}"
    raise errors.DuplicateRevision(
        f"Revision {revision.revision} is present more than once{both}",
        hint="give one of them an id of its own, in the file and wherever it is named as down_revision.",
        file=revision.path,
    )


def count_children(nodes: Mapping[str, Revision]) -> dict[str, int]:
    """How many revisions name each revision as their parent; heads are the ids that are missing.

    :raises MissingRevision: where no file has the id of a parent.
    :raises CycleDetected: where revisions are each other's ancestors; LoopDetected: where one is its own parent.
    """
    counts: dict[str, int] = {}
    for revision in nodes.values():
        down = revision.down_revision
        if type(down) is str:
            counts[down] = counts.get(down, 0) + 1
        elif down is not None:
            for name in down:
                counts[name] = counts.get(name, 0) + 1
    if counts.keys() - nodes.keys():
        raise _first_missing_parent(nodes)
    if _count_reached(nodes, counts) != len(nodes):
        raise cycle({name: node.parents for name, node in nodes.items()}, nodes)
    return counts


def _first_missing_parent(nodes: Mapping[str, Revision]) -> errors.MissingRevision:
    """The error for the first of the parents that no file declares."""
    missing_parents = ((node, name) for node in nodes.values() for name in node.parents if name not in nodes)
    return missing(*next(missing_parents), "down_revision", nodes)


def _count_reached(nodes: Mapping[str, Revision], counts: Mapping[str, int]) -> int:
    """How many revisions are reached from the heads, each after all its children: all of them, unless in a cycle.

    The inner loop follows a line without the list of pending revisions: most histories are one line.
    """
    left = dict(counts)
    pending: list[str] = [name for name in nodes if name not in left]
    reached = 0
    while pending:
        name: str | None = pending.pop()
        while name is not None:
            reached += 1
            down = nodes[name].down_revision
            name = None
            if type(down) is str:
                if left[down] == 1:
                    name = down
                else:
                    left[down] -= 1
            elif down is not None:
                for parent in down:
                    left[parent] -= 1
                    if not left[parent]:
                        pending.append(parent)
    return reached


def missing(revision: Revision, name: str, attribute: str, known: Iterable[str]) -> errors.MissingRevision:
    """The error for a name in a file that stands for no revision.

    :param revision: the revision whose file has it.
    :param name: the name.
    :param attribute: "down_revision" or "depends_on".
    :param known: names that exist, to suggest similar ones.
    """
    return errors.MissingRevision(
        f"Revision {name} referenced from {revision.revision} ({attribute}) is not present",
        hint=f"add the file of {name}, or correct {attribute}{similar(name, known)}.",
        file=revision.path,
    )


def similar(name: str, known: Iterable[str]) -> str:
    """``; near: 'a', 'b'`` with up to three similar names, upper or lower case aside, or nothing."""
    from difflib import get_close_matches

    spelled = {other.lower(): other for other in known}
    near = [spelled[other] for other in get_close_matches(name.lower(), list(spelled), 3)]
    return f"; near: {', '.join(map(repr, near))}" if near else ""


def cycle(
    downs: Mapping[str, tuple[str, ...]], nodes: Mapping[str, Revision], *, dependencies: bool = False
) -> errors.CycleDetected:
    """The error for edges with cycles; it names the revisions that are in a cycle or between two, sorted.

    :param downs: parents of each revision, or parents and dependencies.
    :param nodes: revisions by id.
    :param dependencies: whether ``downs`` includes dependencies.
    """
    from .edges import ancestors_first, reverse

    ups = reverse(downs)
    not_above_a_cycle = ancestors_first(downs, ups)
    not_below_a_cycle = ancestors_first({name: ups.get(name, ()) for name in downs}, downs)
    caught = sorted(nodes.keys() - {*not_above_a_cycle, *not_below_a_cycle})
    files = [path for name in caught if (path := nodes[name].path)]
    attribute = "depends_on" if dependencies else "down_revision"
    shown = ", ".join(files[:SHOWN]) + (f" and {len(files) - SHOWN} more" if len(files) > SHOWN else "")
    hint = f"correct {attribute} in one of {shown}." if files else f"correct one {attribute}."
    file = files[0] if files else None
    for name in caught:
        if name in downs[name]:
            loop = errors.DependencyLoopDetected if dependencies else errors.LoopDetected
            return loop(name, hint, nodes[name].path)
    kind = errors.DependencyCycleDetected if dependencies else errors.CycleDetected
    return kind(caught, hint, file)
