"""Ten thousand revisions: no recursion, and no step that grows with the square of them."""

from __future__ import annotations

import time

import pytest
from graphs import revision_map

from limbeck.graph.plan import plan_downgrade, plan_stamp, plan_upgrade
from limbeck.graph.rows import effective_current

SIZE = 10_000
SECONDS = 10
"""Of processor time for all questions together; about a third of one is needed, squares need minutes."""


def line(size: int) -> list[tuple[object, ...]]:
    """r0 -> r1 -> r2 -> ..."""
    return [(f"r{n}", f"r{n - 1}" if n else None) for n in range(size)]


def diamonds(size: int) -> list[tuple[object, ...]]:
    """m0 -> a0 -> m1;  m0 -> b0 -> m1;  m1 -> ..."""
    specs: list[tuple[object, ...]] = [("m0", None)]
    for n in range(size // 3):
        specs += [(f"a{n}", f"m{n}"), (f"b{n}", f"m{n}"), (f"m{n + 1}", (f"a{n}", f"b{n}"))]
    return specs


def star(size: int) -> list[tuple[object, ...]]:
    """base -> x0_0 -> x0_1 ...;  base -> x1_0 -> ...: a hundred branches, each with a label"""
    specs: list[tuple[object, ...]] = [("base0", None)]
    for branch in range(100):
        specs.append((f"x{branch}_0", "base0", None, f"label{branch}"))
        specs += [(f"x{branch}_{n}", f"x{branch}_{n - 1}") for n in range(1, size // 100)]
    return specs


def ladder(size: int) -> list[tuple[object, ...]]:
    """a0 -> a1 -> ...;  b0 -> b1 -> ..., each b depends on the a beside it and on the one before"""
    specs: list[tuple[object, ...]] = [("a0", None), ("b0", None, "a0")]
    for n in range(1, size // 2):
        specs += [(f"a{n}", f"a{n - 1}"), (f"b{n}", f"b{n - 1}", (f"a{n}", f"a{n - 1}"))]
    return specs


def bases(size: int) -> list[tuple[object, ...]]:
    """m0 merges base b1 into the line, m1 the next base, ..."""
    specs: list[tuple[object, ...]] = [("m0", None)]
    for n in range(1, size // 2):
        specs += [(f"b{n}", None), (f"m{n}", (f"b{n}", f"m{n - 1}"))]
    return specs


def labelled(size: int) -> list[tuple[object, ...]]:
    """r0 [l0] -> r1 -> ... -> r100 [l100] -> ..."""
    return [(f"r{n}", f"r{n - 1}" if n else None, None, None if n % 100 else f"l{n}") for n in range(size)]


@pytest.mark.parametrize("shape", [line, diamonds, star, ladder, bases, labelled], ids=lambda shape: shape.__name__)
def test_ten_thousand(shape):
    specs = shape(SIZE)
    begin = time.process_time()
    revisions = revision_map(*specs)
    g = revisions.graph
    heads = g.real_heads
    history = list(revisions.iterate_revisions("heads", "base", inclusive=True))
    assert len(history) == len(specs)
    assert sum(node.is_head for node in history) == len(g.heads)
    assert sum(bool(node.branch_labels) for node in history) >= sum(len(spec) > 3 and bool(spec[3]) for spec in specs)
    up = plan_upgrade(g, (), "heads")
    assert [step.revision for step in up.steps] == [node.revision for node in reversed(history)]
    assert sorted(up.end) == sorted(heads)
    assert plan_upgrade(g, up.end, "heads").steps == ()
    assert set(heads) <= set(effective_current(g, up.end))
    assert plan_downgrade(g, up.end, "base").end == ()
    assert sorted(plan_stamp(g, (), "heads").end) == sorted(heads)
    assert time.process_time() - begin < SECONDS
