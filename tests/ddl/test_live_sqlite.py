# ruff: noqa: E501 calls and their SQL stand on one line each
"""SQLite for real, outside batch: what it can do natively is done, the rest refused before anything is sent."""

from __future__ import annotations

import contextlib

import pytest
import sqlalchemy as sa

from limbeck.errors import CommandError


@pytest.fixture
def lite(sqlite_url, online):
    return online(sqlite_url)


TABLES = (
    "CREATE TABLE p (id INTEGER PRIMARY KEY)",
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER REFERENCES p (id), c INTEGER UNIQUE, d INTEGER, e INTEGER)",
    "CREATE INDEX ix_d ON t (d)",
)


def names(lite) -> list[str]:
    return [column["name"] for column in sa.inspect(lite.connection).get_columns("t")]


def test_rename_add_and_drop_are_native(lite) -> None:
    lite.run(*TABLES, "INSERT INTO t (id, a, e) VALUES (1, 2, 3)")
    lite.op.alter_column("t", "a", new_column_name="z")
    lite.op.drop_column("t", "e")
    lite.op.add_column("t", sa.Column("f", sa.String(9), server_default="it's 50%", nullable=False))
    lite.op.add_column("t", sa.Column("g", sa.Integer, sa.ForeignKey("p.id"), index=True), inline_references=True)
    lite.op.rename_table("t", "u")
    assert lite.rows("SELECT id, z, f, g FROM u") == [(1, 2, "it's 50%", None)]
    keys = sa.inspect(lite.connection).get_foreign_keys("u")
    assert {key["constrained_columns"][0] for key in keys} == {"b", "g"}


@pytest.mark.parametrize(
    ("column", "user"),
    [("id", "the primary key"), ("b", "a foreign key"), ("c", "a unique constraint"), ("d", "index 'ix_d'")],
)
def test_a_column_in_use_is_not_dropped(lite, column: str, user: str) -> None:
    lite.run(*TABLES)
    with pytest.raises(CommandError) as caught:
        lite.op.drop_column("t", column)
    assert str(caught.value) == f"SQLite cannot drop column t.{column}, which {user} uses"
    assert "batch_alter_table('t')" in (caught.value.hint or "")
    assert column in names(lite)


HARD = {
    "expression": (sa.Column("z", sa.DateTime, server_default=sa.func.now()), "with a default that is an expression"),
    "not null": (sa.Column("z", sa.Integer, nullable=False), "as NOT NULL without a default"),
    "stored": (sa.Column("z", sa.Integer, sa.Computed("a + 1", persisted=True)), "as STORED"),
}


DEFAULTS = (
    *("(5)", "-5", "+ 5", "(((5)))", "NULL", "(TRUE)", "x'00'", "('it''s')", "(5 + 1)", "(5) + (6)", "('a' || 'b')"),
    *("(CAST('5' AS INTEGER))", "(CAST(NULL AS TEXT))", "(- CAST('5' AS NUMERIC(8, 2)))", "(CAST(5 + 1 AS INTEGER))"),
    *("CURRENT_DATE", "('a' COLLATE NOCASE)", "(NOT 1)", "(~5)", "(random())"),
)


@pytest.mark.parametrize("default", DEFAULTS)
def test_a_default_is_refused_where_sqlite_refuses_it(lite, default: str) -> None:
    lite.run(*TABLES, "INSERT INTO t (id) VALUES (1)")
    text = default if default[0] != "(" else f"({default})"
    with sa.create_engine("sqlite://").connect() as connection:
        for statement in ("CREATE TABLE t (id)", "INSERT INTO t VALUES (1)"):
            connection.exec_driver_sql(statement)
        try:
            connection.exec_driver_sql(f"ALTER TABLE t ADD COLUMN z TEXT DEFAULT {text}")
            refused = contextlib.nullcontext()
        except sa.exc.OperationalError:
            refused = pytest.raises(CommandError)
    with refused:
        lite.op.add_column("t", sa.Column("z", sa.Text, server_default=sa.text(default)))


@pytest.mark.parametrize("what", HARD)
def test_what_sqlite_adds_to_an_empty_table_only_is_added_to_an_empty_table(lite, what: str) -> None:
    column, _ = HARD[what]
    lite.run(*TABLES)
    lite.op.add_column("t", column)
    assert names(lite)[-1] == "z" or what == "stored"


@pytest.mark.parametrize("what", HARD)
def test_and_refused_where_there_are_rows(lite, what: str) -> None:
    column, reason = HARD[what]
    lite.run(*TABLES, "INSERT INTO t (id) VALUES (1)")
    with pytest.raises(CommandError) as caught:
        lite.op.add_column("t", column)
    assert str(caught.value) == f"SQLite cannot add column t.z {reason} to a table that has rows"
    assert caught.value.code == ("sqlite-needs-default" if what == "not null" else "sqlite-needs-batch")
    assert names(lite)[-1] == "e"


@pytest.mark.parametrize(
    "default", ["5", sa.text("5"), sa.text("-1.5e3"), sa.text("'a'"), sa.text("NULL"), sa.true(), sa.text("x'00'")]
)
def test_constants_are_added_whatever_the_rows(lite, default) -> None:
    lite.run(*TABLES, "INSERT INTO t (id) VALUES (1)")
    lite.op.add_column("t", sa.Column("z", sa.String(9), server_default=default))
    assert names(lite)[-1] == "z"


def test_conditions_on_columns_are_asked_of_the_catalogue(lite) -> None:
    lite.run(*TABLES)
    for _ in range(2):
        lite.op.add_column("t", sa.Column("z", sa.Integer), if_not_exists=True)
    for _ in range(2):
        lite.op.drop_column("t", "z", if_exists=True)
    assert "z" not in names(lite)
