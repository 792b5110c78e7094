"""From revisions to a sound graph: every fault that can be seen in the files themselves (behaviour 4.2).

Each pass is linear and knows as little as it can: ``heads`` of ten thousand files in a line runs `collect` and
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
    written = " ".join(nodes)
    if any(sign in written for sign in ILLEGAL):
        for name, revision in nodes.items():
            try:
                revision.verify_rev_id(name)
            except errors.IllegalRevision as error:
                error.file = revision.path
                raise
    return nodes


def check_same_file(known: Revision, revision: Revision) -> None:
    """Two revisions with one id are fine only if they are one file.

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

    :raises MissingRevision: where a parent is in no file.
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
        for revision in nodes.values():
            check_parents(revision, nodes)
    if _reached_from_heads(nodes, counts) != len(nodes):
        raise _cycle({name: node._versioned_down_revisions for name, node in nodes.items()}, nodes)
    return counts


def check_parents(revision: Revision, nodes: Mapping[str, Revision]) -> None:
    """Every parent of a revision is there.

    :raises MissingRevision: naming the file and the parent.
    """
    for name in revision._versioned_down_revisions:
        if name not in nodes:
            raise missing(revision, name, "down_revision", nodes)


def missing(revision: Revision, name: str, attribute: str, known: Iterable[str]) -> errors.MissingRevision:
    """The error for a name in a file that stands for no revision.

    :param revision: the revision whose file has it.
    :param name: the name.
    :param attribute: "down_revision" or "depends_on".
    :param known: names that exist, to find near ones.
    """
    return errors.MissingRevision(
        f"Revision {name} referenced from {revision.revision} ({attribute}) is not present",
        hint=f"add the file of {name}, or correct {attribute}{nearest(name, known)}.",
        file=revision.path,
    )


def nearest(name: str, known: Iterable[str]) -> str:
    """``; near: 'a', 'b'`` with up to three names alike, or nothing."""
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), 3)
    return f"; near: {', '.join(repr(other) for other in near)}" if near else ""


def _reached_from_heads(nodes: Mapping[str, Revision], counts: Mapping[str, int]) -> int:
    """How many revisions are reached from the heads, each after all its children: all of them, unless in a cycle."""
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
                for below in down:
                    left[below] -= 1
                    if not left[below]:
                        pending.append(below)
    return reached


def check_dependency_cycles(downs: Mapping[str, tuple[str, ...]], nodes: Mapping[str, Revision]) -> None:
    """No cycle through parents and dependencies together.

    :param downs: parents and dependencies of each revision.
    :raises DependencyCycleDetected: or DependencyLoopDetected, naming the ids.
    """
    if len(_sorted_downwards(downs)) != len(nodes):
        raise _cycle(downs, nodes, dependencies=True)


def _sorted_downwards(downs: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Every revision after all that stand above it; those in or below a cycle are left out."""
    left = dict.fromkeys(downs, 0)
    for below in downs.values():
        for name in below:
            left[name] += 1
    found = [name for name, count in left.items() if not count]
    for name in found:
        for other in downs[name]:
            left[other] -= 1
            if not left[other]:
                found.append(other)
    return found


def _cycle(
    downs: Mapping[str, tuple[str, ...]], nodes: Mapping[str, Revision], *, dependencies: bool = False
) -> errors.CycleDetected:
    """The error for the cycles of a graph: the revisions that stand above and below themselves, sorted."""
    below = set(_sorted_downwards(downs))
    rest = {name: tuple(n for n in found if n not in below) for name, found in downs.items() if name not in below}
    ups: dict[str, list[str]] = {name: [] for name in rest}
    for name, found in rest.items():
        for other in found:
            ups[other].append(name)
    free = set(_sorted_downwards({name: tuple(found) for name, found in ups.items()}))
    caught = sorted(name for name in rest if name not in free)
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
