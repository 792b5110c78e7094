# ruff: noqa: E501 - pieces of SQL, one a line
"""Random tables with everything that SQLite's grammar knows, random batches: only what was asked for changes.

The tables are put together from pieces whose text is known, so that no parser judges the parser: every piece that was
not touched must stand in the new text letter by letter, and the PRAGMAs and rows must agree.
"""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from limbeck.errors import CommandError
from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext

NAMES = ["a", "b", "c d", "e", "select"]
TYPES = ["INTEGER", "TEXT", "VARCHAR(9)", "NUMERIC(10, 2)", "BLOB", "", "INT UNSIGNED", "DOUBLE PRECISION"]
CLAUSES = [
    "NOT NULL ON CONFLICT ABORT",
    "COLLATE NOCASE",
    "CONSTRAINT named_{n} UNIQUE ON CONFLICT IGNORE",
    "CHECK ({q} IS NOT 'x, (y')",
    "CONSTRAINT ck_{n} CHECK (length({q}) < 99 /* , */)",
    "DEFAULT (1 + 1)",
    "DEFAULT 'it''s, -- no comment'",
    "DEFAULT -1.5e3",
    "REFERENCES r (id) ON DELETE SET DEFAULT ON UPDATE SET NULL NOT DEFERRABLE",
    "REFERENCES r ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED",
]
ONLY_ONCE = ("DEFAULT", "REFERENCES")
KEYS = [
    "id INTEGER PRIMARY KEY AUTOINCREMENT",
    "id INTEGER PRIMARY KEY DESC",
    "id INTEGER NOT NULL PRIMARY KEY ON CONFLICT FAIL",
    '"id" INT',
]
TAILS = ["", "STRICT"]


def quoted(name):
    return name if name.isalnum() and name != "select" else f'"{name}"'


