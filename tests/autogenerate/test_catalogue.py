"""SQLite's catalogue, read for all tables at once, is the same as read table by table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from limbeck import sqla
from limbeck.dialects.sqlite.pragmas import Pragmas

TABLES = """
CREATE TABLE plain (id INTEGER PRIMARY KEY, a INT UNIQUE, b TEXT DEFAULT '', CONSTRAINT uq UNIQUE (a, b), CHECK (a > 1))
CREATE TABLE "o""dd' name" ("c""1" INT REFERENCES plain (a) ON DELETE CASCADE, d INT AS (1 + 2) STORED)
CREATE INDEX "i""x" ON "o""dd' name" ("c""1" DESC)
CREATE INDEX part ON plain (b) WHERE a > 3
CREATE TABLE nothing_but (x)
CREATE TABLE no_rowid (k TEXT PRIMARY KEY) WITHOUT ROWID
CREATE VIEW v AS SELECT id FROM plain
CREATE TEMPORARY TABLE passing (id INTEGER PRIMARY KEY, f INT REFERENCES plain (id))
ATTACH ':memory:' AS "far ""away"
CREATE TABLE "far ""away".plain (other INT NOT NULL, CONSTRAINT fk FOREIGN KEY (other) REFERENCES t2 (id))
CREATE TABLE "far ""away".t2 (id INTEGER PRIMARY KEY, z INT)
CREATE UNIQUE INDEX "far ""away".z ON t2 (z)
"""


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    with sa.create_engine("sqlite://").connect() as opened:
        for statement in TABLES.strip().splitlines():
            opened.exec_driver_sql(statement)
        yield opened


def facts(inspector: Any, schema: str | None) -> dict[str, Any]:
    names = [*inspector.get_table_names(schema), "passing"]
    return {kind: sqla.ask_catalogue(inspector, kind, schema, names, {}) for kind in sqla.KINDS}


@pytest.mark.parametrize("schema", [None, "main", 'far "away'])
def test_all_at_once_is_the_same_as_table_by_table(connection: sa.Connection, schema: str | None):
    bulk = sqla.reading_through(sa.inspect(connection), Pragmas(connection))
    bulk.info_cache = {}
    at_once, one_by_one = (
        re.sub("0x[0-9a-f]+", "0x", repr(facts(inspector, schema))) for inspector in (bulk, sa.inspect(connection))
    )
    assert at_once == one_by_one


def test_the_number_of_statements_does_not_grow_with_the_tables():
    def asked(tables: int) -> int:
        engine = sa.create_engine("sqlite://")
        statements: list[str] = []
        with engine.connect() as connection:
            for number in range(tables):
                connection.exec_driver_sql(f"CREATE TABLE t{number} (id INTEGER PRIMARY KEY, a INT UNIQUE)")
            sa.event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
            facts(sqla.reading_through(sa.inspect(connection), Pragmas(connection)), None)
        return len(statements)

    assert asked(3) == asked(30)


def test_a_view_is_read_by_itself(connection: sa.Connection):
    bulk = sqla.reading_through(sa.inspect(connection), Pragmas(connection))
    assert [column["name"] for column in bulk.get_columns("v")] == ["id"]
    assert bulk.get_view_definition("v") == "CREATE VIEW v AS SELECT id FROM plain"
    assert [column["name"] for column in bulk.get_columns("passing")] == ["id", "f"]
