"""Which revisions an upgrade or a downgrade runs, in which order, and what they do to the rows."""

import pytest
from graphs import graph
from showing import Database

from limbeck.graph import rows
from limbeck.graph.errors import RangeNotAncestorError, TargetSyntaxError, UnknownRows
from limbeck.graph.plan import Plan, plan_downgrade, plan_stamp, plan_upgrade


@pytest.fixture
def forest():
    """a -> b -> d;  a -> c -> e;  p [x] -> q -> r (depends on c) -> s;  z depends on q"""
    return graph(
        ("a", None),
        ("b", "a"),
        ("c", "a"),
        ("d", "b"),
        ("e", "c"),
        ("p", None, None, "x"),
        ("q", "p"),
        ("r", "q", "c"),
        ("s", "r"),
        ("z", None, "q"),
    )


@pytest.mark.parametrize(
    ("before", "command", "steps", "after"),
    [
        ("", "upgrade d", "a b d", "d"),
        ("b", "upgrade d", "d", "d"),
        ("d", "upgrade b", "", "d"),
        ("d", "upgrade d", "", "d"),
        ("d", "upgrade base", "", "d"),
        ("", "upgrade x@head", "a c p q r s", "s"),
        ("b", "upgrade x@head", "c p q r s", "b s"),
        ("c", "upgrade x@head", "p q r s", "s"),
        ("e", "upgrade x@head", "p q r s", "e s"),
        ("", "upgrade d e", "a c e b d", "d e"),
        ("", "upgrade heads", "a c p q z r s e b d", "d e s z"),
        ("q", "upgrade z", "z", "z"),
        ("z", "upgrade r", "a c r", "r z"),
        ("d e", "downgrade a", "d b e c", "a"),
        ("d s", "downgrade base", "d b s r q p c a", ""),
        ("e s", "downgrade c", "e", "s"),
        ("s", "downgrade q", "s r", "c q"),
        ("s", "downgrade p", "s r q", "c p"),
        ("s z", "downgrade q", "s r", "c z"),
        ("s z", "downgrade p", "s r z q", "c p"),
        ("s z", "downgrade x@base", "s r z q p", "c"),
        ("d", "downgrade d", "", "d"),
        ("", "downgrade base", "", ""),
        ("d", "downgrade x@base", "", "d"),
    ],
)
def test_plans(forest, before, command, steps, after):
    database = Database(forest, *before.split())
    assert database.steps(command) == steps
    assert " ".join(database.rows) == after


@pytest.mark.parametrize(("rows", "target"), [("b", "d"), ("s", "b"), ("", "a"), ("s", "c")])
def test_nothing_to_take_away_and_not_there(forest, rows, target):
    with pytest.raises(RangeNotAncestorError) as caught:
        plan_downgrade(forest, tuple(rows), target)
    assert caught.value.code == "range-not-ancestor"
    assert caught.value.hint


@pytest.mark.parametrize(
    ("before", "command", "lines"),
    [
        pytest.param("b", "upgrade d", ["b -> d: update b to d"], id="update up"),
        pytest.param("d", "downgrade b", ["d -> b: update d to b"], id="update down"),
        pytest.param("", "upgrade a", [" -> a: insert a"], id="insert a base"),
        pytest.param("a", "downgrade base", ["a -> : delete a"], id="delete a base"),
        pytest.param("d", "upgrade c", ["a -> c: insert c"], id="insert a branch beside another"),
        pytest.param("c d", "downgrade a+1", None, id="ambiguous"),
        pytest.param("c q", "upgrade r", ["q -> r: delete q, update c to r"], id="merge a row and a dependency"),
        pytest.param("e q", "upgrade r", ["q -> r: update q to r"], id="a dependency without a row of its own"),
        pytest.param("c z", "upgrade r", ["q -> r: update c to r"], id="absorb the row of a dependency"),
        pytest.param("r", "downgrade q", ["r -> q: insert q, update r to c"], id="unmerge"),
        pytest.param("e r", "downgrade q", ["r -> q: update r to q"], id="what another row needs gets no row"),
        pytest.param("e r z", "downgrade q", ["r -> q: delete r"], id="nothing is left to get a row"),
        pytest.param("z", "downgrade x@base", None, id="dependents go first"),
    ],
)
def test_rows(forest, before, command, lines):
    database = Database(forest, *before.split())
    if lines is not None:
        assert database.lines(command) == lines


def test_three_branches_are_merged_at_once():
    """a, b, c -> m"""
    g = graph(("a", None), ("b", None), ("c", None), ("m", ("a", "b", "c")))
    database = Database(g, "a", "b", "c")
    assert database.lines("upgrade m") == ["a, b, c -> m: delete a, delete b, update c to m"]
    assert database.lines("downgrade c") == ["m -> a, b, c: insert a, insert b, update m to c"]


