"""``limbeck show --schema``, ``diff`` and ``blame``: a schema through its history.

first --- second --- third --- fourth
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from clones import Clone
from command_line import limbeck
from inline_snapshot import snapshot
from json_document import document

from limbeck import command
from limbeck.errors import CommandError

HISTORY = {
    "first": """\
op.create_table(
        "account",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("nick", sa.String(50), nullable=False),
        sa.Column("age", sa.Integer),
    )
    op.create_table("team", sa.Column("id", sa.Integer, primary_key=True))""",
    "second": """\
with op.batch_alter_table("account") as batch:
        batch.alter_column("nick", new_column_name="name", existing_type=sa.String(50), existing_nullable=False)
        batch.add_column(sa.Column("team_id", sa.Integer))
        batch.create_foreign_key("fk_team", "team", ["team_id"], ["id"])""",
    "third": """\
op.rename_table("account", "user_account")
    op.create_index("ix_name", "user_account", ["name"])
    op.execute("ALTER TABLE user_account ADD COLUMN city VARCHAR(20)")
    op.execute("UPDATE user_account SET city = 'Graz'")""",
    "fourth": """\
with op.batch_alter_table("user_account") as batch:
        batch.drop_column("age")
        batch.alter_column("name", type_=sa.String(80), existing_type=sa.String(50), existing_nullable=False)""",
}


def written(root: Path, url: str = "") -> Clone:
    """A repository with the history, a commit each."""
    clone = Clone.first(root, url)
    for name, body in HISTORY.items():
        clone.add(name, body)
    return clone


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """The history on SQLite."""
    return written(tmp_path_factory.mktemp("tracing") / "clone")


@pytest.fixture(params=["postgresql", "mariadb"])
def served(tmp_path: Path, request: pytest.FixtureRequest) -> Clone:
    """The history for a database on a server."""
    url = request.getfixturevalue(f"{request.param}_url")
    return written(tmp_path / "clone", url.replace("%", "%%"))


def printed(clone: Clone, verb: str, *arguments: str, **options: bool) -> str:
    """What a command prints."""
    getattr(command, verb)(clone.config(), *arguments, **options)
    text = clone.out.getvalue().replace(f"{clone.versions}/", "")
    return re.sub(r"\d{4}-\d\d-\d\d( [\d.:]+\d)?", "DATE", text)


# --- show -------------------------------------------------------------------------------------------------------------


def test_schema_at_a_revision(made: Clone) -> None:
    title, _, shown = printed(made, "show", "second", schema=True).partition("\n\n")
    assert title.endswith("test.db, as it is at second: 2 tables")
    assert shown == snapshot("""\
team
  id  INTEGER  PRIMARY KEY

account
  id       INTEGER      PRIMARY KEY
  name     VARCHAR(50)  NOT NULL
  age      INTEGER
  team_id  INTEGER      REFERENCES team (id)
""")
    assert printed(made, "show", "base", schema=True).endswith(": 0 tables\n")


def test_schema_on_servers(served: Clone) -> None:
    shown = printed(served, "show", "head", schema=True)
    assert "\nuser_account\n" in shown
    assert re.search(r"team_id .*REFERENCES team \(id\)", shown)
    assert re.search(r"INDEX \(name\) .*ix_name", shown)
    assert " age " not in shown


def test_schema_as_json(made: Clone) -> None:
    done = limbeck(made.root, "show", "first", "--schema", "--json")
    assert done.returncode == 0, done.stderr
    found = document(done.stdout)
    assert (found["schema"], found["source"]) == ("limbeck.schemas", "first")
    account, team = found["databases"][0]["tables"]
    assert (account["name"], team["name"]) == ("account", "team")
    assert [(one["name"], one["nullable"]) for one in account["columns"]] == [
        ("id", False),
        ("nick", False),
        ("age", True),
    ]


# --- diff -------------------------------------------------------------------------------------------------------------


def test_diff(made: Clone) -> None:
    assert printed(made, "diff", "first", "second") == snapshot("""\
