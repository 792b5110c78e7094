# ruff: noqa: E501 calls and their SQL stand on one line each
"""What SQLite is told: operation, expected SQL; and what it is not told, with the reason."""

from __future__ import annotations

import pytest
from calls import CALLS
from scripts import refusal, statements, write

WRITTEN = {
    "rename_table": "ALTER TABLE s.a RENAME TO b",
    "rename_table quoted": 'ALTER TABLE "a b" RENAME TO "b c"',
    "create_table": "CREATE TABLE t (\n    id INTEGER NOT NULL, \n    x VARCHAR(20) DEFAULT 'q' NOT NULL, \n    p_id INTEGER, \n    n NUMERIC(10, 2) CONSTRAINT ckn CHECK (n > 0), \n    PRIMARY KEY (id), \n    CONSTRAINT uqx UNIQUE (x), \n    CONSTRAINT fkp FOREIGN KEY(p_id) REFERENCES p (id) ON DELETE CASCADE\n)",
    "create_table schema": "CREATE TEMPORARY TABLE s.t (\n    id INTEGER\n)",
    "create_table index": [
        "CREATE TABLE t (\n    x VARCHAR(9), \n    y INTEGER, \n    UNIQUE (y)\n)",
        "CREATE INDEX ix_t_x ON t (x)",
    ],
    "create_table comments": "CREATE TABLE s.t (\n    x INTEGER\n)",
    "create_table types": "CREATE TABLE t (\n    e VARCHAR(1), \n    b BOOLEAN, \n    d DATETIME, \n    j CHAR(32), \n    l BLOB, \n    f FLOAT, \n    CONSTRAINT bk CHECK (b IN (0, 1))\n)",
    "create_table computed": "CREATE TABLE t (\n    a INTEGER, \n    c INTEGER GENERATED ALWAYS AS (a + 1)\n)",
    "create_table identity": "CREATE TABLE t (\n    a INTEGER NOT NULL\n)",
    "create_table if_not_exists": "CREATE TABLE IF NOT EXISTS t (\n    id INTEGER\n)",
    "create_table if_not_exists index": [
        "CREATE TABLE IF NOT EXISTS t (\n    x INTEGER\n)",
        "CREATE INDEX IF NOT EXISTS ix_t_x ON t (x)",
    ],
    "create_table percent": "CREATE TABLE t (\n    x VARCHAR(9), \n    CONSTRAINT ck CHECK (x <> '50%')\n)",
    "drop_table": "DROP TABLE s.t",
    "drop_table if_exists": "DROP TABLE IF EXISTS t",
    "create_table_comment": [],
    "create_table_comment default schema": [],
    "drop_table_comment": [],
    "add_column": "ALTER TABLE s.t ADD COLUMN c INTEGER DEFAULT '5' NOT NULL",
    "add_column default expression": "ALTER TABLE t ADD COLUMN c DATETIME DEFAULT CURRENT_TIMESTAMP",
    "add_column comment": "ALTER TABLE s.t ADD COLUMN c INTEGER",
    "add_column comment default schema": "ALTER TABLE t ADD COLUMN c INTEGER",
    "add_column inline references": "ALTER TABLE t ADD COLUMN c INTEGER REFERENCES r (id) ON DELETE CASCADE",
    "add_column inline references options": "ALTER TABLE t ADD COLUMN c INTEGER REFERENCES r (id) MATCH FULL DEFERRABLE INITIALLY DEFERRED",
    "add_column primary key": "ALTER TABLE t ADD COLUMN c INTEGER NOT NULL",
    "add_column check": "ALTER TABLE t ADD COLUMN c INTEGER CONSTRAINT cc CHECK (c > 0)",
    "add_column index": [
        "ALTER TABLE t ADD COLUMN c INTEGER",
        "CREATE INDEX ix_t_c ON t (c)",
    ],
    "add_column unique index": [
        "ALTER TABLE t ADD COLUMN c INTEGER",
        "CREATE UNIQUE INDEX ix_t_c ON t (c)",
    ],
    "add_column Boolean check": "ALTER TABLE t ADD COLUMN c BOOLEAN",
    "add_column computed": "ALTER TABLE t ADD COLUMN c INTEGER GENERATED ALWAYS AS (a + 1)",
    "add_column stored": "ALTER TABLE t ADD COLUMN c INTEGER GENERATED ALWAYS AS (a + 1) STORED",
    "add_column identity": "ALTER TABLE t ADD COLUMN c INTEGER NOT NULL",
    "drop_column": "ALTER TABLE s.t DROP COLUMN c",
    "drop_column mssql": "ALTER TABLE s.t DROP COLUMN c",
    "alter name": "ALTER TABLE t RENAME COLUMN c TO d",
    "alter name quoted": 'ALTER TABLE s.t RENAME COLUMN "c d" TO "d e"',
    "alter comment": [],
    "alter comment default schema": [],
    "alter comment replaced": [],
    "alter comment dropped": [],
    "create_index": "CREATE UNIQUE INDEX s.ix ON t (a, lower(b))",
    "create_index desc": "CREATE INDEX ix ON t (a DESC, lower(b))",
    "create_index options": "CREATE INDEX ix ON t (a) WHERE a > 5",
    "create_index if_not_exists": "CREATE INDEX IF NOT EXISTS ix ON t (a)",
    "drop_index": "DROP INDEX s.ix",
    "drop_index without table": "DROP INDEX ix",
    "drop_index if_exists": "DROP INDEX IF EXISTS ix",
    "bulk_insert": [
        "INSERT INTO t (id, x, b) VALUES (1, 'it''s', 1)",
        "INSERT INTO t (id, x, b) VALUES (2, NULL, 0)",
    ],
    "bulk_insert date": "INSERT INTO t (d) VALUES ('2020-01-02')",
    "bulk_insert literal": "INSERT INTO t (x) VALUES ('a')",
    "bulk_insert nothing": [],
    "bulk_insert client default": "INSERT INTO t (id, x) VALUES (1, 'q')",
    "execute": "UPDATE t SET x = 5",
    "execute colon": "UPDATE t SET x = ':y' WHERE z = '10:30'",
    "execute bind": "SELECT :x",
    "execute bound": "UPDATE t SET x = 5",
    "execute percent": "UPDATE t SET x = '50%'",
    "execute update": "UPDATE t SET x=7",
    "execute insert": "INSERT INTO t (x) VALUES (1)",
    "execute DDL": "CREATE VIEW v AS SELECT 1",
    "bind execute": "UPDATE t SET x = 1",
    "bind enum": [],
    "bind create_all": [
        "CREATE TABLE t (\n    x INTEGER\n)",
        "CREATE INDEX ix_t_x ON t (x)",
    ],
}

