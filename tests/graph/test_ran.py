"""What the history of runs says of revisions, as values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from limbeck.graph.graph import Graph
from limbeck.graph.plan import RowChange, plan_skipped
from limbeck.graph.ran import known_ancestors, last_done, skipped
from limbeck.graph.revision import Revision
from limbeck.results import HistoryRow


def graph(**downs: str) -> Graph:
    """A graph by the parents of its revisions, as ``a2="a1"``."""
    return Graph([Revision(name, tuple(parents.split()) or None) for name, parents in downs.items()])


def row(
    revision: str, direction: str = "upgrade", before: str = "", after: str | None = None, **facts: Any
) -> HistoryRow:
    """A row of the history; by default the revision takes the place of all rows."""
    defaults: dict[str, Any] = dict.fromkeys(HistoryRow.__dataclass_fields__)
    given = {
        "run": "r",
        "position": 1,
        "revision": revision,
        "direction": direction,
        "kind": "script",
        "state": "done",
        "rows_before": tuple(before.split()),
        "rows_after": (revision,) if after is None else tuple(after.split()),
        "message": "",
        "down_revisions": (),
        "has_script": False,
    }
    return HistoryRow(**{**defaults, **given, **facts})


LINE = {"a1": "", "a2": "a1", "a3": "a2"}


@pytest.mark.parametrize(
    ("about", "downs", "rows", "history", "expected"),
    [
        ("all ran", LINE, ["a3"], [row("a1"), row("a2"), row("a3")], []),
        ("one came in between", LINE, ["a3"], [row("a1"), row("a3")], ["a2"]),
        ("several, ancestors first", LINE, ["a3"], [row("a3")], ["a1", "a2"]),
        ("it is pending, not skipped", LINE, ["a1"], [row("a1")], []),
        ("no history", LINE, ["a3"], [], []),
        ("it failed, and what follows it ran", LINE, ["a3"], [row("a1"), row("a2", state="failed"), row("a3")], ["a2"]),
        ("it was stamped", LINE, ["a3"], [row("a1", kind="stamp"), row("a2", kind="stamp"), row("a3")], []),
        (
            "it was taken back before what follows it ran",
            LINE,
            ["a3"],
            [row("a1"), row("a2"), row("a2", "downgrade", after="a1"), row("a3")],
            ["a2"],
        ),
        ("others ran it since the last row", LINE, ["a3"], [row("a1")], []),
        (
            "others ran what follows it since the last row",
            {"a0": "", "a1": "a0", "a2": "a1"},
            ["a2"],
            [row("a1", after="a1")],
            ["a0"],
        ),
        ("a row without a file", LINE, ["f00d"], [row("a1"), row("f00d")], []),
        (
            "on one of two branches",
            {**LINE, "b2": "a1", "b3": "b2"},
            ["a3", "b3"],
            [row("a1"), row("a2"), row("a3"), row("b3", before="a3", after="a3 b3")],
            ["b2"],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_skipped(
    about: str, downs: dict[str, str], rows: list[str], history: Sequence[HistoryRow], expected: list[str]
) -> None:
    assert skipped(graph(**downs), rows, history) == expected


def test_a_plan_runs_what_was_skipped_and_leaves_the_rows() -> None:
    """
    a1 - a2 - a3 - a4, at a3
    """
    plan = plan_skipped(graph(**LINE, a4="a3"), ["a3"], ["a1", "a2"], "a4")
    assert [step.revision for step in plan.steps] == ["a1", "a2", "a4"]
    assert [step.change == RowChange() for step in plan.steps] == [True, True, False]
    assert (plan.start, plan.end) == (("a3",), ("a4",))
    alone = plan_skipped(graph(**LINE), ["a3"], ["a2"])
    assert ([step.revision for step in alone.steps], alone.end) == (["a2"], ("a3",))


@pytest.mark.parametrize(
    ("about", "history", "expected"),
    [
        ("its parent has a file", [row("f1", down_revisions=("a2",))], ("a2",)),
        ("its grandparent has one", [row("e1", down_revisions=("a1",)), row("f1", down_revisions=("e1",))], ("a1",)),
        ("a merge, of which one parent is above the other", [row("f1", down_revisions=("a1", "a3"))], ("a3",)),
        ("by the rows that it replaced", [row("f1", before="a2")], ("a2",)),
        ("the history does not know it", [row("a1")], ()),
        ("parents in a circle", [row("f1", down_revisions=("e1",)), row("e1", down_revisions=("f1",))], ()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_row_without_a_file_follows(
    about: str, history: Sequence[HistoryRow], expected: tuple[str, ...]
) -> None:
    assert known_ancestors(graph(**LINE), "f1", last_done(history)) == expected