@st.composite
def tables(draw):
    """Pieces of a table: its columns by name, its constraints, what follows; and its indexes."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=5, unique=True))
    columns = {"id": draw(st.sampled_from(KEYS))}
    for number, name in enumerate(names):
        clauses = draw(
            st.lists(
                st.sampled_from(CLAUSES),
                max_size=3,
                unique_by=lambda each: each.split()[0] if each.startswith(ONLY_ONCE) else each,
            )
        )
        words = [
            quoted(name),
            draw(st.sampled_from(TYPES)),
            *(each.format(n=number, q=quoted(name)) for each in clauses),
        ]
        columns[name] = " ".join(filter(None, words))
    if draw(st.booleans()):
        columns["g"] = (
            f"g INTEGER GENERATED ALWAYS AS (length({quoted(names[0])})) {draw(st.sampled_from(['STORED', 'VIRTUAL']))}"
        )
    pool = [
        f"CONSTRAINT u UNIQUE ({quoted(names[0])}, {quoted(names[1])}) ON CONFLICT REPLACE",
        f"UNIQUE ({quoted(names[1])} COLLATE NOCASE, id)",
        "CHECK (id <> -1)",
        f"FOREIGN KEY ({quoted(names[0])}) REFERENCES r (id) ON UPDATE CASCADE",
    ]
    constraints = draw(st.lists(st.sampled_from(pool), max_size=3, unique=True))
    indexes = draw(
        st.lists(
            st.sampled_from(
                [
                    f"CREATE INDEX i1 ON t ({quoted(names[1])} COLLATE RTRIM DESC)",
                    "CREATE UNIQUE INDEX i2 ON t (id, abs(id)) WHERE id > 0",
                ]
            ),
            max_size=2,
            unique=True,
        )
    )
    return columns, constraints, indexes, names


# name of the change, whether it needs the column to be untouched otherwise
CHANGES = ["nullable", "default", "type", "add", "check", "drop", "nothing"]


def change(batch_op, what, name):
    if what == "nullable":
        batch_op.alter_column(name, nullable=True)
    elif what == "default":
        batch_op.alter_column(name, server_default="new")
    elif what == "type":
        batch_op.alter_column(name, type_=sa.String(77))
    elif what == "add":
        batch_op.add_column(sa.Column("added", sa.Integer(), server_default="3"), insert_after="id")
    elif what == "check":
        batch_op.create_check_constraint("ck_new", "1 = 1")
    elif what == "drop":
        batch_op.drop_column(name)


def state(connection):
    """The stored text, the PRAGMAs by column, references, indexes and rows."""
    return {
        "sql": connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 't'").scalar(),
        "columns": {row[1]: tuple(row[2:]) for row in connection.exec_driver_sql("PRAGMA table_xinfo(t)")},
        "references": sorted(
            (tuple(row[2:]) for row in connection.exec_driver_sql("PRAGMA foreign_key_list(t)")), key=repr
        ),
        "indexes": sorted(
            row[0]
            for row in connection.exec_driver_sql(
                "SELECT sql FROM sqlite_master WHERE tbl_name = 't' AND type = 'index' AND sql NOT NULL"
            )
        ),
        "rows": [dict(row._mapping) for row in connection.exec_driver_sql("SELECT * FROM t ORDER BY id")],
        "left": connection.exec_driver_sql("SELECT count(*) FROM sqlite_master WHERE name LIKE '%tmp%'").scalar(),
    }


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables(), st.sampled_from(CHANGES), st.integers(0, 4))
@pytest.mark.filterwarnings("ignore")
def test_only_what_was_asked_for_changes(table, what, number):
    columns, constraints, indexes, names = table
    name = names[number % len(names)]
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE r (id INTEGER PRIMARY KEY)")
        text = ",\n  ".join([*columns.values(), *constraints])
        connection.exec_driver_sql(f"CREATE TABLE t (\n  {text}\n)")
        for index in indexes:
            connection.exec_driver_sql(index)
        fill(connection, columns, names)
        before = state(connection)
        operations = Operations(MigrationContext.configure(connection, opts={"edition": 2026}))
        try:
            with operations.batch_alter_table("t", recreate="always") as batch_op:
                change(batch_op, what, name)
        except (CommandError, sa.exc.DBAPIError):
            assert state(connection) == before
            return
        after = state(connection)
    touched = {name} if what in ("nullable", "default", "type", "drop") else set()
    for column, piece in columns.items():
        if column not in touched:
            assert piece in after["sql"]
            assert after["columns"][column] == before["columns"][column]
    assert all(piece in after["sql"] for piece in constraints if what != "drop" or quoted(name) not in piece)
    if what != "drop":
        assert after["references"] == before["references"]
        assert after["indexes"] == before["indexes"]
    cast = {name} if what == "type" else set()
    kept = [column for column in before["columns"] if column in after["columns"] and column not in cast]
    assert [{each: row[each] for each in kept} for row in after["rows"]] == [
        {each: row[each] for each in kept} for row in before["rows"]
    ]
    assert after["left"] == 0


def fill(connection, columns, names):
    """Three rows, as far as the table takes them."""
    for number in range(3):
        listed = ", ".join(map(quoted, ["id", *names]))
        marks = ", ".join("?" * (len(names) + 1))
        values = (number + 1, *(f"{number}{place}" for place in range(len(names))))
        try:
            connection.exec_driver_sql(f"INSERT INTO t ({listed}) VALUES ({marks})", values)
        except sa.exc.DBAPIError:
            return


# --- killed in the middle ------------------------------------------------------------------------------------------------

PROGRAM = """
import sys, sqlalchemy as sa
from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext
engine = sa.create_engine("sqlite:///" + sys.argv[1])
with engine.connect() as connection:
    operations = Operations(MigrationContext.configure(connection))
    print("ready", flush=True)
    with operations.batch_alter_table("t", recreate="always") as batch_op:
        batch_op.drop_column("b")
        batch_op.create_index("ix_new", ["a"])
    connection.commit()
"""


@pytest.mark.campaign
@pytest.mark.parametrize("attempt", range(50))
def test_killed_in_the_middle_the_table_is_the_old_or_the_new_one(attempt, tmp_path):
    path = tmp_path / "t.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT)")
        connection.executemany("INSERT INTO t (a, b) VALUES (?, ?)", [(number, "x" * 50) for number in range(50_000)])
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")},
    )
    assert child.stdout is not None
    child.stdout.readline()
    time.sleep(attempt * 0.003)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        columns = [row[1] for row in connection.execute("PRAGMA table_info(t)")]
        assert columns in (["id", "a", "b"], ["id", "a"])
        assert connection.execute("SELECT count(*), sum(a) FROM t").fetchone() == (50_000, sum(range(50_000)))
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        assert names == ({"t"} if "b" in columns else {"t", "ix_new"})
