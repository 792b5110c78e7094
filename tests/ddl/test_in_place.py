"""What SQLite does without a rebuild, and the order in which a rebuild leaves renamings to it: pure functions."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from limbeck.dialects.sqlite.in_place import Stage, may_be_tried, needs_rebuild, stages

Change = tuple[str, tuple[Any, ...], dict[str, Any]]


def alter(column: str, **options: Any) -> Change:
    return "alter_column", ("t", column), options


def rename(old: str, new: str) -> Change:
    return alter(old, name=new, schema=None)


def add(*args: Any, **kw: Any) -> Change:
    return "add_column", ("t", sa.Column("c", sa.Integer, *args, **kw)), {}


DROP: Change = ("drop_column", ("t", sa.Column("d")), {})
INDEX: Change = ("create_index", (sa.Index("ix", sa.column("a")),), {})
UNIQUE: Change = ("add_constraint", (sa.UniqueConstraint("a"),), {})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param([], [Stage([], [])], id="nothing"),
        pytest.param([DROP, UNIQUE], [Stage([], [DROP, UNIQUE])], id="no renaming: one rebuild"),
        pytest.param([rename("a", "b")], [Stage([rename("a", "b")], [])], id="a renaming alone"),
        pytest.param(
            [alter("a", name="b", schema=None, nullable=False)],
            [Stage([rename("a", "b")], [alter("b", name=None, schema=None, nullable=False)])],
            id="a column renamed and changed: renamed first",
        ),
        pytest.param(
            [alter("a", nullable=False), rename("a", "b")],
            [Stage([rename("a", "b")], [alter("b", nullable=False)])],
            id="changed, then renamed: still one rebuild",
        ),
        pytest.param(
            [alter("x", nullable=False, insert_after="a"), rename("a", "b")],
            [Stage([rename("a", "b")], [alter("x", nullable=False, insert_after="b")])],
            id="the neighbour is renamed",
        ),
        pytest.param(
            [DROP, rename("a", "d")],
            [Stage([], [DROP]), Stage([rename("a", "d")], [])],
            id="to the name of a dropped column: after it",
        ),
        pytest.param(
            [rename("a", "b"), rename("b", "c"), UNIQUE],
            [Stage([rename("a", "b"), rename("b", "c")], [UNIQUE])],
            id="renamed twice",
        ),
    ],
)
def test_stages(before: list[Change], after: list[Stage]) -> None:
    assert stages(before) == after


@pytest.mark.parametrize(
    ("change", "needed"),
    [
        (INDEX, False),
        (("drop_index", (sa.Index("ix"),), {}), False),
        (add(), False),
        (add(server_default="1"), False),
        (add(server_default=sa.text("1")), True),
        (add(sa.Computed("a + 1", persisted=False)), False),
        (add(sa.Computed("a + 1", persisted=True)), True),
        (DROP, True),
        (rename("a", "b"), True),
        (alter("a", nullable=False), True),
        (UNIQUE, True),
    ],
)
def test_what_the_reference_rebuilds_for(change: Change, needed: bool) -> None:
    assert needs_rebuild(change) is needed


@pytest.mark.parametrize(
    ("change", "known"),
    [
        (add(), True),
        (DROP, True),
        (rename("a", "b"), True),
        (INDEX, True),
        (alter("a", name="b", existing_type=sa.Integer()), True),
        (alter("a", name="b", nullable=False), False),
        (alter("a", nullable=True), False),
        (("add_column", ("t", sa.Column("c")), {"insert_after": "a"}), False),
        (UNIQUE, False),
    ],
)
def test_what_sqlite_may_do_in_place(change: Change, known: bool) -> None:
    assert may_be_tried([change]) is known