add column account.name
add column account.team_id
drop column account.nick
create foreign key fk_team on account
""")
    assert printed(made, "diff", "second", "second") == "no difference\n"
    shown = printed(made, "diff", "third", "fourth", sql=True)
    assert shown.startswith("alter column user_account.name\ndrop column user_account.age\n  PRAGMA")
    assert "  CREATE TABLE _alembic_tmp_user_account (" in shown


def test_diff_goes_both_ways(made: Clone) -> None:
    """What one way adds the other drops, also from and to nothing."""
    assert printed(made, "diff", "base", "first") == snapshot("""\
create table account
create table team
""")
    assert printed(made, "diff", "first", "base") == snapshot("""\
drop table account
drop table team
""")


def test_diff_on_servers(served: Clone) -> None:
    shown = printed(served, "diff", "first", "head", sql=True)
    assert "create table user_account" in shown
    assert "drop table account" in shown
    assert "DROP TABLE account" in shown
    result = command.diff(served.config(), "third", "fourth")
    (database,) = result.databases
    assert sorted(one.text for one in database.operations) == [
        "alter column user_account.name",
        "drop column user_account.age",
    ]


def test_diff_of_other_objects(tmp_path: Path, postgresql_url: str) -> None:
    """Enum types, sequences, views and functions."""
    clone = Clone.first(tmp_path / "clone", postgresql_url.replace("%", "%%"))
    clone.add("a1", 'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))', commit=False)
    body = """\
op.create_enum("mood", ["sad", "glad"])
    op.add_column("t", sa.Column("mood", sa.Enum("sad", "glad", name="mood", create_type=False)))
    op.create_sequence("counter")
    op.create_view("sad", "SELECT id FROM t WHERE mood = 'sad'")
    op.create_function("one", "CREATE FUNCTION one() RETURNS integer LANGUAGE sql AS 'SELECT 1'")"""
    clone.add("a2", body, commit=False)
    shown = printed(clone, "diff", "a1", "a2")
    assert re.sub("counter: cache 1.*", "counter", shown) == snapshot("""\
create enum mood
add column t.mood
create function one
create view sad
create sequence counter
""")
    assert printed(clone, "diff", "a2", "a1") == snapshot("""\
drop view sad
drop function one
drop column t.mood
drop sequence counter
drop enum type mood
""")
    shown = printed(clone, "show", "a2", schema=True)
    made = ["enum type mood: sad, glad", "function one", "sequence counter", "view sad"]
    assert sorted(re.findall(r"^(?:enum type|view|function|sequence).*", shown, flags=re.MULTILINE)) == made


def test_diff_as_json(made: Clone) -> None:
    done = limbeck(made.root, "diff", "second", "third", "--json")
    assert done.returncode == 0, done.stderr
    found = document(done.stdout)
    assert (found["schema"], found["start"], found["end"]) == ("limbeck.diff", "second", "third")
    assert all(one["sql"] for one in found["databases"][0]["operations"])


def test_diff_of_what_is_not_there(made: Clone) -> None:
    with pytest.raises(CommandError, match="Can't locate revision identified by 'fifth'"):
        command.diff(made.config(), "first", "fifth")


# --- blame ------------------------------------------------------------------------------------------------------------


def short(text: str) -> str:
    """What is printed, without hashes."""
    return re.sub(r"[0-9a-f]{8} by", "HASH by", text)


def test_blame_follows_renames(made: Clone) -> None:
    """A table and a column under all the names that they have had; the commit is that of the line."""
    assert short(printed(made, "blame", "user_account.name")) == snapshot("""\
fourth, add fourth, DATE: HASH by Ada, add fourth
  alter column user_account.name (fourth_add_fourth.py:24)
third, add third, DATE: HASH by Ada, add third
  create index ix_name on user_account (third_add_third.py:23)
  rename table account to user_account (third_add_third.py:22)
second, add second, DATE: HASH by Ada, add second
  alter column account.nick (second_add_second.py:23)
first, add first, DATE: HASH by Ada, add first
  create table account (first_add_first.py:22)
""")
    assert short(printed(made, "blame", "user_account")) == snapshot("""\
fourth, add fourth, DATE: HASH by Ada, add fourth
  alter column user_account.name (fourth_add_fourth.py:24)
  drop column user_account.age (fourth_add_fourth.py:23)
