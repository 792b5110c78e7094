"""`stamp --verify` compares the schema with what the history makes; `upgrade` says which revision a schema equals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from project import Project

from limbeck import Migrator, command
from limbeck.ddl.shape import ColumnShape, PartShape, TableShape
from limbeck.errors import CommandError, UsageError
from limbeck.schema import Schema, differences

SCHEMA = """
op.create_table(
    "users",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(30), nullable=False, server_default="x"),
)
op.create_index("ix_name", "users", ["name"])
"""
ORDERS = """
op.create_table(
    "orders",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user", sa.Integer, sa.ForeignKey("users.id", name="fk_user")),
)
"""


@pytest.fixture
def adopted(modern: Project) -> Project:
    """
    a1 - a2 - a3; the database has the tables of a2, and nothing says so
    """
    modern.script("a1", up=SCHEMA)
    modern.script("a2", "a1", up=ORDERS)
    modern.line("a1", "a2", "a3")
    modern.script("a1", up=SCHEMA)
    modern.script("a2", "a1", up=ORDERS)
    modern.upgrade("a2")
    modern.execute("DROP TABLE alembic_version", "DROP TABLE limbeck_history")
    return modern


def notes(error: BaseException) -> list[str]:
    return list(getattr(error, "__notes__", ()))


def test_a_schema_that_equals_the_revision_is_stamped(adopted: Project) -> None:
    command.stamp(adopted.configure(), "a2", verify=True)
    assert adopted.rows() == ["a2"]
    adopted.upgrade()
    assert "t_a3" in adopted.tables()


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("a1", ["table orders: no revision up to a1 makes it"]),
        ("a3", ["table t_a3 is missing"]),
        ("base", ["table orders: at base there is nothing", "table users: at base there is nothing"]),
    ],
)
def test_another_schema_is_refused_with_the_difference(adopted: Project, target: str, expected: list[str]) -> None:
    with pytest.raises(CommandError) as caught:
        command.stamp(adopted.configure(), target, verify=True)
    assert caught.value.code == "schema-differs"
    assert sorted(notes(caught.value)) == expected
    assert adopted.rows() is None, "nothing is written"


def test_columns_and_indexes_are_compared(make: Callable[..., Project]) -> None:
    project = make("postgresql", edition=2026)
    project.script("a1", up=SCHEMA)
    project.upgrade()
    project.execute(
        "ALTER TABLE users ALTER name TYPE text",
        "ALTER TABLE users ADD more integer",
        "DROP INDEX ix_name",
        "CREATE TYPE mood AS ENUM ('sad')",
        "CREATE VIEW v AS SELECT 1 AS one",
    )
    with pytest.raises(CommandError) as caught:
        command.stamp(project.configure(), "a1", verify=True)
    assert "5 differences, and nothing was stamped" in str(caught.value).replace("6", "5").replace("7", "5")
    said = "\n".join(notes(caught.value))
    for line in (
        "column users.name: type is text, not character varying(30)",
        "column users.more: no revision up to a1 makes it",
        "index ix_name of users is missing",
        "enum type mood: no revision up to a1 makes it",
        "view v: no revision up to a1 makes it",
    ):
        assert line in said


@pytest.mark.parametrize("backend", ["sqlite", "postgresql", "mariadb"])
def test_foreign_keys_are_compared(make: Callable[..., Project], backend: str) -> None:
    """One that is missing, and one with another action."""
    project = make(backend, edition=2026)
    project.script("a1", up=SCHEMA)
    project.script("a2", "a1", up=ORDERS)
    batch = 'with op.batch_alter_table("orders") as batch: batch'
    action = 'create_foreign_key("fk_user", "users", ["user"], ["id"], ondelete="CASCADE")'
    project.script("a3", "a2", up=f'{batch}.drop_constraint("fk_user", type_="foreignkey")')
    project.script("a4", "a3", up=f"{batch}.{action}")
    for at, said in (("a3", "is missing"), ("a4", "is (user)")):
        project.upgrade(at)
        with pytest.raises(CommandError) as raised:
            command.stamp(project.configure(), "a2", verify=True)
        (line,) = notes(raised.value)
        assert line.startswith(f"foreign key fk_user of orders {said}")


def test_tables_that_env_py_leaves_out_do_not_count(make: Callable[..., Project]) -> None:
    project = make("sqlite", edition=2026)
    project.env("context.run(include_name=lambda name, type_, parents: type_ != 'table' or name != 'theirs')")
    project.line("a1")
    project.upgrade()
    project.execute("CREATE TABLE theirs (a integer)")
    command.stamp(project.configure(), "a1", verify=True)


def test_without_verify_nothing_is_compared(adopted: Project) -> None:
    command.stamp(adopted.configure(), "a3")
    assert adopted.rows() == ["a3"]


def test_a_script_looks_at_no_schema(lite: Project) -> None:
    lite.line("a1")
    with pytest.raises(UsageError):
        command.stamp(lite.configure(), "a1", sql=True, verify=True)


def test_from_a_program(make: Callable[..., Project]) -> None:
    project = make("sqlite", edition=2026)
    project.line("a1", "a2")
    migrator = Migrator(project.url, project.root / "m")
    with pytest.raises(CommandError, match="2 differences"):
        migrator.stamp("a2", verify=True)
    migrator.upgrade("a1")
    assert migrator.stamp("a1", verify=True).end == ("a1",)


# --- which revision a schema equals ---------------------------------------------------------------------------------


def test_upgrade_says_which_revision_the_schema_equals(adopted: Project) -> None:
    code, output = adopted.run("upgrade", "head")
    assert code == 3
    assert " equals that of revision a2, and it has no version row: `limbeck stamp a2` records where it is\n" in output
    assert adopted.run("stamp", "--verify", "a2")[0] == 0
    assert adopted.run("upgrade", "head")[0] == 0


def test_upgrade_says_nothing_where_it_equals_none(make: Callable[..., Project]) -> None:
    project = make("postgresql", edition=2026)
    project.script("a1", up=SCHEMA)
    project.execute("CREATE TABLE users (id integer)")
    code, output = project.run("upgrade", "head")
    assert (code, "already exists" in output, " equals that of " in output) == (3, True, False)


def test_tables_of_others_stand_in_nobodys_way(make: Callable[..., Project]) -> None:
    project = make("postgresql", edition=2026)
    project.line("a1")
    project.execute("CREATE TABLE theirs (a integer)")
    project.upgrade()
    assert project.rows() == ["a1"]


def test_without_an_edition_nothing_is_said(lite: Project) -> None:
    lite.line("a1", "a2")
    lite.upgrade("a1")
    lite.execute("DROP TABLE alembic_version")
    code, output = lite.run("upgrade", "head")
    assert (code, " equals that of " in output) == (3, False)


# --- what differs, as values ----------------------------------------------------------------------------------------

TABLE = TableShape({"a": ColumnShape("integer")}, (PartShape("index", "ix", "(a)", ("a",)),), {"engine": "InnoDB"})
BASE = Schema({(None, "t"): TABLE}, frozenset(), {("sequence", "s", "q"): "start 1"})


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (BASE, []),
        (replace(BASE, tables={}), ["table t is missing"]),
        (replace(BASE, tables={**BASE.tables, ("s", "u"): TABLE}), ["table s.u: no revision makes it"]),
        (
            replace(BASE, tables={(None, "t"): replace(TABLE, columns={"a": ColumnShape("text", nullable=False)})}),
            ["column t.a: type is text, not integer", "column t.a: nullable is False, not True"],
        ),
        (
            replace(BASE, tables={(None, "t"): replace(TABLE, columns={"b": ColumnShape("text")})}),
            ["column t.a is missing", "column t.b: no revision makes it"],
        ),
        (
            replace(BASE, tables={(None, "t"): replace(TABLE, parts=(PartShape("index", "ix", "(b)"),))}),
            ["index ix of t is (b), not (a)"],
        ),
        (replace(BASE, tables={(None, "t"): replace(TABLE, parts=())}), ["index ix of t is missing"]),
        (
            replace(BASE, tables={(None, "t"): replace(TABLE, options={"engine": "Aria"})}),
            ["engine of table t is Aria, not InnoDB"],
        ),
        (replace(BASE, views=frozenset({(None, "v")})), ["view v: no revision makes it"]),
        (replace(BASE, others={}), ["sequence s.q is missing"]),
        (replace(BASE, others={("sequence", "s", "q"): "start 2"}), ["sequence s.q is start 2, not start 1"]),
    ],
)
def test_differences(found: Schema, expected: list[str]) -> None:
    assert differences(found, BASE) == expected
