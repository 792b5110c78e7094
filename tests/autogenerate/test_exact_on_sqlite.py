"""The exact comparison of what SQLite alone has: types by any name, checks that a batch replaces."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, Integer, MetaData, Table
from walking import Walk

Fill = Callable[[MetaData], Any]

# SQLAlchemy reflects each of them as another type of the same affinity
TYPES: dict[str, Any] = {
    "VARBINARY": sa.VARBINARY(30),
    "BINARY": sa.BINARY(16),
    "UUID": sa.UUID(),
    "DOUBLE PRECISION": sa.DOUBLE_PRECISION(),
    "CLOB": sa.CLOB(),
}


@pytest.fixture
def walk() -> Iterator[Walk]:
    with sa.create_engine("sqlite://").connect() as connection:
        yield Walk(connection, render_as_batch="auto")


def table(*items: Callable[[], Any]) -> Fill:
    """A table ``t`` with a key, a column ``a``, and what the functions make."""
    return lambda metadata: Table(
        "t", metadata, Column("id", Integer, primary_key=True), Column("a", Integer), *(item() for item in items)
    )


def check(name: str | None, condition: str) -> Callable[[], CheckConstraint]:
    return lambda: CheckConstraint(condition, name=name)


@pytest.mark.parametrize("type_", TYPES.values(), ids=TYPES)
def test_a_type_comes_back_as_it_was_written(type_: Any, walk: Walk) -> None:
    before = table(lambda: Column("x", type_))
    walk.there_and_back(before, table())
    walk.there_and_back(before, table(lambda: Column("x", Integer)))
    walk.there_and_back(before, table(lambda: Column("x", type_, nullable=False)))


CHECKS = {
    "renamed": (table(check("x", "a > 0")), table(check("y", "a > 0"))),
    "named": (table(check(None, "a > 0")), table(check("x", "a > 0"))),
    "exchanged": (
        table(check("x", "a > 0"), check("y", "a < 9")),
        table(check("y", "a > 0"), check("x", "a < 9")),
    ),
    "of a renamed type": (
        table(lambda: Column("b", sa.Boolean(create_constraint=True, name="x"))),
        table(lambda: Column("b", sa.Boolean(create_constraint=True, name="y"))),
    ),
}


@pytest.mark.parametrize(("before", "after"), CHECKS.values(), ids=CHECKS)
def test_a_check_gets_another_name(before: Fill, after: Fill, walk: Walk) -> None:
    walk.there_and_back(before, after, {"t": [{"id": 1, "a": 5}]})
