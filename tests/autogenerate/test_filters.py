"""include_name and include_object: what they are called with, and what they leave out."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from inline_snapshot import snapshot
from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, Table, UniqueConstraint

from limbeck.autogenerate import produce_migrations
from limbeck.operations.call import ColumnDefinition
from limbeck.operations.ops import ModifyTableOps
from limbeck.runtime.migration import MigrationContext


def before() -> MetaData:
    m = MetaData()
    Table("parent", m, Column("id", Integer, primary_key=True), Column("x", Integer))
    Table(
        "child",
        m,
        Column("id", Integer, primary_key=True),
        Column("p", Integer, ForeignKey("parent.id", name="fk_p")),
        Column("gone", Integer),
        UniqueConstraint("p", name="uq_p"),
        Index("ix_gone", "gone"),
    )
    Table("dropped", m, Column("id", Integer, primary_key=True), Index("ix_dropped", "id"))
    return m


def after() -> MetaData:
    m = MetaData()
    Table("parent", m, Column("id", Integer, primary_key=True), Column("x", Integer))
    Table(
        "child",
        m,
        Column("id", Integer, primary_key=True),
        Column("p", Integer, ForeignKey("parent.id", name="fk_p", ondelete="CASCADE")),
        Column("fresh", Integer),
        UniqueConstraint("fresh", name="uq_fresh"),
        Index("ix_fresh", "fresh"),
    )
    Table("added", m, Column("id", Integer, primary_key=True), Index("ix_added", "id"))
    return m


def found(connection: sa.Connection, **options: Any) -> list[str]:
    """The differences, each as a word and a name."""
    context = MigrationContext.configure(connection, opts=options)
    operations = produce_migrations(context, after()).upgrade_ops.ops
    flat = [each for op in operations for each in (op.ops if isinstance(op, ModifyTableOps) else [op])]
    calls = [each.to_call() for each in flat]
    return [f"{call.name} {next((str(named(arg)) for arg in call.args if arg != 'child'), '')}" for call in calls]


def named(argument: Any) -> Any:
    """The column of a column's definition; any other argument as it is."""
    return argument.column if isinstance(argument, ColumnDefinition) else argument


@pytest.fixture
def connection(sqlite_url: str):
    with sa.create_engine(sqlite_url).connect() as made:
        before().create_all(made)
        yield made


def test_everything(connection: sa.Connection):
    assert found(connection) == snapshot(
        [
            "create_table added",
            "create_index ix_added",
            "drop_index ix_dropped",
            "drop_table dropped",
            "drop_constraint fk_p",
            "add_column child.fresh",
            "drop_index ix_gone",
            "drop_constraint uq_p",
            "create_index ix_fresh",
            "create_unique_constraint uq_fresh",
            "create_foreign_key fk_p",
            "drop_column gone",
        ]
    )


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        ("table", "add_column drop_column create_index drop_index create_table drop_table"),
        ("column", "add_column drop_column"),
        ("index", "create_index drop_index"),
        ("unique_constraint", "create_unique_constraint"),
        ("foreign_key_constraint", "create_foreign_key"),
    ],
)
def test_include_object_leaves_out_kinds(connection: sa.Connection, kind: str, missing: str):
    found_now = " ".join(found(connection, include_object=lambda _object, _name, type_, *_: type_ != kind))
    assert [word for word in missing.split() if f"{word} " in found_now] == []


def test_arguments_of_include_object(connection: sa.Connection):
    asked = []

    def include_object(object_, name, type_, reflected, compare_to):
        asked.append((type(object_).__name__, name, type_, reflected, type(compare_to).__name__))
        return True

    found(connection, include_object=include_object)
    assert asked == snapshot(
        [
            ("Table", "added", "table", False, "NoneType"),
            ("Index", "ix_added", "index", False, "NoneType"),
            ("Table", "dropped", "table", True, "NoneType"),
            ("Index", "ix_dropped", "index", True, "NoneType"),
            ("Table", "child", "table", False, "Table"),
            ("Column", "fresh", "column", False, "NoneType"),
            ("Column", "id", "column", False, "Column"),
            ("Column", "p", "column", False, "Column"),
            ("Index", "ix_gone", "index", True, "NoneType"),
            ("UniqueConstraint", "uq_p", "unique_constraint", True, "NoneType"),
            ("Index", "ix_fresh", "index", False, "NoneType"),
            ("UniqueConstraint", "uq_fresh", "unique_constraint", False, "NoneType"),
            ("ForeignKeyConstraint", "fk_p", "foreign_key_constraint", True, "ForeignKeyConstraint"),
            ("ForeignKeyConstraint", "fk_p", "foreign_key_constraint", False, "ForeignKeyConstraint"),
            ("Column", "gone", "column", True, "NoneType"),
            ("Table", "parent", "table", False, "Table"),
            ("Column", "id", "column", False, "Column"),
            ("Column", "x", "column", False, "Column"),
        ]
    )


def test_arguments_of_include_name(connection: sa.Connection):
    asked = []

    def include_name(name, type_, parent_names):
        asked.append((type_, name, parent_names.get("schema_qualified_table_name")))
        return True

    found(connection, include_name=include_name)
    assert asked == snapshot(
        [
            ("schema", None, None),
            ("table", "child", "child"),
            ("table", "dropped", "dropped"),
            ("table", "parent", "parent"),
            ("index", "ix_dropped", "dropped"),
            ("column", "id", "child"),
            ("column", "p", "child"),
            ("column", "gone", "child"),
            ("unique_constraint", "uq_p", "child"),
            ("index", "ix_gone", "child"),
            ("foreign_key_constraint", "fk_p", "child"),
            ("column", "id", "parent"),
            ("column", "x", "parent"),
        ]
    )


def test_tables_that_are_not_included_are_not_dropped(connection: sa.Connection):
    names = found(connection, include_name=lambda name, type_, _parents: type_ != "table" or name != "dropped")
    assert "drop_table dropped" not in names


def test_a_table_of_the_models_whose_name_is_not_included_seems_new(connection: sa.Connection):
    names = found(connection, include_name=lambda name, type_, _parents: type_ != "table" or name != "parent")
    assert "create_table parent" in names


def test_the_version_table_is_not_compared(connection: sa.Connection):
    connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32))")
    connection.exec_driver_sql("CREATE TABLE versions (version_num VARCHAR(32))")
    assert "drop_table versions" in found(connection)
    names = found(connection, version_table="versions")
    assert "drop_table alembic_version" in names
    assert "drop_table versions" not in names


def test_foreign_keys_to_tables_that_are_not_included_refer_to_placeholders(connection: sa.Connection):
    reflected = []

    def include_object(object_, name, type_, is_reflected, compare_to):
        if type_ == "foreign_key_constraint" and is_reflected:
            reflected.append(object_.elements[0].column.table.info)
        return True

    found(connection, include_object=include_object, include_name=lambda name, *_: name != "parent")
    assert reflected == [{"alembic_placeholder": True}]
