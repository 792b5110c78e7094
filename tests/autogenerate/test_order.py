"""The order of operations where tables depend on each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Integer, MetaData, String, Table, UniqueConstraint

from limbeck.autogenerate import compare_metadata, produce_migrations
from limbeck.operations import Operations
from limbeck.operations.ops import ModifyTableOps
from limbeck.runtime.migration import MigrationContext

Fill = Callable[[MetaData], Any]


@pytest.fixture(params=["postgresql", "mariadb"])
def connection(request: pytest.FixtureRequest):
    engine = sa.create_engine(request.getfixturevalue(f"{request.param}_url"), poolclass=sa.NullPool)
    with engine.connect() as made:
        yield made


def filled(fill: Fill) -> MetaData:
    metadata = MetaData()
    fill(metadata)
    return metadata


def calls(ops: Any) -> list[str]:
    """Operations, each as a word and a name."""
    found = []
    for op in ops.ops:
        if isinstance(op, ModifyTableOps):
            found += [f"{each.to_call().name} {op.table_name}" for each in op.ops]
        else:
            found.append(f"{op.to_call().name} {op.table_name}")
    return found


def there_and_back(connection: sa.Connection, before: Fill, after: Fill) -> list[str]:
    """Create ``before``, upgrade to ``after`` and downgrade again; returns the calls of the upgrade."""
    filled(before).create_all(connection)
    context = MigrationContext.configure(connection)
    script = produce_migrations(context, filled(after))
    there = calls(script.upgrade_ops)
    carry_out(context, script.upgrade_ops)
    assert compare_metadata(context, filled(after)) == []
    carry_out(context, script.downgrade_ops)
    assert compare_metadata(context, filled(before)) == []
    return there


def carry_out(context: MigrationContext, ops: Any) -> None:
    operations = Operations(context)
    for op in ops.ops:
        for each in op.ops if isinstance(op, ModifyTableOps) else [op]:
            operations.invoke(each)


def nothing(m: MetaData) -> None:
    """No tables."""


def circle(m: MetaData, **options: Any) -> None:
    """egg -> hen -> egg"""
    Table("egg", m, Column("id", Integer, primary_key=True), Column("hen_id", Integer))
    Table(
        "hen",
        m,
        Column("id", Integer, primary_key=True),
        Column("egg_id", Integer, ForeignKey("egg.id", name="fk_egg")),
    )
    m.tables["egg"].append_constraint(ForeignKeyConstraint(["hen_id"], ["hen.id"], name="fk_hen", **options))


def test_tables_of_a_circle_are_created_before_the_key_that_closes_it(connection: sa.Connection) -> None:
    found = there_and_back(connection, nothing, lambda m: circle(m, use_alter=True))
    assert found[-1].startswith("create_foreign_key")
    assert sorted(found[:-1]) == ["create_table egg", "create_table hen"]


@pytest.mark.filterwarnings("ignore:.*unresolvable cycles.*")
def test_a_circle_does_not_need_use_alter(connection: sa.Connection) -> None:
    context = MigrationContext.configure(connection)
    script = produce_migrations(context, filled(circle))
    assert calls(script.upgrade_ops) == ["create_table egg", "create_table hen", "create_foreign_key egg"]
    carry_out(context, script.upgrade_ops)
    assert compare_metadata(context, filled(circle)) == []


def test_a_circle_is_dropped_key_first(connection: sa.Connection) -> None:
    found = there_and_back(connection, lambda m: circle(m, use_alter=True), nothing)
    assert found[0].startswith("drop_constraint")
    assert sorted(found[1:]) == ["drop_table egg", "drop_table hen"]


def chain(m: MetaData) -> None:
    """a -> b -> c, which is also the order in which they are dropped"""
    Table("c", m, Column("id", Integer, primary_key=True))
    Table("b", m, Column("id", Integer, primary_key=True), Column("c_id", Integer, ForeignKey("c.id")))
    Table("a", m, Column("id", Integer, primary_key=True), Column("b_id", Integer, ForeignKey("b.id")))


def test_removed_tables_go_dependents_first(connection: sa.Connection) -> None:
    assert there_and_back(connection, chain, nothing) == ["drop_table a", "drop_table b", "drop_table c"]


def test_the_key_to_a_removed_table_goes_before_it(connection: sa.Connection) -> None:
    def before(m: MetaData) -> None:
        Table("target", m, Column("id", Integer, primary_key=True))
        Table(
            "stays",
            m,
            Column("id", Integer, primary_key=True),
            Column("t", Integer, ForeignKey("target.id", name="fk_t")),
        )

    def after(m: MetaData) -> None:
        Table("stays", m, Column("id", Integer, primary_key=True))

    assert there_and_back(connection, before, after) == [
        "drop_constraint stays",
        "drop_table target",
        "drop_column stays",
    ]


def test_the_key_of_a_new_table_waits_for_the_column_that_it_refers_to(connection: sa.Connection) -> None:
    def before(m: MetaData) -> None:
        Table("old", m, Column("id", Integer, primary_key=True))

    def after(m: MetaData) -> None:
        Table(
            "old",
            m,
            Column("id", Integer, primary_key=True),
            Column("code", Integer),
            UniqueConstraint("code", name="uq"),
        )
        Table(
            "fresh",
            m,
            Column("id", Integer, primary_key=True),
            Column("c", Integer, ForeignKey("old.code", name="fk_c")),
        )

    assert there_and_back(connection, before, after) == [
        "create_table fresh",
        "add_column old",
        "create_unique_constraint old",
        "create_foreign_key fresh",
    ]


def test_a_key_between_old_tables_waits_for_the_unique_constraint(connection: sa.Connection) -> None:
    def tables(m: MetaData, *unique: Any, **kw: Any) -> None:
        Table("z", m, Column("id", Integer, primary_key=True), Column("code", Integer, nullable=False), *unique)

    def before(m: MetaData) -> None:
        tables(m)
        Table("a", m, Column("id", Integer, primary_key=True), Column("code", Integer, index=True))

    def after(m: MetaData) -> None:
        tables(m, UniqueConstraint("code", name="uq_code"))
        Table(
            "a",
            m,
            Column("id", Integer, primary_key=True),
            Column("code", Integer, ForeignKey("z.code", name="fk_code"), index=True),
        )

    assert there_and_back(connection, before, after) == ["create_unique_constraint z", "create_foreign_key a"]


def test_a_type_changed_on_both_ends_of_a_key_waits_for_its_drop(connection: sa.Connection) -> None:
    def tables(m: MetaData, type_: Any, *key: Any) -> None:
        Table("parent", m, Column("id", type_, primary_key=True, autoincrement=False))
        Table("child", m, Column("id", Integer, primary_key=True), Column("p", type_, *key, index=True))

    def before(m: MetaData) -> None:
        tables(m, Integer, ForeignKey("parent.id", name="fk_p"))

    filled(before).create_all(connection)
    context = MigrationContext.configure(connection)
    script = produce_migrations(context, filled(lambda m: tables(m, String(20))))
    assert calls(script.upgrade_ops) == ["drop_constraint child", "alter_column child", "alter_column parent"]


def test_nothing_moves_without_need(sqlite_url: str) -> None:
    """SQLite adds no constraint to a table that exists: the keys of a circle stay inline."""
    with sa.create_engine(sqlite_url).connect() as connection:
        script = produce_migrations(MigrationContext.configure(connection), filled(lambda m: circle(m, use_alter=True)))
    assert sorted(calls(script.upgrade_ops)) == ["create_table egg", "create_table hen"]


def test_the_same_order_on_every_run(sqlite_url: str) -> None:
    """No order depends on hashes: many tables, columns and indexes come in one order."""

    def many(m: MetaData) -> None:
        for number in range(20):
            columns = [Column(f"c{i}", Integer, index=True) for i in range(10)]
            Table(f"t{number:02}", m, Column("id", Integer, primary_key=True), *columns)

    with sa.create_engine(sqlite_url).connect() as connection:
        filled(many).create_all(connection)
        script = produce_migrations(MigrationContext.configure(connection), MetaData())
    names = [op.table_name for op in script.upgrade_ops.ops if not isinstance(op, ModifyTableOps)]
    assert names == sorted(names)
    indexes = [each.index_name for op in script.upgrade_ops.ops if isinstance(op, ModifyTableOps) for each in op.ops]
    assert indexes == sorted(indexes)
