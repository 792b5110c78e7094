"""Partitions of PostgreSQL: declared with their table, compared by the bounds that the server writes, taken back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, Date, Integer, MetaData, String, Table
from staging import Stage

from limbeck.errors import CommandError
from limbeck.objects import Partition, Trigger, View
from limbeck.operations import Operations


@pytest.fixture
def stage(postgresql_url: str) -> Iterator[Stage]:
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield Stage(connection, compare_objects=False, include_schemas=True)
        connection.rollback()


Y2025 = "FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')"
Y2026 = "for values from (date '2026-01-01') to ('2027-01-01'::date)"
HALF = "FOR VALUES FROM ('2026-01-01') TO ('2026-07-01')"


def orders(m: MetaData, *columns: Any) -> Table:
    day = Column("day", Date, primary_key=True)
    return Table(
        "orders", m, Column("id", Integer, primary_key=True), day, *columns, postgresql_partition_by="RANGE (day)"
    )


def declared(*partitions: tuple[str, str], further: Callable[[MetaData, Table], Any] | None = None) -> Any:
    """A model of the partitioned table ``orders`` with partitions."""

    def fill(m: MetaData) -> None:
        table = orders(m)
        for name, bounds in partitions:
            Partition(name, table, bounds)
        if further is not None:
            further(m, table)

    return fill


def with_parts(m: MetaData, table: Table) -> None:
    year = Partition("orders_2027", table, "FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')", partition_by="LIST (id)")
    Partition("orders_2027_one", year, "FOR VALUES IN (1, 2)")
    Partition("orders_2027_rest", year, "DEFAULT")


def hashed(m: MetaData) -> None:
    table = Table("h", m, Column("id", Integer, primary_key=True), schema="app", postgresql_partition_by="HASH (id)")
    for number in range(2):
        Partition(f'ha "{number}"', table, f"FOR VALUES WITH (MODULUS 2, REMAINDER {number})")


PAIRS: dict[str, tuple[Any, Any]] = {
    "with their table": (lambda m: None, declared(("orders_2025", Y2025), ("orders_2026", Y2026))),
    "one more": (declared(("orders_2025", Y2025)), declared(("orders_2025", Y2025), ("orders_2026", Y2026))),
    "other bounds": (declared(("orders_2026", Y2026)), declared(("orders_2026", HALF))),
    "one for the rest": (declared(("orders_2026", Y2026)), declared(("orders_2026", Y2026), ("rest", "DEFAULT"))),
    "partitions of a partition": (declared(), declared(further=with_parts)),
    "names to be quoted, in a schema": (lambda m: None, hashed),
    "a view on one": (
        declared(("orders_2025", Y2025)),
        declared(
            ("orders_2025", Y2025),
            ("orders_2026", Y2026),
            further=lambda m, _: View("this_year", m, "SELECT id FROM orders_2026"),
        ),
    ),
    "a trigger on the table": (
        declared(("orders_2025", Y2025)),
        declared(
            ("orders_2025", Y2025),
            further=lambda m, _: Trigger(
                "same",
                m,
                "CREATE TRIGGER same BEFORE UPDATE ON orders FOR EACH ROW "
                "EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            ),
        ),
    ),
}


@pytest.mark.parametrize("case", PAIRS)
def test_a_pair(stage: Stage, case: str) -> None:
    """Created, compared: nothing; changed by the script, compared: nothing; taken back, as before."""
    first, second = PAIRS[case]
    stage.connection.exec_driver_sql("CREATE SCHEMA app")
    stage.make(first)
    assert stage.diffs(first) == []
    before = shape(stage)
    script = stage.compare(second)
    stage.run(script.upgrade_ops)
    assert stage.diffs(second) == []
    stage.run(script.downgrade_ops)
    assert shape(stage) == before


def shape(stage: Stage) -> list[Any]:
    rows = stage.connection.execute(
        sa.text(
            "SELECT c.relname, pg_get_expr(c.relpartbound, c.oid), c.relkind FROM pg_class c "
            "WHERE c.relkind IN ('r', 'p', 'v') AND c.relnamespace IN ('public'::regnamespace, 'app'::regnamespace) "
            "ORDER BY 1"
        )
    ).all()
    stage.connection.commit()
    return list(rows)


def fill_rows(stage: Stage, *days: str) -> None:
    for number, day in enumerate(days):
        stage.connection.execute(sa.text("INSERT INTO orders VALUES (:n, :d)"), {"n": number, "d": day})
    stage.connection.commit()


def count(stage: Stage, table: str) -> int:
    found = int(stage.connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() or 0)
    stage.connection.commit()
    return found


def test_partitions_that_no_model_mentions_are_left_alone(stage: Stage) -> None:
    stage.make(declared(("orders_2025", Y2025)))
    stage.connection.exec_driver_sql(
        "CREATE TABLE by_a_job PARTITION OF orders FOR VALUES FROM ('2030-01-01') TO ('2031-01-01')"
    )
    stage.connection.commit()
    assert stage.diffs(declared(("orders_2025", Y2025))) == []
    assert stage.diffs(declared()) == []


def test_one_that_is_no_longer_declared_keeps_its_rows(stage: Stage) -> None:
    stage.make(declared(("orders_2025", Y2025), ("orders_2026", Y2026)))
    fill_rows(stage, "2025-05-05", "2026-05-05")
    script = stage.compare(declared(("orders_2026", Y2026)))
    text = stage.text(script.upgrade_ops)
    assert re.search(r"op\.detach_partition\(\s*'orders_2025',\s*\"FOR VALUES FROM \('2025-01-01'\)", text)
    stage.run(script.upgrade_ops)
    assert (count(stage, "orders"), count(stage, "orders_2025")) == (1, 1)
    stage.run(script.downgrade_ops)
    assert count(stage, "orders") == 2


def test_a_table_becomes_a_partition(stage: Stage) -> None:
    def apart(m: MetaData) -> None:
        orders(m)
        Table(
            "orders_2025",
            m,
            Column("id", Integer, primary_key=True),
            Column("day", Date, primary_key=True),
            sa.Index("ix_day", "day"),
        )

    stage.make(apart)
    stage.connection.exec_driver_sql("INSERT INTO orders_2025 VALUES (1, '2025-05-05')")
    stage.connection.commit()
    script = stage.compare(declared(("orders_2025", Y2025)))
    assert "op.attach_partition('orders_2025'" in stage.text(script.upgrade_ops).replace("(\n    ", "(")
    assert "drop_table" not in stage.text(script.upgrade_ops)
    stage.run(script.upgrade_ops)
    assert count(stage, "orders") == 1
    assert stage.diffs(declared(("orders_2025", Y2025))) == []
    stage.run(script.downgrade_ops)
    assert (count(stage, "orders"), count(stage, "orders_2025")) == (0, 1)


def test_rows_outside_of_other_bounds_are_refused_and_kept(stage: Stage) -> None:
    stage.make(declared(("orders_2026", Y2026)))
    fill_rows(stage, "2026-10-10")
    with pytest.raises(sa.exc.DBAPIError, match="is violated by some row"):
        stage.make(declared(("orders_2026", HALF)))
    stage.connection.rollback()
    assert count(stage, "orders") == 1


def test_partitions_go_with_their_table(stage: Stage) -> None:
    stage.options["compare_objects"] = True
    stage.make(declared(("orders_2025", Y2025)))
    script = stage.compare(lambda m: None)
    assert "op.drop_partition" in stage.text(script.upgrade_ops)
    stage.run(script.upgrade_ops)
    stage.run(script.downgrade_ops)
    assert stage.diffs(declared(("orders_2025", Y2025))) == []


def test_by_hand(stage: Stage) -> None:
    stage.make(declared())
    op = Operations(stage.context())
    op.create_partition("p", "FOR VALUES FROM ('2025-01-01') TO ('2025-02-01')", table_name="orders")
    op.detach_partition("p", table_name="orders")
    op.attach_partition("p", "DEFAULT", table_name="orders")
    op.drop_partition("p", table_name="orders")
    stage.connection.commit()
    assert [name for name, *_ in shape_of(stage)] == ["orders"]


def shape_of(stage: Stage) -> list[Any]:
    stage.connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS app")
    return shape(stage)


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda m: Partition("p", m, "DEFAULT"), "second argument is the partitioned Table, not MetaData"),
        (
            lambda m: Partition("p", Table("t", m, Column("a", String)), "DEFAULT"),
            "Partition 'p': t is not partitioned",
        ),
        (lambda m: Partition("p", orders(m), ""), "its definition is SQL text, not an empty one"),
    ],
)
def test_a_declaration_that_cannot_be(declare: Any, message: str) -> None:
    with pytest.raises(CommandError, match=re.escape(message)) as raised:
        declare(MetaData())
    assert raised.value.code == "bad-object"


def test_bounds_that_the_server_refuses(stage: Stage) -> None:
    with pytest.raises(CommandError, match="refuses partition p of orders, line 1 of its text: syntax error") as raised:
        stage.compare(declared(("p", "FOR VALUE FROM ('2025-01-01')")))
    assert (raised.value.code, raised.value.file) == ("object-syntax", __file__)
