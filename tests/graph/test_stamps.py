"""How a stamp changes the rows of the version table."""

import pytest
from graphs import graph
from showing import Database


@pytest.fixture
def g():
    """a -> b -> d;  a -> c [y] -> e;  p [x] -> q (depends on c)"""
    return graph(
        ("a", None),
        ("b", "a"),
        ("c", "a", None, "y"),
        ("d", "b"),
        ("e", "c"),
        ("p", None, None, "x"),
        ("q", "p", "c"),
    )


@pytest.mark.parametrize(
    ("before", "command", "lines", "after"),
    [
        ("", "stamp b", [" -> b: insert b"], "b"),
        ("b", "stamp b", [], "b"),
        ("a", "stamp d", ["a -> d: update a to d"], "d"),
        ("d", "stamp a", ["d -> a: update d to a"], "a"),
        ("d e", "stamp a", ["d, e -> a: delete d, update e to a"], "a"),
        ("d q", "stamp c", ["q -> c: update q to c"], "c d"),
        ("d", "stamp e", [" -> e: insert e"], "d e"),
        ("a", "stamp d e", ["a -> d: update a to d", "a -> e: insert e"], "d e"),
        ("a p", "stamp q", ["a, p -> q: delete a, update p to q"], "q"),
        ("d e", "stamp base", ["d -> : delete d", "e -> : delete e"], ""),
        ("d e", "stamp y@base", ["e -> : delete e"], "d"),
        ("d q", "stamp x@base", ["q -> c: update q to c"], "c d"),
        ("e q", "stamp x@base", ["q -> : delete q"], "e"),
        ("d q", "stamp base b", ["d -> : delete d", "q -> : delete q", " -> b: insert b"], "b"),
        ("", "stamp heads", [" -> d: insert d", " -> e: insert e", " -> q: insert q"], "d e q"),
        ("d q", "stamp heads", [" -> e: insert e"], "d e q"),
        ("b q", "stamp heads", ["b -> d: update b to d", " -> e: insert e"], "d e q"),
        ("", "stamp b d", [" -> d: insert d"], "d"),
        ("b", "stamp b d", ["b -> d: update b to d"], "d"),
        ("", "stamp y@head", [" -> e: insert e"], "e"),
        ("", "stamp d-1", [" -> b: insert b"], "b"),
    ],
)
def test_stamps(g, before, command, lines, after):
    database = Database(g, *before.split())
    assert database.lines(command) == lines
    assert " ".join(database.rows) == after


def test_a_stamp_says_which_way_it_goes(g):
    assert [step.is_upgrade for step in Database(g, "a").run("stamp d").steps] == [True]
    assert [step.is_upgrade for step in Database(g, "d").run("stamp a").steps] == [False]
    assert [step.is_upgrade for step in Database(g, "d").run("stamp base").steps] == [False]
    assert [(step.kind, step.revision) for step in Database(g).run("stamp d").steps] == [("stamp", None)]
