"""What a schema has: of a database and of models it is the same value, and the SQL of it makes the same schema."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from limbeck.results import EnumDescription, ForeignKeyDescription, IndexKeyDescription
from limbeck.runtime.migration import MigrationContext
from limbeck.schema_description import of_database, of_models

VIEW = "CREATE VIEW firms AS SELECT id FROM customers WHERE kind = 'firm'"


def models(dialect: str) -> sa.MetaData:
    """customers <- order items <- profiles, whose foreign keys are simple, of two columns, and the primary key."""
    metadata = sa.MetaData()
    tickets = sa.Sequence("tickets", start=5, metadata=metadata)
    sa.Table(
        "customers",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("email", sa.String(200), nullable=False, comment="where to write"),
        sa.Column("kind", sa.Enum("person", "firm", name="kind"), server_default="person"),
        sa.UniqueConstraint("email", name="uq_email"),
        comment="who buys",
    )
    sa.Table(
        "order items",
        metadata,
        sa.Column("order_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("price", sa.Numeric(10, 2), nullable=False),
        sa.Column("twice", sa.Numeric(10, 2), sa.Computed("price * 2", persisted=True)),
        sa.Column("customer_id", sa.ForeignKey("customers.id", name="fk_customer", ondelete="CASCADE"), index=True),
        sa.CheckConstraint("price >= 0", name="ck_price"),
    )
    sa.Table(
        "profiles",
        metadata,
        sa.Column(
            "customer_id", sa.ForeignKey("customers.id", name="fk_profile"), primary_key=True, autoincrement=False
        ),
        sa.Column("order_id", sa.Integer),
        sa.Column("number", sa.Integer),
        sa.Column("ticket", sa.BigInteger, server_default=None if dialect == "sqlite" else tickets.next_value()),
        sa.ForeignKeyConstraint(["order_id", "number"], ["order items.order_id", "order items.number"], name="fk_two"),
    )
    if dialect == "sqlite":
        metadata.tables["customers"].c.kind.type = sa.String(6)
    return metadata


def context(connection: Connection, metadata: sa.MetaData) -> MigrationContext:
    return MigrationContext.configure(connection, opts={"target_metadata": metadata, "edition": 2026})


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def engine(request: pytest.FixtureRequest):
    made = sa.create_engine(request.getfixturevalue(f"{request.param}_url"))
    yield made
    made.dispose()


def test_a_database_has_what_its_models_declare(engine: sa.Engine) -> None:
    metadata = models(engine.dialect.name)
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql(VIEW)
    with engine.connect() as connection:
        database = of_database(context(connection, metadata))
        declared = of_models(context(connection, metadata))
    tables = {table.name: table for table in database.tables}
    assert [table.name for table in database.tables] == ["customers", "order items", "profiles"]
    assert tables["order items"].primary_key == ("order_id", "number")
    assert tables["order items"].foreign_keys == (
        ForeignKeyDescription("fk_customer", ("customer_id",), "customers", None, ("id",), "CASCADE"),
    )
    assert tables["profiles"].foreign_keys[1] == ForeignKeyDescription(
        "fk_two", ("order_id", "number"), "order items", None, ("order_id", "number")
    )
    assert IndexKeyDescription("customer_id", True) in [
        key for index in tables["order items"].indexes for key in index.keys
    ]
    assert [check.name for check in tables["order items"].checks] == ["ck_price"]
    sequences = [] if engine.dialect.name == "sqlite" else [("sequence", "tickets")]
    assert [(each.kind, each.name) for each in database.objects] == [*sequences, ("view", "firms")]
    assert [(each.kind, each.name) for each in declared.objects] == sequences
    assert [
        (table.name, [(column.name, column.nullable, column.comment) for column in table.columns], table.comment)
        for table in database.tables
    ] == [
        (
            table.name,
            [(column.name, column.nullable, column.comment if commented(engine) else None) for column in table.columns],
            table.comment if commented(engine) else None,
        )
        for table in declared.tables
    ]
    enums = (EnumDescription("kind", None, ("person", "firm")),) if engine.dialect.name == "postgresql" else ()
    assert database.enums == enums


def commented(engine: sa.Engine) -> bool:
    return engine.dialect.supports_comments


def test_the_sql_makes_the_same_schema(engine: sa.Engine) -> None:
    metadata = models(engine.dialect.name)
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql(VIEW)
        before = of_database(context(connection, metadata))
        connection.exec_driver_sql("DROP VIEW firms")
    metadata.drop_all(engine)
    with engine.begin() as connection:
        assert of_database(context(connection, metadata)).tables == ()
        for statement in (*before.sql, *(one for each in before.objects for one in each.sql)):
            connection.exec_driver_sql(statement)
        assert of_database(context(connection, metadata)) == before


def test_columns_of_types_that_sqlalchemy_does_not_know(sqlite_url: str) -> None:
    with sa.create_engine(sqlite_url).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER PRIMARY KEY, anything, place)")
        found = of_database(context(connection, sa.MetaData()))
    assert [column.type for column in found.tables[0].columns] == ["INTEGER", "", ""]
    assert "anything" in found.sql[0]


def test_tables_of_limbeck_and_those_that_env_py_leaves_out_are_not_there(sqlite_url: str) -> None:
    def include_name(name: str | None, kind: str, parents: Any) -> bool:
        return name != "theirs"

    with sa.create_engine(sqlite_url).begin() as connection:
        for name in ("ours", "theirs", "alembic_version"):
            connection.exec_driver_sql(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY)")
        made = MigrationContext.configure(connection, opts={"include_name": include_name})
        assert [table.name for table in of_database(made).tables] == ["ours"]
