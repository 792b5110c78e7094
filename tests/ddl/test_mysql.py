# ruff: noqa: E501 calls and their SQL stand on one line each
"""What MySQL is told: operation, expected SQL; and what it is not told, with the reason."""

from __future__ import annotations

import pytest
from calls import CALLS
from scripts import refusal, statements, write

from limbeck.sqla import SQLA_2_1

WRITTEN = {
    "rename_table": "ALTER TABLE s.a RENAME TO s.b",
    "rename_table quoted": "ALTER TABLE `a b` RENAME TO `b c`",
    "create_table": "CREATE TABLE t (\n    id INTEGER NOT NULL AUTO_INCREMENT, \n    x VARCHAR(20) NOT NULL DEFAULT 'q', \n    p_id INTEGER, \n    n NUMERIC(10, 2) CONSTRAINT ckn CHECK (n > 0), \n    PRIMARY KEY (id), \n    CONSTRAINT uqx UNIQUE (x), \n    CONSTRAINT fkp FOREIGN KEY(p_id) REFERENCES p (id) ON DELETE CASCADE\n)ENGINE=InnoDB",
    "create_table schema": "CREATE TEMPORARY TABLE s.t (\n    id INTEGER\n)",
    "create_table index": [
        "CREATE TABLE t (\n    x VARCHAR(9), \n    y INTEGER, \n    UNIQUE (y)\n)",
        "CREATE INDEX ix_t_x ON t (x)",
    ],
    "create_table comments": "CREATE TABLE s.t (\n    x INTEGER COMMENT 'it''s'\n)COMMENT='table'",
    "create_table types": "CREATE TABLE t (\n    e ENUM('a','b'), \n    b BOOL, \n    d DATETIME, \n    j CHAR(32), \n    l BLOB, \n    f FLOAT, \n    CONSTRAINT bk CHECK (b IN (0, 1))\n)",
    "create_table computed": "CREATE TABLE t (\n    a INTEGER, \n    c INTEGER GENERATED ALWAYS AS (a + 1)\n)",
    "create_table identity": "CREATE TABLE t (\n    a INTEGER NOT NULL\n)",
    "create_table if_not_exists": "CREATE TABLE IF NOT EXISTS t (\n    id INTEGER\n)",
    "create_table if_not_exists index": [
        "CREATE TABLE IF NOT EXISTS t (\n    x INTEGER\n)",
        "CREATE INDEX ix_t_x ON t (x)",
    ],
    "create_table percent": "CREATE TABLE t (\n    x VARCHAR(9), \n    CONSTRAINT ck CHECK (x <> '50%')\n)",
    "drop_table": "DROP TABLE s.t",
    "drop_table if_exists": "DROP TABLE IF EXISTS t",
    "create_table_comment": "ALTER TABLE s.t COMMENT 'x''s'",
    "create_table_comment default schema": "ALTER TABLE t COMMENT 'x'",
    "drop_table_comment": "ALTER TABLE s.t COMMENT ''",
    "add_column": "ALTER TABLE s.t ADD COLUMN c INTEGER NOT NULL DEFAULT '5'",
    "add_column default expression": "ALTER TABLE t ADD COLUMN c DATETIME DEFAULT (now())",
    "add_column comment": "ALTER TABLE s.t ADD COLUMN c INTEGER COMMENT 'it''s'",
    "add_column comment default schema": "ALTER TABLE t ADD COLUMN c INTEGER COMMENT 'x'",
    "add_column if_not_exists": "ALTER TABLE t ADD COLUMN IF NOT EXISTS c INTEGER",
    "add_column foreign key": [
        "ALTER TABLE t ADD COLUMN c INTEGER",
        "ALTER TABLE t ADD CONSTRAINT fk1 FOREIGN KEY(c) REFERENCES r (id) ON DELETE CASCADE",
    ],
    "add_column inline references": "ALTER TABLE t ADD COLUMN c INTEGER REFERENCES r (id) ON DELETE CASCADE",
    "add_column primary key": "ALTER TABLE t ADD COLUMN c INTEGER NOT NULL AUTO_INCREMENT",
    "add_column inline primary key": "ALTER TABLE t ADD COLUMN c INTEGER NOT NULL AUTO_INCREMENT PRIMARY KEY",
    "add_column check": "ALTER TABLE t ADD COLUMN c INTEGER CONSTRAINT cc CHECK (c > 0)",
    "add_column unique": [
        "ALTER TABLE t ADD COLUMN c INTEGER",
        "ALTER TABLE t ADD UNIQUE (c)",
    ],
    "add_column index": [
        "ALTER TABLE t ADD COLUMN c INTEGER",
        "CREATE INDEX ix_t_c ON t (c)",
    ],
    "add_column unique index": [
        "ALTER TABLE t ADD COLUMN c INTEGER",
        "CREATE UNIQUE INDEX ix_t_c ON t (c)",
    ],
    "add_column Boolean check": [
        "ALTER TABLE t ADD COLUMN c BOOL",
        "ALTER TABLE t ADD CONSTRAINT ckb CHECK (c IN (0, 1))",
    ],
    "add_column computed": "ALTER TABLE t ADD COLUMN c INTEGER GENERATED ALWAYS AS (a + 1)",
    "add_column stored": "ALTER TABLE t ADD COLUMN c INTEGER GENERATED ALWAYS AS (a + 1) STORED",
    "add_column identity": "ALTER TABLE t ADD COLUMN c INTEGER NOT NULL",
    "drop_column": "ALTER TABLE s.t DROP COLUMN c",
    "drop_column if_exists": "ALTER TABLE t DROP COLUMN IF EXISTS c",
    "drop_column mssql": "ALTER TABLE s.t DROP COLUMN c",
    "alter nullable": "ALTER TABLE t MODIFY c INTEGER NOT NULL",
    "alter type": "ALTER TABLE t MODIFY c VARCHAR(20) NOT NULL",
    "alter type alone": "ALTER TABLE t MODIFY c VARCHAR(20) NULL",
    "alter type using": "ALTER TABLE t MODIFY c VARCHAR(20) NULL",
    "alter using without type": "ALTER TABLE t MODIFY c INTEGER NULL",
    "alter type with its check": "ALTER TABLE t MODIFY c INTEGER NULL",
    "alter default": "ALTER TABLE t ALTER COLUMN c SET DEFAULT 'x'",
    "alter default replaced": "ALTER TABLE t ALTER COLUMN c SET DEFAULT 'x'",
    "alter default now": "ALTER TABLE t CHANGE c c DATETIME NULL DEFAULT now()",
    "alter default dropped": "ALTER TABLE t ALTER COLUMN c DROP DEFAULT",
    "alter type and default": "ALTER TABLE t MODIFY c INTEGER NOT NULL DEFAULT '1'",
    "alter type and no default": "ALTER TABLE t MODIFY c INTEGER NOT NULL",
    "alter name": "ALTER TABLE t CHANGE c d INTEGER NOT NULL",
    "alter name quoted": "ALTER TABLE s.t CHANGE `c d` `d e` INTEGER NULL",
    "alter comment": "ALTER TABLE s.t MODIFY c INTEGER NULL COMMENT 'it''s'",
    "alter comment default schema": "ALTER TABLE t MODIFY c INTEGER NULL COMMENT 'x'",
    "alter comment replaced": "ALTER TABLE s.t MODIFY c INTEGER NULL COMMENT 'x'",
    "alter date": "ALTER TABLE t CHANGE c c DATETIME NOT NULL",
    "alter comment and default": "ALTER TABLE s.t MODIFY c INTEGER NULL DEFAULT '5' COMMENT 'x'",
    "alter comment empty": "ALTER TABLE s.t MODIFY c INTEGER NULL COMMENT ''",
    "alter comment dropped": "ALTER TABLE s.t MODIFY c INTEGER NULL",
    "alter autoincrement": "ALTER TABLE t MODIFY c INTEGER NOT NULL AUTO_INCREMENT",
    "alter everything": "ALTER TABLE s.t CHANGE c d BIGINT NULL COMMENT 'k'",
    "create_index": "CREATE UNIQUE INDEX ix ON s.t (a, lower(b))",
    "create_index desc": "CREATE INDEX ix ON t (a DESC, (lower(b)))",
    "create_index options": "CREATE INDEX ix ON t (a(5))",
    "create_index if_not_exists": "CREATE INDEX IF NOT EXISTS ix ON t (a)",
    "drop_index": "DROP INDEX ix ON s.t",
    "drop_index if_exists": "DROP INDEX IF EXISTS ix ON t",
    "create_foreign_key": "ALTER TABLE s.t ADD CONSTRAINT fk FOREIGN KEY(a, b) REFERENCES s2.r (c, d) ON DELETE CASCADE",
    "create_foreign_key onupdate": "ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY(a) REFERENCES r (c) ON UPDATE SET NULL",
    "create_foreign_key deferred": "ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY(a) REFERENCES r (c) DEFERRABLE INITIALLY DEFERRED",
    "create_foreign_key not valid": "ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY(a) REFERENCES r (c)",
    "create_primary_key": "ALTER TABLE s.t ADD CONSTRAINT pk PRIMARY KEY (a, b)",
    "create_unique_constraint": "ALTER TABLE s.t ADD CONSTRAINT uq UNIQUE (a, b)",
    "create_unique_constraint unnamed": "ALTER TABLE t ADD UNIQUE (a)",
    "create_check_constraint": "ALTER TABLE s.t ADD CONSTRAINT ck CHECK (length(x) > 5)",
    "create_check_constraint percent": "ALTER TABLE t ADD CONSTRAINT ck CHECK (x not like '%y%')",
    "drop_constraint foreignkey": "ALTER TABLE s.t DROP FOREIGN KEY c",
    "drop_constraint primary": "ALTER TABLE t DROP PRIMARY KEY",
    "drop_constraint unique": "ALTER TABLE t DROP INDEX c",
    "drop_constraint check": "ALTER TABLE t DROP CHECK c",
    "bulk_insert": [
        "INSERT INTO t (id, x, b) VALUES (1, 'it''s', true)",
        "INSERT INTO t (id, x, b) VALUES (2, NULL, false)",
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

# what SQLAlchemy 2.0 writes otherwise than 2.1
ON_SQLALCHEMY_2_0 = {
    "add_column default expression": "ALTER TABLE t ADD COLUMN c DATETIME DEFAULT now()",
}
if not SQLA_2_1:
    WRITTEN |= ON_SQLALCHEMY_2_0

REFUSED = {
    "add_column inline references options": "cannot-compile",
    "alter nullable without type": "mysql-needs-type",
    "alter identity added": "identity-change",
    "alter identity changed": "identity-change",
    "alter identity dropped": "identity-change",
    "alter computed": "computed-change",
    "drop_index without table": "index-needs-table",
    "create_foreign_key match": "cannot-compile",
    "create_exclude_constraint": "cannot-compile",
    "drop_constraint": "mysql-needs-constraint-type",
    "drop_constraint if_exists": "mysql-needs-constraint-type",
    "drop_constraint foreignkey if_exists": "if-exists-unsupported",
    "drop_constraint unnamed": "constraint-without-name",
}


@pytest.mark.parametrize("call", WRITTEN)
def test_is_written(call: str) -> None:
    expected = WRITTEN[call]
    assert statements("mysql", CALLS[call]) == ([expected] if isinstance(expected, str) else expected)


@pytest.mark.parametrize("call", REFUSED)
def test_is_refused_with_a_way_out(call: str) -> None:
    error = refusal("mysql", CALLS[call])
    assert (error.code, bool(error.hint)) == (REFUSED[call], True)


@pytest.mark.parametrize("existing", ["sa.Identity()", "sa.Computed('a + 1')", "sa.FetchedValue()"])
def test_a_column_whose_value_is_generated_is_not_restated_with_an_empty_default(existing: str) -> None:
    call = f"op.alter_column('t', 'c', nullable=False, existing_type=sa.Integer(), existing_server_default={existing})"
    assert refusal("mysql", call).code == "default-not-restated"


def test_a_check_that_stays_may_have_no_name() -> None:
    call = "op.alter_column('t', 'c', type_=sa.String(9), existing_type=sa.Boolean(create_constraint=True))"
    answer = write("mysql", call, naming_convention={"ck": "ck_%(table_name)s_%(constraint_name)s"})
    assert (answer.sql, answer.error) == ("ALTER TABLE t MODIFY c VARCHAR(9) NULL;\n\n", None)
    assert answer.warnings == ("A check of the column's old type stays",)
