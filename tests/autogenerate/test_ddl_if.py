"""``ddl_if()``: what `create_all` leaves out of this database is not part of the models of an exact comparison."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, MetaData, Table, UniqueConstraint
from walking import Walk

OTHER = {"sqlite": "postgresql", "postgresql": "mysql", "mysql": "sqlite"}


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def walk(request: pytest.FixtureRequest) -> Iterator[Walk]:
    """A database of its own on each backend."""
    engine = sa.create_engine(request.getfixturevalue(f"{request.param}_url"), poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield Walk(connection, render_as_batch=request.param == "sqlite")
        connection.rollback()


def conditional(suffix: str, **condition: Any) -> list[Any]:
    """One of each kind, under the same condition."""
    made = [
        CheckConstraint("a > 5", name=f"ck_{suffix}"),
        UniqueConstraint("a", "b", name=f"uq_{suffix}"),
        ForeignKeyConstraint(["b"], ["p.id"], name=f"fk_{suffix}"),
        Index(f"ix_{suffix}", "a"),
    ]
    return [item.ddl_if(**condition) for item in made]


def models(metadata: MetaData, *items: Any) -> None:
    Table("p", metadata, Column("id", Integer, primary_key=True))
    Table("t", metadata, Column("id", Integer, primary_key=True), Column("a", Integer), Column("b", Integer), *items)


def not_this_name(_ddl: Any, _target: Any, bind: Any, *, dialect: Any, state: Any, **_: Any) -> bool:
    assert bind is None or bind.dialect is dialect
    return bool(dialect.name != state)


def both(metadata: MetaData) -> None:
    """Items for this database and for another one, by name and by a function."""
    here = metadata.info["dialect"]
    models(
        metadata,
        *conditional("here", dialect=here),
        *conditional("there", dialect=(OTHER[here], "acme")),
        *conditional("never", callable_=not_this_name, state=here),
    )


def in_place(walk: Walk, fill: Any) -> Any:
    def made(metadata: MetaData) -> None:
        metadata.info["dialect"] = walk.dialect
        fill(metadata)

    return made


def test_what_create_all_leaves_out_is_no_difference(walk: Walk) -> None:
    walk.make(in_place(walk, both))
    assert walk.diffs(in_place(walk, both)) == []


def test_a_new_table_has_what_applies(walk: Walk) -> None:
    walk.make(lambda _: None)
    script = walk.script(in_place(walk, both))
    text = walk.run(script.upgrade_ops)
    assert all(f"{kind}_here" in text for kind in ("ck", "uq", "fk", "ix"))
    assert "_there" not in text
    assert "_never" not in text
    assert walk.diffs(in_place(walk, both)) == []


def test_a_table_that_exists_gets_what_applies(walk: Walk) -> None:
    walk.make(models)
    script = walk.script(in_place(walk, both))
    text = walk.run(script.upgrade_ops)
    assert "_there" not in text
    assert "_never" not in text
    assert walk.diffs(in_place(walk, both)) == []
    walk.run(script.downgrade_ops)
    assert walk.diffs(models) == []
