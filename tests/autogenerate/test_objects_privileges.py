# ruff: noqa: E501 - scripts as they are rendered
"""Grants and default privileges of PostgreSQL: compared as sets, changed, taken back; the rest is left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from inline_snapshot import snapshot
from sqlalchemy import Column, Enum, Integer, MetaData, Sequence, String, Table
from staging import Stage, make_role

from limbeck.errors import CommandError
from limbeck.objects import DefaultPrivileges, Function, Grant, Procedure, View

ROLES = ("limbeck_reader", "limbeck_writer", "Limbeck Odd")


@pytest.fixture
def stage(postgresql_url: str) -> Iterator[Stage]:
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        for role in ROLES:
            make_role(connection, role)
        yield Stage(connection)
        connection.rollback()


def declared(*objects: Callable[[MetaData], Any], more: bool = False) -> Callable[[MetaData], None]:
    """A model of the table ``orders`` and of objects."""

    def fill(m: MetaData) -> None:
        further = [Column("more", Integer)] if more else []
        Table("orders", m, Column("id", Integer, primary_key=True), Column("Na me", String(20)), *further)
        for each in objects:
            each(m)

    return fill


def grant(name: str, privileges: str = "", to: str = "limbeck_reader", **options: Any) -> Callable[[MetaData], Any]:
    return lambda m: Grant(name, m, privileges, to=to, **options)


def default(name: str, privileges: str = "", to: str = "limbeck_reader", **options: Any) -> Callable[[MetaData], Any]:
    return lambda m: DefaultPrivileges(name, m, privileges, to=to, **options)


def view(name: str, sql: str) -> Callable[[MetaData], Any]:
    return lambda m: View(name, m, sql)


def twice(m: MetaData) -> None:
    Function("twice", m, "CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT n * 2'")
    Procedure("clear", m, "CREATE PROCEDURE clear() LANGUAGE sql AS 'SELECT 1'")


def further(m: MetaData) -> None:
    Table("further", m, Column("id", Integer))


def mood(m: MetaData) -> None:
    Table("moods", m, Column("id", Integer), Column("mood", Enum("good", "bad", name="mood")))
    Sequence("numbers", metadata=m)
    Function("cheer", m, "CREATE FUNCTION cheer(m mood) RETURNS int LANGUAGE sql AS 'SELECT 1'")


LARGE = view("large", 'SELECT id, "Na me" FROM orders')
SMALL = view("large", "SELECT id FROM orders")

PAIRS: dict[str, tuple[Any, Any]] = {
    "a grant": (declared(), declared(grant("orders", "SELECT"))),
    "several, to several": (
        declared(grant("orders", "SELECT, INSERT"), grant("orders", "DELETE", to="Limbeck Odd")),
        declared(grant("orders", "select, update"), grant("orders", "ALL", to="Limbeck Odd")),
    ),
    "columns": (
        declared(grant("orders", 'SELECT (id), INSERT ("Na me", id)')),
        declared(grant("orders", 'SELECT (id, "Na me"), UPDATE')),
    ),
    "a column that comes": (
        declared(grant("orders", "SELECT (id)")),
        declared(grant("orders", "SELECT (id, more)"), more=True),
    ),
    "a column that goes and is in a grant": (
        declared(grant("orders", "SELECT (id, more), INSERT"), more=True),
        declared(grant("orders", "SELECT (id), INSERT")),
    ),
    "grant option": (
        declared(grant("orders", "SELECT", with_grant_option="INSERT")),
        declared(grant("orders", "INSERT", with_grant_option="SELECT, UPDATE (id)")),
    ),
    "everybody": (declared(), declared(grant("orders", "SELECT", to="public"))),
    "a view that loses a column": (
        declared(LARGE, grant("large", "SELECT")),
        declared(SMALL, grant("large", "SELECT")),
    ),
    "a view stands on a table that goes": (
        declared(further, view("v", "SELECT id FROM further"), grant("v", "SELECT")),
        declared(view("v", "SELECT id FROM orders"), grant("v", "SELECT")),
    ),
    "functions and procedures": (
        declared(twice, grant("twice(int)", "EXECUTE", on="function")),
        declared(
            twice,
            grant("twice", "ALL", to="limbeck_writer", on="function"),
            grant("clear()", "EXECUTE", on="procedure"),
        ),
    ),
    "types, sequences, schemas": (
        declared(mood),
        declared(
            mood,
            grant("mood", "USAGE", on="type"),
            grant("numbers", "USAGE, SELECT", on="sequence"),
            grant("public", "CREATE", on="schema"),
            grant("cheer(mood)", "EXECUTE", on="function"),
        ),
    ),
    "default privileges": (
        declared(default("sequences", "SELECT"), default("functions", "EXECUTE", schema="public")),
        declared(
            default("sequences", "SELECT", with_grant_option="USAGE"),
            default("tables", "ALL", owner="limbeck_writer", schema="public"),
        ),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_there_and_back(stage: Stage, name: str) -> None:
    stage.there_and_back(*PAIRS[name])


def test_the_operations(stage: Stage) -> None:
    stage.make(declared(grant("orders", "SELECT, INSERT")))
    script = stage.compare(
        declared(
            grant("orders", 'SELECT, UPDATE ("Na me")', with_grant_option="DELETE"),
            default("tables", "SELECT", schema="public"),
        )
    )
    assert stage.text(script.upgrade_ops) == snapshot("""\