REFUSED = {
    "add_column if_not_exists": "if-exists-unsupported",
    "add_column foreign key": "sqlite-needs-batch",
    "add_column inline primary key": "sqlite-needs-batch",
    "add_column unique": "sqlite-needs-batch",
    "drop_column if_exists": "if-exists-unsupported",
    "alter nullable": "sqlite-needs-batch",
    "alter nullable without type": "sqlite-needs-batch",
    "alter type": "sqlite-needs-batch",
    "alter type alone": "sqlite-needs-batch",
    "alter type using": "sqlite-needs-batch",
    "alter using without type": "sqlite-needs-batch",
    "alter type with its check": "sqlite-needs-batch",
    "alter default": "sqlite-needs-batch",
    "alter default replaced": "sqlite-needs-batch",
    "alter default now": "sqlite-needs-batch",
    "alter default dropped": "sqlite-needs-batch",
    "alter type and default": "sqlite-needs-batch",
    "alter type and no default": "sqlite-needs-batch",
    "alter identity added": "identity-change",
    "alter identity changed": "identity-change",
    "alter identity dropped": "identity-change",
    "alter computed": "computed-change",
    "alter autoincrement": "sqlite-needs-batch",
    "alter everything": "sqlite-needs-batch",
    "create_foreign_key": "sqlite-needs-batch",
    "create_foreign_key onupdate": "sqlite-needs-batch",
    "create_foreign_key match": "sqlite-needs-batch",
    "create_foreign_key deferred": "sqlite-needs-batch",
    "create_foreign_key not valid": "sqlite-needs-batch",
    "create_primary_key": "sqlite-needs-batch",
    "create_unique_constraint": "sqlite-needs-batch",
    "create_unique_constraint unnamed": "sqlite-needs-batch",
    "create_check_constraint": "sqlite-needs-batch",
    "create_check_constraint percent": "sqlite-needs-batch",
    "create_exclude_constraint": "sqlite-needs-batch",
    "drop_constraint": "sqlite-needs-batch",
    "drop_constraint if_exists": "sqlite-needs-batch",
    "drop_constraint foreignkey": "sqlite-needs-batch",
    "drop_constraint foreignkey if_exists": "sqlite-needs-batch",
    "drop_constraint primary": "sqlite-needs-batch",
    "drop_constraint unique": "sqlite-needs-batch",
    "drop_constraint check": "sqlite-needs-batch",
    "drop_constraint unnamed": "constraint-without-name",
}


@pytest.mark.parametrize("call", WRITTEN)
def test_is_written(call: str) -> None:
    expected = WRITTEN[call]
    assert statements("sqlite", CALLS[call]) == ([expected] if isinstance(expected, str) else expected)


@pytest.mark.parametrize("call", REFUSED)
def test_is_refused_with_a_way_out(call: str) -> None:
    error = refusal("sqlite", CALLS[call])
    assert (error.code, bool(error.hint)) == (REFUSED[call], True)


def test_a_stored_column_is_refused_in_a_script_under_an_edition() -> None:
    """SQLite adds it to an empty table only, and a script cannot look whether it is."""
    answer = write("sqlite", CALLS["add_column stored"], edition=2026)
    assert answer.error is not None
    assert "SQLite cannot add column t.c as STORED to a table that may have rows" in answer.error