third, add third, DATE: HASH by Ada, add third
  execute ALTER TABLE user_account ADD COLUMN city VARCHAR(20) (third_add_third.py:24)
  create index ix_name on user_account (third_add_third.py:23)
  rename table account to user_account (third_add_third.py:22)
second, add second, DATE: HASH by Ada, add second
  create foreign key fk_team on account (second_add_second.py:25)
  add column account.team_id (second_add_second.py:24)
  alter column account.nick (second_add_second.py:23)
first, add first, DATE: HASH by Ada, add first
  create table account (first_add_first.py:22)
""")


def test_blame_reads_sql(made: Clone) -> None:
    assert short(printed(made, "blame", "user_account.city", sql=True)) == snapshot("""\
third, add third, DATE: HASH by Ada, add third
  execute ALTER TABLE user_account ADD COLUMN city VARCHAR(20) (third_add_third.py:24)
    ALTER TABLE user_account ADD COLUMN city VARCHAR(20);
""")


def test_blame_of_what_is_gone(made: Clone) -> None:
    """A column that was dropped says so, and who made it."""
    result = command.blame(made.config(), "user_account.age")
    assert [(one.revision, one.text) for one in result.done] == [
        ("fourth", "drop column user_account.age"),
        ("third", "rename table account to user_account"),
        ("first", "create table account"),
    ]


def test_blame_on_servers(served: Clone) -> None:
    result = command.blame(served.config(), "user_account.name")
    assert [one.revision for one in result.done] == ["fourth", "third", "third", "second", "first"]
    assert {one.commit.author for one in result.done if one.commit} == {"Ada"}
    assert {one.commit.subject for one in result.done if one.commit} == {f"add {name}" for name in HISTORY}


def test_blame_on_branches(tmp_path: Path) -> None:
    """
    first --- o1 ---- m     both sides have added a column
         \\          /
          --- t1 ---
    """
    clone = Clone.first(tmp_path / "clone")
    clone.add("first", 'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))', commit=False)
    clone.add("o1", 'op.add_column("t", sa.Column("a", sa.Integer))', commit=False)
    clone.add("t1", 'op.add_column("t", sa.Column("b", sa.Integer))', head="first", splice=True, commit=False)
    command.merge(clone.config(), "heads", rev_id="m")
    result = command.blame(clone.config(), "t")
    assert sorted(one.revision for one in result.done) == ["first", "o1", "t1"]
    assert [one.commit for one in result.done] == [None] * 3
    assert [one.revision for one in command.blame(clone.config(), "t.b").done] == ["t1"]


def test_blame_says_what_it_cannot_know(tmp_path: Path) -> None:
    clone = Clone.first(tmp_path / "clone")
    clone.add("a1", 'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))', commit=False)
    clone.add("a2", 'for row in op.get_bind().exec_driver_sql("SELECT 1"):\n        pass', commit=False)
    clone.add("a3", 'op.execute("VACUUM INTO t WHATEVER")', commit=False)
    result = command.blame(clone.config(), "t")
    assert [(one.revision, one.is_certain) for one in result.done] == [("a3", False), ("a1", True)]
    assert [one.what for one in result.unknown] == ["loops over rows"]


def test_blame_as_json(made: Clone) -> None:
    done = limbeck(made.root, "blame", "team", "--json")
    assert done.returncode == 0, done.stderr
    found = document(done.stdout)
    assert (found["schema"], found["table"], found["column"]) == ("limbeck.blame", "team", None)
    (one,) = found["done"]
    assert (one["revision"], one["line"], one["commit"]["author"]) == ("first", 28, "Ada")


NOTHING = [("user_acount", "did you mean user_account?"), ("user_account.nowhere", "")]


@pytest.mark.parametrize(("name", "hint"), NOTHING)
def test_blame_of_nothing(made: Clone, name: str, hint: str) -> None:
    with pytest.raises(CommandError) as raised:
        command.blame(made.config(), name)
    assert raised.value.code == "no-such-table"
    assert str(raised.value) == f"No revision makes {name}, as far as a rehearsal tells"
    assert hint in (raised.value.hint or "")


def test_current_of_an_empty_database(made: Clone) -> None:
    """``current`` is base there."""
    assert printed(made, "diff", "current", "base") == "no difference\n"
