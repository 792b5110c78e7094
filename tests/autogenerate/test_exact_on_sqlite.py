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


def with_key(name: str | None, *, target: str = "p", column: str = "a", **options: Any) -> Fill:
    """Tables ``t`` and ``target``, with a foreign key called ``name`` if there is a name."""

    def fill(metadata: MetaData) -> None:
        referred = Table(target, metadata, Column("id", Integer, primary_key=True))
        table = Table("t", metadata, Column("id", Integer, primary_key=True), Column(column, Integer))
        if name is not None:
            sa.ForeignKeyConstraint([table.c[column]], [referred.c.id], name=name, table=table, **options)

    return fill


@pytest.mark.parametrize("odd", ['a"b', '"', 'a""b', "a`b", "a]b", "it's ("])
@pytest.mark.parametrize("of", ["name", "target", "column"])
def test_a_foreign_key_with_a_quote_in_a_name(of: str, odd: str, walk: Walk) -> None:
    """SQLAlchemy reads a doubled quote as two, and no option of a key that leads to such a table."""
    names = {of: odd}
    before = with_key(**{"name": "fk", "deferrable": True, "initially": "DEFERRED"} | names)
    walk.there_and_back(before, with_key(**{"name": "fk", "ondelete": "SET NULL", "onupdate": "CASCADE"} | names))
    walk.there_and_back(before, with_key(**{**names, "name": None}))
    walk.there_and_back(before, with_key(**{**names, "name": 'x"y', "ondelete": "CASCADE"}))


def test_the_actions_of_a_foreign_key_that_stands_in_a_column(walk: Walk) -> None:
    """SQLAlchemy reads those of constraints of the table."""
    walk.make(with_key(None))
    walk.connection.exec_driver_sql("DROP TABLE t")
    reference = "REFERENCES p (id) ON DELETE SET NULL ON UPDATE NO ACTION NOT DEFERRABLE INITIALLY DEFERRED"
    walk.connection.exec_driver_sql(
        f'CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, a INTEGER CONSTRAINT "fk" {reference})'
    )
    same = with_key("fk", ondelete="SET NULL", deferrable=False, initially="DEFERRED")
    assert walk.diffs(same) == []
    assert [diff[0] for diff in walk.diffs(with_key("fk"))] == ["remove_fk", "add_fk"]
    walk.run(walk.script(with_key("fk")).upgrade_ops)
    assert walk.diffs(with_key("fk")) == []


CONSTRAINTS: dict[str, Callable[[str], Any]] = {
    "check": lambda name: CheckConstraint("a > 0", name=name),
    "unique": lambda name: sa.UniqueConstraint("a", name=name),
    "primary": lambda name: sa.PrimaryKeyConstraint("k", name=name),
}


@pytest.mark.parametrize("odd", ['a"b', '"', 'a""b'])
@pytest.mark.parametrize("kind", CONSTRAINTS)
def test_a_constraint_with_a_quote_in_its_name(kind: str, odd: str, walk: Walk) -> None:
    def named(name: str | None) -> Fill:
        constraints = [] if name is None else [CONSTRAINTS[kind](name)]
        return lambda metadata: Table(
            "t", metadata, Column("k", Integer, nullable=False), Column("a", Integer), *constraints
        )

    walk.there_and_back(named(odd), named(None))
    walk.there_and_back(named(odd), named('x"y'))