op.create_object('default_privileges', 'IN SCHEMA public ON TABLES TO limbeck_reader', 'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO limbeck_reader')
op.replace_object(
    'grant',
    'TABLE orders TO limbeck_reader',
    'GRANT SELECT, UPDATE ("Na me") ON TABLE orders TO limbeck_reader;\\n'
    'GRANT DELETE ON TABLE orders TO limbeck_reader WITH GRANT OPTION',
    existing={'definition': 'GRANT INSERT, SELECT ON TABLE orders TO limbeck_reader'}
)\
""")
    assert stage.text(script.downgrade_ops) == snapshot("""\
op.replace_object(
    'grant',
    'TABLE orders TO limbeck_reader',
    'GRANT INSERT, SELECT ON TABLE orders TO limbeck_reader',
    existing={'definition': 'GRANT SELECT, UPDATE ("Na me") ON TABLE orders TO limbeck_reader;\\n'
    'GRANT DELETE ON TABLE orders TO limbeck_reader WITH GRANT OPTION'}
)
op.drop_object('default_privileges', 'IN SCHEMA public ON TABLES TO limbeck_reader', 'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO limbeck_reader')\
""")


def test_what_is_not_mentioned_is_left_alone(stage: Stage) -> None:
    stage.make(declared(grant("orders", "SELECT")))
    for statement in (
        "GRANT INSERT ON orders TO limbeck_writer",
        "GRANT USAGE ON SCHEMA public TO limbeck_reader",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO limbeck_reader",
    ):
        stage.connection.exec_driver_sql(statement)
    stage.connection.commit()
    stage.options["drop_unknown"] = False
    assert stage.diffs(declared(grant("orders", "SELECT"))) == []
    stage.connection.exec_driver_sql("GRANT UPDATE ON orders TO limbeck_reader")
    assert [each[:3] for each in stage.diffs(declared(grant("orders", "SELECT")))] == [
        ("modify_grant", None, "TABLE orders TO limbeck_reader")
    ]


def test_privileges_that_come_by_themselves(stage: Stage) -> None:
    fill = declared(twice, grant("twice(int)", "EXECUTE", to="PUBLIC", on="function"))
    stage.make(declared(twice))
    assert stage.diffs(fill) == []
    owner = stage.connection.scalar(sa.text("SELECT current_user"))
    stage.make(declared(grant("orders", "SELECT", to=str(owner))))


def test_roles_that_are_not_there(stage: Stage) -> None:
    with pytest.raises(CommandError) as raised:
        stage.compare(declared(grant("orders", "SELECT", to="nobody"), default("tables", "SELECT", owner="no one")))
    assert (raised.value.code, str(raised.value)) == snapshot(
        ("no-such-role", "The server has no roles 'no one', 'nobody', to which the models grant privileges")
    )


def test_privileges_that_are_not_there(stage: Stage) -> None:
    with pytest.raises(CommandError, match=r"refuses grant TABLE orders .* there is no privilege EXECUTE on tables"):
        stage.compare(declared(grant("orders", "EXECUTE")))
    with pytest.raises(CommandError, match="there are no privileges on 'view'"):
        grant("orders", "SELECT", on="view")(MetaData())
    with pytest.raises(CommandError, match="declared twice"):
        declared(grant("orders", "SELECT"), grant("orders", "INSERT"))(MetaData())


def test_models_without_grants_do_not_read_them(stage: Stage) -> None:
    stage.options["compare_objects"] = False
    asked: list[str] = []
    sa.event.listen(stage.connection, "before_cursor_execute", lambda *args: asked.append(args[2]))
    assert len(stage.diffs(declared(LARGE))) == 2
    assert [each for each in asked if "aclexplode" in each] == []
    assert len(stage.diffs(declared(LARGE, grant("large", "SELECT")))) == 3
    assert [each for each in asked if "aclexplode" in each] != []
