"""Pictures of the history: places of revisions, and lines of characters that a reader can follow."""

from __future__ import annotations

import time

import pytest
from graphs import Spec, graph, specs
from hypothesis import HealthCheck, given, settings
from picturing import Reader, edges, picture, pictured
from test_large import SECONDS, bases, diamonds, ladder, line, star

from limbeck.graph import lanes
from limbeck.show.graph.strokes import ASCII, BOXES, characters, drawn

many = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def test_a_line() -> None:
    """a - b - c"""
    assert picture(pictured(("a1",), ("b1", "a1"), ("c1", "b1"))) == "● c1\n● b1\n● a1"


def test_a_branch_and_a_merge() -> None:
    """
    a - b - d
     `- c -'
    """
    assert (
        "\n" + picture(pictured(("a1",), ("b1", "a1"), ("c1", "a1"), ("d1", ("b1", "c1"))))
        == """
● d1
├─╮
● │ b1
│ ● c1
├─╯
● a1"""
    )


def test_lines_to_one_revision_share_a_lane() -> None:
    """a hundred branches on one base are two lanes wide"""
    found = pictured(("a1",), *((f"b{number}", "a1") for number in range(100)))
    assert {row.lane for row in found.rows} == {0, 1}
    assert picture(found).splitlines()[:5] == ["● b0", "│ ● b1", "├─╯", "│ ● b2", "├─╯"]


def test_a_dependency_is_dashed_and_a_lane_that_is_crossed_keeps_its_stroke() -> None:
    """
    a - b - c - d - e, x branches off a and f off d, e depends on x
    """
    found = pictured(
        ("a1",), ("b1", "a1"), ("c1", "b1"), ("d1", "c1"), ("e1", "d1", "x1"), ("f1", "d1"), ("x1", "a1"), ("y1", "x1")
    )
    assert (
        "\n" + picture(found)
        == """
● e1
├┄╮
│ ┆ ● f1
├─┆─╯
● ┆ d1
● ┆ c1
● ┆ b1
│ ┆ ● y1
│ ╰┄● x1
├───╯
● a1"""
    )


def test_a_base_that_depends_on_the_next_line_is_no_child_of_it() -> None:
    assert picture(pictured(("a1",), ("b1", None, "a1"))) == "● b1\n┆\n● a1"


def test_histories_of_their_own_stand_apart() -> None:
    assert picture(pictured(("a1",), ("a2", "a1"), ("b1",), ("b2", "b1"))) == "● a2\n● a1\n\n● b2\n● b1"


def test_what_databases_have() -> None:
    """a - b - c, one database at a, the other at b"""
    found = pictured(("a1",), ("b1", "a1"), ("c1", "b1"), rows=[["a1"], ["b1"]])
    assert picture(found) == "○ c1\n◐ b1\n● a1"


def test_a_stream_without_boxes_gets_ascii() -> None:
    assert [characters(name) for name in ("utf-8", None, "cp437", "ascii", "latin-1", "nonsense")] == [
        BOXES,
        BOXES,
        ASCII,  # which has boxes, but neither circles nor round corners
        ASCII,
        ASCII,
        ASCII,
    ]
    found = pictured(("a1",), ("b1", "a1"), ("c1", "a1", "x1"), ("x1",))
    assert picture(found, ASCII).isascii()


@many
@given(specs(size=14))
def test_for_all_histories_places_hold(made: list[Spec]) -> None:
    """Parents stand below, every edge has a line, and no two lines or revisions are in one place."""
    history = graph(*made)
    rows = lanes.rows(history.nodes, history.edges)
    number = {row.revision: at for at, row in enumerate(rows)}
    assert {
        (row.revision, line.below, "dependency" if line.is_dependency else "parent")
        for row in rows
        for line in row.lines
    } == edges(history)
    assert sum(len(row.lines) for row in rows) == len(edges(history)), "each once"
    taken: dict[int, tuple[str, bool]] = {}
    for at, row in enumerate(rows):
        through = taken.get(row.lane, (row.revision, False))
        assert through[0] == row.revision, "a revision in the lane of a line that leads elsewhere"
        taken = {lane: where for lane, where in taken.items() if where[0] != row.revision}
        for one in row.lines:
            assert number[one.below] > at
            assert taken.setdefault(one.lane, (one.below, one.is_dependency)) == (one.below, one.is_dependency)
    assert taken == {}


@many
@given(specs(size=14))
def test_for_all_histories_a_reader_finds_the_edges(made: list[Spec]) -> None:
    found = pictured(*made)
    assert Reader().read(drawn(found, BOXES)) == edges(graph(*made))


@pytest.mark.parametrize("shape", [line, diamonds, star, ladder, bases])
def test_ten_thousand_revisions_take_no_time_that_grows_with_their_square(shape) -> None:
    """Drawn; a second of processor time is needed, or two in a large process, and squares need minutes."""
    found = pictured(*shape(10_000))
    begun = time.process_time()
    history = graph(*shape(10_000))
    rows = lanes.rows(history.nodes, history.edges)
    count = sum(1 for _ in drawn(found, BOXES))
    assert time.process_time() - begun < SECONDS
    assert count >= len(rows) == len(history.nodes)
