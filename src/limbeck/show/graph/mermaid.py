"""The history as a gitGraph of Mermaid, which GitHub, GitLab and many wikis draw.

A gitGraph is written as commands to Git: commits on branches, oldest first. So each revision is a commit on the branch
of its first parent where it is the first to follow it there, else on a branch of its own; a merge point merges; what a
revision depends on is picked, as by ``git cherry-pick``. Where Git knows no such command:

- of three parents and more all but one are merged one by one, by commits that are named after the merge point;
- a base with dependencies begins on a branch at the first of them, and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .facts import marks, message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.results import GraphResult, GraphRow

_NOT_IN_NAMES = frozenset("\"'%{}\\;#")
"""Characters that end a text of Mermaid, or mean something in it."""


def mermaid(found: GraphResult) -> Iterator[str]:
    """The lines of a gitGraph; current revisions are highlighted, those that are not applied crossed out."""
    yield from _Writer(found).lines()


class _Writer:
    """Writes the commands; keeps which branch is checked out, and where each branch stands."""

    def __init__(self, found: GraphResult) -> None:
        self._found = found
        self._rows = {row.revision.revision: row for row in found.rows}
        self._oldest_first = [row.revision.revision for row in reversed(found.rows)]
        self._names: dict[str, str] = {}  # the commit of each revision
        self._branch: dict[str, str] = {}  # the branch of each revision
        self._begins: dict[str, list[str]] = {}  # by revision: the branches that begin at it
        self._joins: dict[tuple[str, str], str] = {}  # by merge point and parent: the branch that is merged
        self._roots: list[str] = []
        self._here = ""
        self._name_commits()
        self._choose_branches()

    # ---------------------------------------------------------------- names and branches

    def _name_commits(self) -> None:
        taken: set[str] = set()
        for name in self._oldest_first:
            self._names[name] = _unique(f"{name} {message(self._rows[name])}".strip(), taken)

    def _choose_branches(self) -> None:
        taken: set[str] = set()
        goes_on: dict[str, str] = {}  # by revision: the one that follows it on its branch
        place = {name: number for number, name in enumerate(self._oldest_first)}
        for name in self._oldest_first:
            start = self._start(name)
            if start is not None and start not in goes_on and self._first_parent(name) == start:
                goes_on[start] = name
                self._branch[name] = self._branch[start]
                continue
            self._branch[name] = _unique(next(iter(self._rows[name].labels), name), taken)
            (self._roots if start is None else self._begins.setdefault(start, [])).append(self._branch[name])
        for name in self._oldest_first:
            for parent in self._parents(name)[1:]:
                self._joins[name, parent] = self._branch[parent]
                has_gone_on = place.get(goes_on.get(parent, ""), place[name]) < place[name]
                if has_gone_on or self._branch[parent] == self._branch[self._parents(name)[0]]:
                    self._joins[name, parent] = _unique(f"{parent} into {name}", taken)
                    self._begins.setdefault(parent, []).append(self._joins[name, parent])

    def _parents(self, name: str) -> list[str]:
        return [line.revision for line in self._rows[name].lines if line.kind == "parent"]

    def _dependencies(self, name: str) -> list[str]:
        return [line.revision for line in self._rows[name].lines if line.kind == "dependency"]

    def _first_parent(self, name: str) -> str | None:
        return next(iter(self._parents(name)), None)

    def _start(self, name: str) -> str | None:
        """What the commit of a revision follows: its first parent, else its first dependency."""
        return next(iter((*self._parents(name), *self._dependencies(name))), None)

    # ---------------------------------------------------------------- commands

    def lines(self) -> Iterator[str]:
        """The commands."""
        if not self._roots:
            yield "gitGraph"
            return
        self._here, *others = self._roots
        yield f'%%{{init: {{"gitGraph": {{"mainBranchName": {_quoted(self._here)}}}}}}}%%'
        yield "gitGraph"
        for branch in others:
            yield f"  branch {_quoted(branch)}"
            self._here = branch
        for name in self._oldest_first:
            yield from self._checkout(self._branch[name])
            yield from self._commit(name)
            for branch in self._begins.get(name, ()):
                yield from self._checkout(self._branch[name])
                yield f"  branch {_quoted(branch)}"
                self._here = branch

    def _checkout(self, branch: str) -> Iterator[str]:
        if self._here != branch:
            self._here = branch
            yield f"  checkout {_quoted(branch)}"

    def _commit(self, name: str) -> Iterator[str]:
        row = self._rows[name]
        parents = self._parents(name)
        for dependency in self._dependencies(name)[0 if parents else 1 :]:
            yield from self._pick(name, dependency)
        others = parents[1:]
        for number, parent in enumerate(others[:-1], 1):
            part = _quoted(f"{name} (part {number} of {len(others)})")
            yield f"  merge {_quoted(self._joins[name, parent])} id: {part}"
        does = f"merge {_quoted(self._joins[name, others[-1]])}" if others else "commit"
        yield f"  {does} id: {_quoted(self._names[name])}{self._tag(row)}{_type(row)}"

    def _pick(self, name: str, dependency: str) -> Iterator[str]:
        """The picking of a dependency; Git picks nothing of the branch that it is on."""
        if self._branch[dependency] == self._branch[name]:
            return
        others = self._parents(dependency)[1:]
        parent = f" parent: {_quoted(self._names[others[-1]])}" if others else ""
        tag = _quoted(f"depends on {dependency}")
        yield f"  cherry-pick id: {_quoted(self._names[dependency])} tag: {tag}{parent}"

    def _tag(self, row: GraphRow) -> str:
        name = row.revision.revision
        told = [
            f"depends on {dependency}"
            for number, dependency in enumerate(self._dependencies(name))
            if self._branch[dependency] == self._branch[name] or (not number and not self._parents(name))
        ]
        words = ", ".join([*([special] if (special := marks(row, self._found)) else []), *told])
        return f" tag: {_quoted(words)}" if words else ""


def _type(row: GraphRow) -> str:
    if row.revision.is_current:
        return " type: HIGHLIGHT"
    return "" if row.applied_to is None or row.applied_to else " type: REVERSE"


def _unique(text: str, taken: set[str]) -> str:
    """``text`` in the characters that a name may have, and with a number where the name is taken."""
    plain = " ".join("".join(" " if one in _NOT_IN_NAMES else one for one in text).split())
    found, number = plain, 1
    while found in taken:
        number += 1
        found = f"{plain} ({number})"
    taken.add(found)
    return found


def _quoted(text: str) -> str:
    return '"' + text.replace('"', " ") + '"'
