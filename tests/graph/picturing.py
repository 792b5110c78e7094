"""Pictures of graphs that are written down, and a reader that follows the lines of one as a person does."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from graphs import Spec, graph

from limbeck.graph import lanes
from limbeck.graph.graph import Graph
from limbeck.graph.history import applied
from limbeck.results import GraphDatabase, GraphLine, GraphResult, GraphRow, RevisionEntry
from limbeck.show.graph.strokes import BOXES, Characters, Drawn, drawn

Edge = tuple[str, str, str]
UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8


def edges(made: Graph) -> set[Edge]:
    """(revision, what it needs, kind) as the files have it; what is both is a parent."""
    parents = {(name, one, "parent") for name, ones in made.edges.parents.items() for one in ones}
    depends = {(name, one, "dependency") for name, ones in made.edges.dependencies.items() for one in ones}
    return parents | {edge for edge in depends if (edge[0], edge[1], "parent") not in parents}


def pictured(
    *specs: tuple[str, *tuple[object, ...]], rows: Sequence[Collection[str]] = (), docs: Iterable[str] = ()
) -> GraphResult:
    """The picture of revisions written as (id, down_revision, depends_on, branch_labels).

    :param rows: of each database that is asked its version rows. :param docs: messages, newest first; default: none.
    """
    made = graph(*(Spec(*spec) for spec in specs))
    there = {f"sqlite:///{number}.db": (tuple(has), applied(made, tuple(has))) for number, has in enumerate(rows)}
    at = {row for has, _ in there.values() for row in has}
    words = iter(docs)
    found = []
    for row in lanes.rows(made.nodes, made.edges):
        node = made.nodes[row.revision]
        entry = RevisionEntry(
            row.revision,
            node.parents,
            (),
            tuple(sorted(node.branch_labels)),
            next(words, ""),
            f"versions/{row.revision}.py",
            node.is_head,
            row.revision in at if there else None,
            node.is_head and not node.is_real_head,
        )
        lines = tuple(
            GraphLine(one.below, "dependency" if one.is_dependency else "parent", one.lane) for one in row.lines
        )
        has = tuple(url for url, (_, names) in there.items() if row.revision in names) if there else None
        found.append(GraphRow(entry, row.lane, lines, node.own_labels, has))
    return GraphResult(tuple(found), tuple(GraphDatabase(url, has, ()) for url, (has, _) in there.items()))


def picture(found: GraphResult, by: Characters = BOXES) -> str:
    """The lines of a picture with the ids of its revisions."""
    return "\n".join(
        "".join(stroke.text for stroke in strokes) + ("" if row is None else f" {row.revision.revision}")
        for strokes, row in drawn(found, by)
    )


class Reader:
    """Follows the lines of a picture, and knows nothing but its characters.

    Lanes stand in even columns. What a lane leads down is kept with each, and whether a dashed stroke was seen.
    """

    def __init__(self, by: Characters = BOXES) -> None:
        self.by = by
        self.lanes: dict[int, set[str]] = {}
        self.dashed: set[int] = set()
        self.found: set[Edge] = set()
        self.node: tuple[str, int] | None = None

    def read(self, lines: Iterable[Drawn]) -> set[Edge]:
        for strokes, row in lines:
            text = "".join(stroke.text for stroke in strokes)
            if row is None:
                self.between(text)
            else:
                self.revision(text, row.revision.revision)
        assert self.node is None or not self.lanes.get(self.node[1]) or set(self.lanes) == {self.node[1]}
        return self.found

    def ways(self, text: str, column: int) -> int:
        one = text[column] if 0 <= column < len(text) else " "
        if one in {self.by.revision, self.by.partly, self.by.pending}:
            return UP
        if one == self.by.upright:
            return UP | DOWN
        if one == self.by.across:
            return LEFT | RIGHT
        return 0 if one == " " else self.by.strokes.rindex(one) if one != self.by.strokes[3] else UP | DOWN

    def come_down(self, text: str) -> None:
        """What stood above goes on where the line has a stroke from above; only a revision may end without one."""
        for column in range(0, len(text), 2):
            if self.ways(text, column) & UP and column not in self.lanes:
                assert text[column] in {self.by.revision, self.by.partly, self.by.pending}, "a stroke from nowhere"
        for column in [column for column in self.lanes if not self.ways(text, column) & UP]:
            assert self.node is not None, "above the first revision there is nothing"
            assert column == self.node[1], f"a line ends in nothing: {text}"
            del self.lanes[column]
        for column in self.lanes:
            if text[column] == self.by.upright:
                self.dashed.add(column)

    def reached(self, text: str, start: int) -> Iterable[int]:
        """The lanes that strokes to the sides lead to."""
        for step, inwards, outwards in ((1, LEFT, RIGHT), (-1, RIGHT, LEFT)):
            column = start + step
            while self.ways(text, column) & (LEFT | RIGHT) == LEFT | RIGHT:
                column += step
                if self.ways(text, column) == UP | DOWN:
                    column += step  # it is crossed
                    continue
                if column % 2 == 0 and self.ways(text, column) != LEFT | RIGHT:
                    assert self.ways(text, column) & inwards, f"a stroke to the side ends in nothing: {text}"
                    yield column
                    if not self.ways(text, column) & outwards:
                        break
                    column += step
                elif column % 2 == 0:
                    column += step

    def revision(self, text: str, name: str) -> None:
        self.come_down(text)
        marks = [at for at, one in enumerate(text) if one in {self.by.revision, self.by.partly, self.by.pending}]
        assert len(marks) == 1
        at = marks[0]
        assert at % 2 == 0
        for column in [at, *self.reached(text, at)]:
            beside = text[column + (1 if column < at else -1)] if column != at else ""
            is_dashed = column in self.dashed or beside == self.by.across
            kind = "dependency" if is_dashed else "parent"
            self.found |= {(source, name, kind) for source in self.lanes.pop(column, set())}
            self.dashed.discard(column)
        self.lanes[at] = {name}
        self.node = (name, at)

    def between(self, text: str) -> None:
        self.come_down(text)
        if self.node is None:
            return
        name, at = self.node
        for column in list(self.reached(text, at)):
            assert self.ways(text, column) & DOWN
            self.lanes.setdefault(column, set()).add(name)
        if at in self.lanes and not self.ways(text, at) & DOWN:
            del self.lanes[at]
        self.node = None
