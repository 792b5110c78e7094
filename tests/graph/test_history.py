"""Ranges of history, newest first."""

import pytest
from graphs import graph

from limbeck.graph.errors import RangeNotAncestorError, TargetSyntaxError, WalkError
from limbeck.graph.history import names_current, revisions_between


@pytest.fixture
def g():
    """r1 -> r2 -> r3 -> r4 -> r5;  r2 -> c1 [cart] -> c2;  n1 [net] -> n2 (depends on r3)"""
    return graph(
        ("c1", "r2", None, "cart"),
        ("c2", "c1"),
        ("n1", None, None, "net"),
        ("n2", "n1", "r3"),
        ("r1", None),
        ("r2", "r1"),
        ("r3", "r2"),
        ("r4", "r3"),
        ("r5", "r4"),
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (":", "c2 c1 n2 n1 r5 r4 r3 r2 r1"),
        ("base:heads", "c2 c1 n2 n1 r5 r4 r3 r2 r1"),
        ("r2:r4", "r4 r3 r2"),
        ("r2:", "c2 c1 r5 r4 r3 r2"),
        (":r2", "r2 r1"),
        ("r2:r2", "r2"),
        ("cart:", "c2 c1"),
        (":cart@head", "c2 c1 r2 r1"),
        ("cart@base:", "c2 c1 r2 r1"),
        ("net@base:", "n2 n1 r3 r2 r1"),
        (":net@head", "n2 n1 r3 r2 r1"),
        ("r3:net@head", "n2 r3"),
        (":cart@head-2", "r2 r1"),
        ("r5-2:r5", "r5 r4 r3"),
        ("-2:r5", "r5 r4 r3"),
        ("-9:r5", "r5 r4 r3 r2 r1"),
        ("r3:+1", "r4 r3"),
        ("r3:+9", "r5 r4 r3"),
        ("r2:cart@+1", "c1 r2"),
        ("current:", "r5 r4"),
        (":current", "r4 r3 r2 r1"),
        ("-2:current", "r4 r3 r2"),
        ("current:+1", "r5 r4"),
        ("current-1:current+1", "r5 r4 r3"),
        ("r2:cart@current", ""),
    ],
)
def test_ranges(g, text, found):
    """The database is at r4 and at a revision that the graph lacks."""
    nodes = revisions_between(g, text, ("r4", "gone"))
    assert " ".join(node.revision for node in nodes) == found


def test_nothing_is_current_in_an_empty_database(g):
    """The reference lists everything."""
    assert revisions_between(g, ":current") == []


@pytest.mark.parametrize("text", ["r4:r2", "c1:r5", "cart:net@head"])
def test_ends_on_different_lines(g, text):
    with pytest.raises(RangeNotAncestorError):
        revisions_between(g, text)


@pytest.mark.parametrize(("text", "kind"), [("-1:+1", WalkError), ("+1:", WalkError), ("r1", TargetSyntaxError)])
def test_no_ranges(g, text, kind):
    with pytest.raises(kind):
        revisions_between(g, text)


@pytest.mark.parametrize(("text", "so"), [("a:b", False), ("current:", True), (":cart@current", True), (":", False)])
def test_whether_a_range_needs_a_database(text, so):
    assert names_current(text) is so
