"""What holds for every graph, every database on it and every target: random graphs with branches, merges, labels and
dependencies in any load order, edges that say twice what others say included."""

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from graphs import Spec, above, applied, graph, revision_map, several, specs, targets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from showing import Database

from limbeck.errors import CommandError
from limbeck.graph.errors import RangeNotAncestorError
from limbeck.graph.map import RevisionMap
from limbeck.graph.plan import Plan, plan_downgrade, plan_stamp, plan_upgrade
from limbeck.graph.rows import change, effective_current

many = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
some = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def needs(made: list[Spec]) -> dict[str, set[str]]:
    """Each revision with all that it needs, by brute force."""
    up = above(made)
    return {name: {other for other in up if name in up[other]} for name in up}


def applied_by(rows: tuple[str, ...], below: dict[str, set[str]]) -> set[str]:
    return set().union(*(below[row] for row in rows))


def follow(plan: Plan, below: dict[str, set[str]]) -> set[str]:
    """Carry a plan out; every step finds what it needs, and the rows say what is applied after each."""
    rows, there = plan.start, applied_by(plan.start, below)
    for step in plan.steps:
        name = step.revision
        assert name is not None
        if step.is_upgrade:
            assert name not in there
            assert below[name] - {name} <= there
            there = there | {name}
        else:
            assert name in there
            assert not any(name in below[other] for other in there - {name})
            there = there - {name}
        rows = step.change.apply(rows)
        assert len(set(rows)) == len(rows)
        assert applied_by(rows, below) == there
        assert not any(row in below[other] for row in rows for other in rows if other != row)
    assert sorted(rows) == sorted(plan.end)
    return there


@many
@given(st.data())
def test_an_upgrade_reaches_its_target_and_applies_nothing_else(data):
    made = data.draw(specs())
    rows, below = data.draw(applied(made)), needs(made)
    wanted = data.draw(st.lists(st.sampled_from([spec.revision for spec in made]), min_size=1, max_size=3, unique=True))
    there = follow(plan_upgrade(graph(*made), rows, tuple(wanted)), below)
    assert there == applied_by(rows, below) | applied_by(tuple(wanted), below)


@many
@given(st.data())
def test_a_downgrade_takes_away_what_stands_above_its_target_and_nothing_else(data):
    made = data.draw(specs())
    rows, below = data.draw(applied(made)), needs(made)
    target = data.draw(st.sampled_from([*(spec.revision for spec in made), "base"]))
    before = applied_by(rows, below)
    children = {spec.revision for spec in made if target == "base" or target in several(spec.down_revision)}
    kept = {name for name in before if not below[name] & children}
    if kept == before and target not in {*rows, "base"}:
        with pytest.raises(RangeNotAncestorError):
            plan_downgrade(graph(*made), rows, target)
    else:
        assert follow(plan_downgrade(graph(*made), rows, target), below) == kept


@many
@given(st.data())
def test_up_and_down_again_leaves_the_same_rows(data):
    made = data.draw(specs())
    g, rows = graph(*made), data.draw(applied(made))
    up = plan_upgrade(g, rows, "heads")
    down = [step.revision for step in reversed(up.steps)]
    now = up.end
    for name in down:
        now = change(g, now, str(name), False).apply(now)
    assert sorted(now) == sorted(rows)
    assert plan_downgrade(g, up.end, "base").end == ()


@some
@given(st.data())
def test_a_branch_goes_down_to_its_base_without_its_siblings(data):
    made = data.draw(specs())
    rows, below = data.draw(applied(made)), needs(made)
    branch = data.draw(st.sampled_from([spec.revision for spec in made]))
    before = applied_by(rows, below)
    there = follow(plan_downgrade(graph(*made), rows, f"{branch}@base"), below)
    assert not any(branch in below[name] for name in there)
    assert {name for name in before if branch not in below[name] and name not in below[branch]} <= there


@some
@given(st.data())
def test_a_stamp_has_the_rows_of_its_targets_and_of_unrelated_branches(data):
    made = data.draw(specs())
    g, rows, below = graph(*made), data.draw(applied(made)), needs(made)
    wanted = data.draw(st.lists(st.sampled_from([spec.revision for spec in made]), min_size=1, max_size=3, unique=True))
    end = set(plan_stamp(g, rows, tuple(wanted)).end)
    assert applied_by(tuple(end), below) >= applied_by(tuple(wanted), below)
    tips = {name for name in wanted if not any(name in below[other] for other in wanted if other != name)}
    kept = {row for row in rows if not any(row in below[name] or name in below[row] for name in tips)}
    assert end == tips | kept
    assert set(plan_stamp(g, rows, "heads").end) == set(g.real_heads)
    assert plan_stamp(g, rows, "base").end == ()


