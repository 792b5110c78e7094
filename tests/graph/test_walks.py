"""Relative targets: where a walk begins and where it leads."""

import pytest
from graphs import graph
from showing import Database

from limbeck.errors import LimbeckWarning
from limbeck.graph.errors import MultipleHeads, RevisionError, TargetSyntaxError, WalkError


@pytest.fixture
def g():
    """a -> b -> c -> m -> n;  b -> d [x] -> e -> m;  p [y] -> q -> r;  q -> s [z]"""
    return graph(
        ("a", None),
        ("b", "a"),
        ("c", "b"),
        ("d", "b", None, "x"),
        ("e", "d"),
        ("m", ("c", "e")),
        ("n", "m"),
        ("p", None, None, "y"),
        ("q", "p"),
        ("r", "q"),
        ("s", "q", None, "z"),
    )


@pytest.mark.parametrize(
    ("rows", "command", "steps"),
    [
        ("a", "upgrade +1", "b"),
        ("m", "upgrade +1", "n"),
        ("p", "upgrade y@+1", "q"),
        ("q", "upgrade z@+1", "s"),
        ("a", "upgrade x@+1", "b"),
        ("a", "upgrade x@+2", "b d"),
        ("c", "upgrade x@+1", "d"),
        ("c q", "upgrade z@+1", "s"),
        ("c", "upgrade z@+2", "p q"),
        ("", "upgrade z@+2", "p q"),
        ("", "upgrade base+0", ""),
        ("", "upgrade x@base+3", "a b d"),
        ("", "upgrade e-1", "a b d"),
        ("", "upgrade d+1", "a b d e"),
        ("", "upgrade n-1", "a b d e c m"),
        ("", "upgrade x@c+1", "a b d e c m"),
        ("n", "downgrade -1", "n"),
        ("d", "downgrade -2", "d b"),
        ("d", "downgrade -3", "d b a"),
        ("e q", "downgrade x@-1", "e"),
        ("e q", "downgrade y@-2", "q p"),
        ("e", "downgrade a+1", "e d"),
        ("c e", "downgrade x@b+1", "e"),
        ("e", "downgrade e-1", "e"),
        ("q", "downgrade q-2", "q p"),
    ],
)
def test_walks(g, rows, command, steps):
    assert Database(g, *rows.split()).steps(command) == steps


@pytest.mark.parametrize(
    ("rows", "command", "steps", "after"),
    [
        ("c", "downgrade -1", "c", "a"),
        ("d", "downgrade -2", "d c", "a"),
        ("d", "downgrade -1", "d", "c"),
        ("d e", "downgrade -2", "d e c", "a"),
        ("b", "downgrade -2", "b c a", ""),
        ("c", "downgrade c-1", "c a", ""),
    ],
)
@pytest.mark.filterwarnings("ignore:downgrade -1 from multiple heads")
def test_a_walk_to_the_base_leaves_what_was_depended_on(rows: str, command: str, steps: str, after: str) -> None:
    """A dotted arrow is a dependency; a walk follows parents alone::

    a <- b          b ..> c
    ^
    :
    c <- d
      <- e
    """
    database = Database(graph(("a", None), ("c", None, "a"), ("d", "c"), ("e", "c"), ("b", "a", "c")), *rows.split())
    assert database.steps(command) == steps
    assert sorted(database.rows) == after.split()


@pytest.mark.parametrize(
    ("rows", "command", "code", "fact"),
    [
        ("n", "upgrade +9", "walked-too-far", "Relative revision +9 didn't produce 9 migrations"),
        ("n", "upgrade +1", "walked-too-far", "Relative revision +1 didn't produce 1 migrations"),
        ("", "upgrade d+9", "walked-too-far", "Walked too far"),
        ("", "upgrade d-9", "walked-too-far", "Walked too far"),
        ("n", "downgrade -9", "ambiguous-walk", "Ambiguous walk"),
        ("m", "downgrade -1", "ambiguous-walk", "Ambiguous walk"),
        ("c d", "downgrade b+1", "ambiguous-walk", "Ambiguous walk"),
        ("d", "downgrade -9", "walked-too-far", "Relative revision -9 didn't produce 9 migrations"),
        ("d", "downgrade q+9", "ambiguous-walk", "Ambiguous walk"),
        ("d", "downgrade r+9", "walked-too-far", "Walked too far"),
        ("", "downgrade -1", "walked-too-far", "Relative revision -1 didn't produce 1 migrations"),
        ("d", "downgrade z@-1", "walked-too-far", "Relative revision -1 didn't produce 1 migrations"),
        ("d", "downgrade +1", "walked-too-far", "Relative revision +1 didn't produce 1 migrations"),
        ("d", "upgrade -1", "walked-too-far", "Relative revision -1 didn't produce 1 migrations"),
        ("b", "upgrade +1", "ambiguous-walk", "Ambiguous walk"),
        ("", "upgrade +1", "ambiguous-walk", "Ambiguous walk"),
        ("a p", "upgrade +1", "ambiguous-walk", "Ambiguous upgrade from multiple current revisions"),
        ("r s", "upgrade y@+1", "ambiguous-walk", "Ambiguous upgrade from multiple current revisions"),
        ("r s", "downgrade y@-1", "ambiguous-walk", "Ambiguous downgrade of branch 'y' from several revisions: r, s"),
    ],
)
def test_walks_that_end_nowhere(g, rows, command, code, fact):
    """The error says where the way ended or forked."""
    with pytest.raises(WalkError) as caught:
        Database(g, *rows.split()).run(command)
    assert (caught.value.code, str(caught.value)) == (code, fact)
    assert caught.value.hint


def test_the_hint_of_a_fork_names_the_ways(g):
    with pytest.raises(WalkError) as caught:
        Database(g, "m").run("downgrade -1")
    assert caught.value.hint == "from m the way goes to c, e: name one, or a branch ('<branch>@')."


def test_several_heads_are_no_start(g):
    with pytest.raises(MultipleHeads):
        Database(g).run("upgrade heads-1")


def test_junk_behind_a_walk_is_refused(g):
    with pytest.raises(TargetSyntaxError):
        Database(g, "a").run("upgrade b+1junk")


def test_one_step_down_from_several_rows_takes_the_first_row_and_warns(g):
    with pytest.warns(LimbeckWarning, match="downgrade -1 from multiple heads is ambiguous") as caught:
        assert Database(g, "e", "q").steps("downgrade -1") == "e"
    assert caught[0].message.code == "ambiguous-downgrade"


def test_one_step_down_from_several_rows_leaves_the_other_children_of_the_same_parent(g):
    """c and d are both children of b."""
    database = Database(g, "c", "d")
    with pytest.warns(LimbeckWarning, match="downgrade -1 from multiple heads is ambiguous"):
        assert database.steps("downgrade -1") == "c"
    assert database.rows == ("d",)


def test_a_branch_that_only_a_dependency_implies_can_be_walked_down(g):
    """a [x] -> b;  c [y] depends on b: the only row is c, and branch x stands at b."""
    g = graph(("a", None, None, "x"), ("b", "a"), ("c", None, "b", "y"))
    database = Database(g, "c")
    assert database.steps("downgrade x@-1") == "c b"
    assert database.rows == ("a",)


def test_every_refusal_is_a_command_error_with_a_hint(g):
    for command in ("upgrade nope", "upgrade head", "downgrade x@y", "upgrade a@zzzz", "downgrade heads"):
        with pytest.raises(RevisionError) as caught:
            Database(g, "a").run(command)
        assert caught.value.hint
