"""The order of tables and columns: that of the models in the upgrade, that of the database in the downgrade."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, Computed, ForeignKey, Integer, MetaData, Table
from walking import Walk


def table(*names: str) -> list[Column[int]]:
    return [Column("id", Integer, primary_key=True), *(Column(name, Integer) for name in names)]


def plain(metadata: MetaData) -> None:
    Table("t", metadata, *table("a", "b", "c", "d"))


def with_others(metadata: MetaData) -> None:
    """Names that are not in the order of the alphabet, and a table that comes before the one that it refers to."""
    Table("t", metadata, Column("z", Integer), *table("a", "y", "d", "x"))
    Table("child", metadata, Column("w", ForeignKey("parent.id")), *table("v"))
    Table("parent", metadata, *table("u", "c", "e"))


def computed(metadata: MetaData) -> None:
    source, other = table("a", "b")[1:]
    total = Column("total", Integer, Computed("a + b", persisted=True))
    Table("t", metadata, Column("id", Integer, primary_key=True), total, source, other)


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def walk(request: pytest.FixtureRequest) -> Iterator[Walk]:
    url = "sqlite://" if request.param == "sqlite" else request.getfixturevalue(f"{request.param}_url")
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        yield Walk(connection, render_as_batch=request.param == "sqlite")
        connection.rollback()


def columns(walk: Walk) -> dict[str, list[str]]:
    inspector = sa.inspect(walk.connection)
    return {name: [each["name"] for each in inspector.get_columns(name)] for name in inspector.get_table_names()}


def test_what_is_new_comes_in_the_order_of_the_models(walk: Walk) -> None:
    """The downgrade adds in the order of the database, at the end: only a rebuild could put a column where it was."""
    walk.make(plain)
    script = walk.script(with_others)
    created = [diff[1].name for diff in script.upgrade_ops.as_diffs() if diff[0] == "add_table"]
    assert created == ["parent", "child"]
    walk.run(script.upgrade_ops)
    assert columns(walk) == {
        "child": ["w", "id", "v"],
        "parent": ["id", "u", "c", "e"],
        "t": ["id", "a", "d", "z", "y", "x"],
    }
    walk.run(script.downgrade_ops)
    assert columns(walk) == {"t": ["id", "a", "d", "b", "c"]}


def test_computed_columns_come_after_their_sources(walk: Walk) -> None:
    walk.make(computed)
    script = walk.script(lambda metadata: Table("t", metadata, *table()))
    walk.run(script.upgrade_ops)
    assert columns(walk) == {"t": ["id"]}
    walk.run(script.downgrade_ops)
    assert columns(walk) == {"t": ["id", "a", "b", "total"]}


def test_another_order_is_no_difference(walk: Walk) -> None:
    walk.make(plain)
    assert walk.diffs(lambda metadata: Table("t", metadata, *table("d", "c", "b", "a"))) == []