@some
@given(st.data())
def test_sequences_are_whole_and_sorted(data):
    made = data.draw(specs())
    g, below = revision_map(*made), needs(made)
    order = [node.revision for node in g.iterate_revisions("heads", "base", inclusive=True)]
    assert sorted(order) == sorted(spec.revision for spec in made)
    place = {name: number for number, name in enumerate(order)}
    assert all(place[name] <= place[other] for name in order for other in below[name])


@some
@given(st.data())
def test_every_command_plans_or_refuses_with_a_hint(data):
    made = data.draw(specs())
    database = Database(graph(*made), *data.draw(applied(made)))
    for _ in range(4):
        verb = data.draw(st.sampled_from(["upgrade", "downgrade", "stamp"]))
        refusal = None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                database.run(f"{verb} {data.draw(targets(made))}")
        except CommandError as error:
            refusal = error
        assert refusal is None or refusal.hint


@some
@given(st.data())
def test_current_is_the_tip_of_every_branch(data):
    made = data.draw(specs())
    rows, below = data.draw(applied(made)), needs(made)
    there = applied_by(rows, below)
    parents = {down for spec in made if spec.revision in there for down in several(spec.down_revision)}
    assert set(effective_current(graph(*made), rows)) == there - parents


@some
@given(st.data())
def test_edges_agree_with_each_other(data):
    made = data.draw(specs())
    g = revision_map(*made)
    assert g.heads == tuple(node.revision for node in g if node.is_head and not node.nextrev)
    assert g.bases == tuple(node.revision for node in g if node.is_base)
    assert g.graph.real_heads == tuple(node.revision for node in g if node.is_real_head and not node.all_nextrev)
    for node in g:
        assert node.nextrev <= node.all_nextrev
        assert node.is_branch_point == (len(node.nextrev) > 1)
        assert set(node.normal_down_revisions) <= set(node.all_down_revisions)
        assert all(node.revision in g.get_revision(down).all_nextrev for down in node.all_down_revisions)


@some
@given(st.data())
def test_load_order_changes_no_set_of_steps(data):
    made = data.draw(specs())
    shuffled = data.draw(st.permutations(made))
    rows = data.draw(applied(made))
    for plan in (plan_upgrade, plan_stamp):
        one, other = plan(graph(*made), rows, "heads"), plan(graph(*shuffled), rows, "heads")
        assert {step.revision for step in one.steps} == {step.revision for step in other.steps}
        assert sorted(one.end) == sorted(other.end)


PLANS = """
import json, sys
sys.path[:0] = sys.argv[1:]
from graphs import graph
from limbeck.graph.plan import plan_downgrade, plan_stamp, plan_upgrade
for line in sys.stdin:
    made = json.loads(line)
    g = graph(*made)
    up = plan_upgrade(g, (), "heads")
    labels = {name: sorted(labels) for name, labels in g.branch_labels.items()}
    print(json.dumps([up, plan_downgrade(g, up.end, "base"), plan_stamp(g, (), "heads"), labels, g.heads]))
"""


def test_plans_are_the_same_under_every_hash_seed():
    """Many graphs, each planned by three processes with seeds of their own."""
    collected: list[list[Spec]] = []

    @settings(max_examples=80, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(specs(size=14))
    def collect(made):
        collected.append(made)

    collect()
    here = Path(__file__).parent
    answers = [
        subprocess.run(
            [sys.executable, "-c", PLANS, str(here), str(here.parents[1] / "src")],
            input="".join(json.dumps(made) + "\n" for made in collected),
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4711")
    ]
    assert len(answers[0].splitlines()) == len(collected)
    assert answers[0] == answers[1] == answers[2]


def test_facts_do_not_depend_on_the_order_in_which_they_are_asked():
    """Facts are worked out when they are first asked; asking in another order gives the same."""
    made = [Spec("a", None, None, "x"), Spec("b", "a"), Spec("c", "a"), Spec("d", None, "c")]

    def facts(g: RevisionMap, order: int) -> dict[int, object]:
        questions = [
            lambda: g.heads,
            lambda: g.graph.real_heads,
            lambda: [sorted(node.branch_labels) for node in g],
            lambda: [node.revision for node in g.iterate_revisions("heads", "base")],
            lambda: [node.is_branch_point for node in g],
        ]
        numbers = [(number + order) % len(questions) for number in range(len(questions))]
        answers = {number: questions[number]() for number in numbers}
        return dict(sorted(answers.items()))

    assert all(facts(revision_map(*made), order) == facts(revision_map(*made), 0) for order in range(5))


PROPERTIES = [each for name, each in sorted(globals().items()) if hasattr(each, "hypothesis")]


@pytest.mark.campaign
@pytest.mark.parametrize("prop", PROPERTIES, ids=lambda prop: prop.__name__)
def test_campaign(prop):
    """Each property at length."""
    settings(max_examples=3000, deadline=None, suppress_health_check=list(HealthCheck))(
        given(st.data())(prop.hypothesis.inner_test)
    )()
