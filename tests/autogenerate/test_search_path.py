"""What is meant without a schema is what the connection finds: env.py may have set the search path, or another role.

SQLAlchemy learns the default schema when an engine first connects, and does not notice a change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, Enum, ForeignKey, Integer, MetaData, String, Table
from sqlalchemy.dialects.postgresql import DOMAIN
from walking import Walk


@pytest.fixture
def connection(postgresql_url: str) -> Iterator[sa.Connection]:
    """A connection, in whose database schema ``app`` is; the engine has connected with the default search path."""
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE SCHEMA app")
        connection.commit()
        yield connection
        connection.rollback()


def shop(metadata: MetaData, *, schema: str | None = None, width: int = 20, check: str = "id > 0") -> None:
    """Tables with a serial, a foreign key, an enum type, a domain and a sequence."""
    mood = Enum("sad", "ok", name="mood", schema=schema)
    Table("b", metadata, Column("id", Integer, primary_key=True), Column("m", mood), schema=schema)
    Table(
        "a",
        metadata,
        Column("id", Integer, CheckConstraint(check, name="c"), primary_key=True),
        Column("b", ForeignKey("b.id" if schema is None else f"{schema}.b.id")),
        Column("name", String(width)),
        Column("p", DOMAIN("positive", Integer, check="VALUE > 0", schema=schema)),
        sa.Index("ix", "name"),
        schema=schema,
    )
    sa.Sequence("no", metadata=metadata, schema=schema)


def made(connection: sa.Connection, fill: Callable[[MetaData], Any] = shop) -> Walk:
    walk = Walk(connection)
    walk.metadata(fill).create_all(connection)
    return walk


PATHS = {
    "one schema": ["SET search_path = app"],
    "before the default one": ["SET search_path = app, public"],
    "until the end of the transaction": ["SET LOCAL search_path = app"],
    "a schema named as the role": ["CREATE SCHEMA {user}", "SET search_path = '$user', public"],
    "a role whose schema it is": ["CREATE ROLE {role}", "CREATE SCHEMA {role} AUTHORIZATION {role}", "SET ROLE {role}"],
}


@pytest.fixture(params=PATHS.values(), ids=PATHS)
def moved(request: pytest.FixtureRequest, connection: sa.Connection) -> sa.Connection:
    """A connection with another default schema; roles end with its transaction."""
    user = connection.exec_driver_sql("SELECT current_user").scalar_one()
    for statement in request.param:
        role = f"{connection.engine.url.database}_role"
        connection.exec_driver_sql(statement.format(user=user, role=role))
    return connection


def test_tables_of_the_search_path_are_compared(moved: sa.Connection) -> None:
    walk = made(moved)
    assert walk.diffs(shop) == []
    found = walk.diffs(lambda m: shop(m, width=30, check="id > 1"))
    assert sorted(str(each[0] if isinstance(each, tuple) else each[0][0]) for each in found) == [
        "add_constraint",
        "modify_type",
        "remove_constraint",
    ]


def test_the_script_runs_there(moved: sa.Connection) -> None:
    walk = made(moved)

    def after(metadata: MetaData) -> None:
        shop(metadata, width=30, check="id > 1")
        Table("c", metadata, Column("id", Integer, primary_key=True), Column("a", ForeignKey("a.id")))

    script = walk.script(after)
    walk.run(script.upgrade_ops)
    assert walk.diffs(after) == []
    walk.run(script.downgrade_ops)
    assert walk.diffs(shop) == []


def test_the_schema_of_the_search_path_by_name_is_the_same(connection: sa.Connection) -> None:
    connection.exec_driver_sql("SET search_path = app")
    walk = made(connection)
    assert walk.diffs(lambda m: shop(m, schema="app")) == []


def test_a_hidden_table_of_the_same_name_is_not_compared(connection: sa.Connection) -> None:
    """``public`` has other tables, types and sequences of the same names."""
    connection.exec_driver_sql("CREATE TABLE a (other text)")
    connection.exec_driver_sql("CREATE TYPE mood AS ENUM ('other')")
    connection.exec_driver_sql("CREATE DOMAIN positive AS int CHECK (VALUE > 99)")
    connection.exec_driver_sql("CREATE SEQUENCE no START 99")
    connection.exec_driver_sql("CREATE SCHEMA alone")
    connection.exec_driver_sql("SET search_path = app")
    made(connection)
    connection.exec_driver_sql("SET search_path = app, public")
    assert Walk(connection, drop_unknown=False).diffs(shop) == []


def test_a_table_that_the_path_finds_later_is_compared(connection: sa.Connection) -> None:
    """Models without a schema, in ``public``, the second schema of the path."""
    walk = made(connection)
    connection.exec_driver_sql("SET search_path = app, public")
    assert walk.diffs(shop) == []
    assert len(walk.diffs(lambda m: shop(m, width=30))) == 1


def test_temporary_tables_are_not_compared(connection: sa.Connection) -> None:
    walk = made(connection)
    connection.exec_driver_sql("CREATE TEMPORARY TABLE mine (id serial)")
    connection.exec_driver_sql("CREATE TEMPORARY SEQUENCE counter")
    connection.exec_driver_sql("CREATE TYPE pg_temp.kind AS ENUM ('a')")
    assert walk.diffs(shop) == []


@pytest.fixture
def both(connection: sa.Connection) -> sa.Connection:
    """A connection that finds ``app`` before ``public``, where the shop is; a table of ``app`` refers to it."""
    made(connection)
    connection.exec_driver_sql("CREATE TABLE app.own (b int REFERENCES public.b, m public.mood)")
    connection.exec_driver_sql("SET search_path = app, public")
    return connection


def shop_and_own(metadata: MetaData, *, schema: str | None) -> None:
    shop(metadata, schema=schema)
    b = metadata.tables["b" if schema is None else f"{schema}.b"]
    Table("own", metadata, Column("b", ForeignKey(b.c.id)), Column("m", b.c.m.type))


@pytest.mark.parametrize("include_schemas", [False, True])
@pytest.mark.parametrize("schema", [None, "public"])
def test_a_later_schema_is_compared_by_the_name_of_the_models(
    both: sa.Connection, schema: str | None, include_schemas: bool
) -> None:
    walk = Walk(both, include_schemas=include_schemas)
    assert walk.diffs(lambda m: shop_and_own(m, schema=schema)) == []


@pytest.mark.parametrize(("include_schemas", "schema"), [(False, None), (True, "public")])
def test_what_no_model_mentions_is_dropped_once(both: sa.Connection, include_schemas: bool, schema: str | None) -> None:
    found = Walk(both, include_schemas=include_schemas).diffs(lambda m: Table("own", m, Column("b", Integer)))
    dropped = [
        (each[0], each[1].schema, each[1].name) for each in found if each[0] in ("remove_table", "remove_sequence")
    ]
    assert dropped == [("remove_table", schema, "a"), ("remove_table", schema, "b"), ("remove_sequence", schema, "no")]


def test_filters_are_asked_for_the_one_name(both: sa.Connection) -> None:
    asked = []

    def include_name(name: str | None, kind: str, parents: dict[str, str | None]) -> bool:
        if kind == "table":
            asked.append((parents["schema_name"], name))
        return True

    Walk(both, include_schemas=True, include_name=include_name).diffs(shop)
    assert sorted(asked, key=str) == [(None, "a"), (None, "b"), (None, "own")]


def test_the_version_table_may_be_in_a_later_schema(both: sa.Connection) -> None:
    both.exec_driver_sql("CREATE TABLE public.alembic_version (version_num text)")
    walk = Walk(both, include_schemas=True)
    assert walk.diffs(lambda m: shop_and_own(m, schema=None)) == []


def test_a_model_may_hide_a_table_of_a_later_schema(both: sa.Connection) -> None:
    """The models have one of the name in each schema: the first is still to be created."""

    def fill(metadata: MetaData) -> None:
        shop_and_own(metadata, schema="public")
        Table("b", metadata, Column("id", Integer, primary_key=True))

    found = Walk(both, include_schemas=True).diffs(fill)
    assert [(each[0], each[1].schema, each[1].name) for each in found] == [("add_table", None, "b")]