def test_a_parent_that_the_other_parent_needs_gets_no_row():
    """a -> b;  c depends on b -> m;  b -> m: the reference leaves a row for b, or fails on a row that is not there."""
    g = graph(("a", None), ("b", "a"), ("c", None, "b"), ("m", ("b", "c")))
    database = Database(g)
    database.run("upgrade m")
    assert database.rows == ("m",)
    assert database.lines("downgrade c") == ["m -> b, c: update m to c"]


def test_steps_of_a_plan(forest):
    plan = plan_upgrade(forest, ("b",), "d")
    assert plan == Plan(
        kind="upgrade",
        start=("b",),
        steps=(("upgrade", "d", ("b",), ("d",), rows.RowChange(update=(("b", "d"),)), True),),
        end=("d",),
    )


def test_one_step_alone(forest):
    """For the steps that a plugin makes without a plan."""
    assert rows.change(forest, ("b",), "d", True) == rows.RowChange(update=(("b", "d"),))
    assert rows.change(forest, ("s",), "s", False) == rows.RowChange(update=(("s", "r"),))
    assert rows.change(forest, ("e", "r", "z"), "r", False) == rows.RowChange(delete=("r",))
    assert rows.change(forest, ("d",), "e", False) == rows.RowChange()


def test_row_changes_apply_in_place():
    change = rows.RowChange(delete=("a",), insert=("n",), update=(("b", "m"),))
    assert change.apply(("a", "b", "c")) == ("m", "c", "n")


def test_rows_that_say_too_much_lose_nothing():
    """a -> b;  c: a dependency c -> a was written after both were applied, so row a is implied by c now.

    The reference stops here ("Requested revision a overlaps with other requested revisions c").
    """
    g = graph(("a", None), ("b", "a"), ("c", None, "a"))
    assert plan_upgrade(g, ("a", "c"), "b").end == ("c", "b")
    assert plan_downgrade(g, ("a", "c"), "base").end == ()
    down = Database(g, "a", "c")
    assert down.lines("downgrade c@base") == ["c -> : delete c"]
    assert down.rows == ("a",)


def test_a_branch_goes_down_to_its_base_and_its_siblings_stay():
    """a -> b [x] -> c;  a -> d;  e depends on b

    The reference goes through a, and takes d down as well.
    """
    g = graph(("a", None), ("b", "a", None, "x"), ("c", "b"), ("d", "a"), ("e", None, "b"))
    database = Database(g, "c", "d", "e")
    assert database.steps("downgrade x@base") == "c e b"
    assert database.rows == ("d",)
    alone = Database(g, "c")
    assert alone.steps("downgrade x@base") == "c b a"
    assert alone.rows == ()


def test_one_of_several_branches_of_a_branch_goes_down():
    """a [x] -> b -> c;  b -> d: the reference says "Not a valid downgrade target from current heads"."""
    g = graph(("a", None, None, "x"), ("b", "a"), ("c", "b"), ("d", "b"))
    assert Database(g, "c", "d").steps("downgrade x@b") == "c d"


def test_order_keeps_a_branch_together():
    """a -> b1 -> b2 -> b3 -> m;  a -> c1 -> c2 -> m;  m -> n

    The walk from the top takes the first parent's line to where the other one is still needed.
    """
    g = graph(
        ("a", None),
        ("b1", "a"),
        ("b2", "b1"),
        ("b3", "b2"),
        ("c1", "a"),
        ("c2", "c1"),
        ("m", ("b3", "c2")),
        ("n", "m"),
    )
    assert Database(g).steps("upgrade head") == "a c1 c2 b1 b2 b3 m n"
    assert Database(g, "n").steps("downgrade base") == "n m b3 b2 b1 c2 c1 a"


def test_unknown_rows_stop_a_plan(forest):
    """The database was brought to g1 and g2 by code that has revisions which this graph lacks."""
    for plan, target in ((plan_upgrade, "heads"), (plan_downgrade, "base"), (plan_stamp, "d")):
        with pytest.raises(UnknownRows) as caught:
            plan(forest, ("b", "g1", "g2"), target)
        error = caught.value
        assert (error.code, error.revisions) == ("database-ahead", ("g1", "g2"))
        assert str(error) == (
            "Can't locate revision identified by 'g1', 'g2': "
            "the database is ahead of this code, or beside it on another branch"
        )
        assert "stamp --purge" in error.hint
    assert plan_stamp(forest, (), "d").end == ("d",)


def test_rows_are_text(forest):
    """Some drivers give bytes."""
    with pytest.raises(TargetSyntaxError, match="revision identifier b'd' is not a string; ensure database driver"):
        plan_upgrade(forest, (b"d",), "heads")


def test_unknown_rows_are_left_out_of_what_is_current(forest):
    assert rows.effective_current(forest, ("g1", "s")) == ("c", "s")
    assert rows.unknown_rows(forest, ("g1", "s")) == ("g1",)


def test_current_counts_what_dependencies_imply(forest):
    assert rows.effective_current(forest, ("s", "z")) == ("c", "s", "z")
    assert rows.effective_current(forest, ("e", "s")) == ("e", "s")
    assert rows.effective_current(forest, ()) == ()
