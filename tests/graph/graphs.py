"""Graphs for the tests: written down as tuples, or drawn by hypothesis."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies as st

from limbeck.graph.graph import Graph
from limbeck.graph.map import RevisionMap
from limbeck.graph.revision import Revision


class Spec(NamedTuple):
    """A revision as its file has it."""

    revision: str
    down_revision: object = None
    depends_on: object = None
    branch_labels: object = None


def revision_map(*specs: tuple[object, ...]) -> RevisionMap:
    """A map of revisions written as (id, down_revision, depends_on, branch_labels), the rest left out."""
    revisions = [Revision(*spec) for spec in specs]
    for revision in revisions:
        revision.path = f"versions/{revision.revision}.py"
    return RevisionMap(lambda: revisions)


def graph(*specs: tuple[object, ...]) -> Graph:
    """The same as a graph."""
    return revision_map(*specs).graph


def above(specs: list[Spec], *, dependencies: bool = True) -> dict[str, set[str]]:
    """What stands above each revision and itself, worked out by brute force."""
    labels = {label: spec.revision for spec in specs for label in several(spec.branch_labels)}
    found = {spec.revision: {spec.revision} for spec in specs}
    changed = True
    while changed:
        changed = False
        for spec in specs:
            downs = several(spec.down_revision) + (several(spec.depends_on) if dependencies else ())
            for down in downs:
                missing = found[spec.revision] - found[labels.get(down, down)]
                if missing:
                    found[labels.get(down, down)] |= missing
                    changed = True
    return found


def several(value: object) -> tuple[str, ...]:
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)


@st.composite
def specs(draw: st.DrawFn, *, size: int = 12, tidy: bool = False, dependencies: bool = True) -> list[Spec]:
    """Revisions with branches, merges, labels and dependencies, in any load order.

    :param tidy: no edge says what others say already: parents of a merge are not each other's ancestors, and a
        dependency is no ancestor and stands on no parent.
    """
    count = draw(st.integers(1, size))
    letters = draw(st.permutations("abcdefghijklmnop"[:count]))
    made: list[Spec] = []
    below: dict[str, set[str]] = {}
    for letter in letters:
        name = f"{letter}{letter}00{letter}"
        known = [spec.revision for spec in made]
        kind = draw(st.sampled_from("rooooobbbmm")) if known else "r"
        parents: list[str] = []
        if kind == "o":
            parents = [known[-1]]
        elif kind == "b":
            parents = [draw(st.sampled_from(known))]
        elif kind == "m":
            parents = draw(st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True))
            if tidy:
                parents = [one for one in parents if not any(one in below[other] - {other} for other in parents)]
        below[name] = {name}.union(*(below[parent] for parent in parents))
        depends: list[str] = []
        if dependencies and known and draw(st.integers(0, 3)) == 0:
            apart = [other for other in known if other not in below[name] and below[other].isdisjoint(parents)]
            free = apart if tidy else known
            if free:
                depends = draw(st.lists(st.sampled_from(free), max_size=2, unique=True))
                if tidy:
                    depends = [one for one in depends if not any(one in below[o] - {o} for o in depends)]
        below[name].update(*(below[other] for other in depends))
        labelled = {spec.revision: spec.branch_labels for spec in made if spec.branch_labels}
        written = tuple(labelled.get(other, other) if draw(st.booleans()) else other for other in depends)
        label = f"label_{letter}" if draw(st.integers(0, 3)) == 0 else None
        down = None if not parents else parents[0] if len(parents) == 1 else tuple(parents)
        made.append(Spec(name, down, None if not written else written if len(written) > 1 else written[0], label))
    return list(draw(st.permutations(made)))


@st.composite
def applied(draw: st.DrawFn, made: list[Spec]) -> tuple[str, ...]:
    """Rows of a database that has some of the revisions, with all that they need."""
    wanted = draw(st.lists(st.sampled_from([spec.revision for spec in made]), max_size=4, unique=True))
    higher = above(made)
    there = {spec.revision for spec in made if higher[spec.revision].intersection(wanted)}
    return tuple(sorted(name for name in there if len(higher[name] & there) == 1))


@st.composite
def targets(draw: st.DrawFn, made: list[Spec]) -> str:
    """A target of the grammar: most of them can be reached from somewhere."""
    ids = [spec.revision for spec in made]
    labels = [str(spec.branch_labels) for spec in made if spec.branch_labels]
    name = st.sampled_from(ids + labels)
    walk = st.sampled_from(["+1", "+2", "-1", "-2", "+5", "-5"])
    symbol = st.sampled_from(["head", "heads", "base"])
    short = name.map(lambda text: text[:2] if len(text) == 5 else text)
    form = draw(st.integers(0, 8))
    if form <= 1:
        return draw(name)
    if form == 2:
        return draw(short)
    if form == 3:
        return draw(symbol)
    if form == 4:
        return draw(walk)
    if form == 5:
        return f"{draw(name)}@{draw(symbol | short)}"
    if form == 6:
        return f"{draw(name)}@{draw(walk)}"
    if form == 7:
        return f"{draw(name | symbol)}{draw(walk)}"
    return f"{draw(name)}@{draw(name)}{draw(walk)}"
