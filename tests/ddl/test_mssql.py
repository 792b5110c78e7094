# ruff: noqa: E501 calls and their SQL stand on one line each
"""What SQL Server is told: operation, expected SQL; and what it is not told, with the reason."""

from __future__ import annotations

import pytest
from calls import CALLS
from scripts import refusal, statements

WRITTEN = {
    "rename_table": "EXEC sp_rename 's.a', b",
    "rename_table quoted": "EXEC sp_rename '[a b]', [b c]",
    "create_table": "CREATE TABLE t (\n    id INTEGER NOT NULL IDENTITY, \n    x VARCHAR(20) NOT NULL DEFAULT 'q', \n    p_id INTEGER NULL, \n    n NUMERIC(10, 2) NULL CONSTRAINT ckn CHECK (n > 0), \n    PRIMARY KEY (id), \n    CONSTRAINT uqx UNIQUE (x), \n    CONSTRAINT fkp FOREIGN KEY(p_id) REFERENCES p (id) ON DELETE CASCADE\n)",
    "create_table schema": "CREATE TEMPORARY TABLE s.t (\n    id INTEGER NULL\n)",
    "create_table index": [
        "CREATE TABLE t (\n    x VARCHAR(9) NULL, \n    y INTEGER NULL, \n    UNIQUE (y)\n)",
        "CREATE INDEX ix_t_x ON t (x)",
    ],
    "create_table comments": [
        "CREATE TABLE s.t (\n    x INTEGER NULL\n)",
        "execute sp_addextendedproperty 'MS_Description', N'table', 'schema', s, 'table', t",
        "execute sp_addextendedproperty 'MS_Description', N'it''s', 'schema', s, 'table', t, 'column', x",
    ],
    "create_table types": "CREATE TABLE t (\n    e VARCHAR(1) NULL, \n    b BIT NULL, \n    d DATETIMEOFFSET NULL, \n    j UNIQUEIDENTIFIER NULL, \n    l IMAGE NULL, \n    f FLOAT NULL\n)",
    "create_table computed": "CREATE TABLE t (\n    a INTEGER NULL, \n    c AS (a + 1)\n)",
    "create_table identity": "CREATE TABLE t (\n    a INTEGER NOT NULL IDENTITY(5,2)\n)",
    "create_table if_not_exists": "IF OBJECT_ID('t') IS NULL\nCREATE TABLE t (\n    id INTEGER NULL\n)",
    "create_table if_not_exists index": [
        "IF OBJECT_ID('t') IS NULL\nCREATE TABLE t (\n    x INTEGER NULL\n)",
        "IF INDEXPROPERTY(OBJECT_ID('t'), 'ix_t_x', 'IndexID') IS NULL\nCREATE INDEX ix_t_x ON t (x)",
    ],
    "create_table percent": "CREATE TABLE t (\n    x VARCHAR(9) NULL, \n    CONSTRAINT ck CHECK (x <> '50%')\n)",
    "drop_table": "DROP TABLE s.t",
    "drop_table if_exists": "DROP TABLE IF EXISTS t",
    "create_table_comment": "execute sp_addextendedproperty 'MS_Description', N'x''s', 'schema', s, 'table', t",
    "create_table_comment default schema": "execute sp_addextendedproperty 'MS_Description', N'x', 'schema', dbo, 'table', t",
    "drop_table_comment": "execute sp_dropextendedproperty 'MS_Description', 'schema', s, 'table', t",
    "add_column": "ALTER TABLE s.t ADD c INTEGER NOT NULL DEFAULT '5'",
    "add_column default expression": "ALTER TABLE t ADD c DATETIME NULL DEFAULT CURRENT_TIMESTAMP",
    "add_column comment": [
        "ALTER TABLE s.t ADD c INTEGER NULL",
        "execute sp_addextendedproperty 'MS_Description', N'it''s', 'schema', s, 'table', t, 'column', c",
    ],
    "add_column comment default schema": [
        "ALTER TABLE t ADD c INTEGER NULL",
        "execute sp_addextendedproperty 'MS_Description', N'x', 'schema', dbo, 'table', t, 'column', c",
    ],
    "add_column if_not_exists": "IF COL_LENGTH('t', 'c') IS NULL\nALTER TABLE t ADD c INTEGER NULL",
    "add_column foreign key": [
        "ALTER TABLE t ADD c INTEGER NULL",
        "ALTER TABLE t ADD CONSTRAINT fk1 FOREIGN KEY(c) REFERENCES r (id) ON DELETE CASCADE",
    ],
    "add_column inline references": "ALTER TABLE t ADD c INTEGER NULL REFERENCES r (id) ON DELETE CASCADE",
    "add_column primary key": "ALTER TABLE t ADD c INTEGER NOT NULL IDENTITY",
    "add_column inline primary key": "ALTER TABLE t ADD c INTEGER NOT NULL IDENTITY PRIMARY KEY",
    "add_column check": "ALTER TABLE t ADD c INTEGER NULL CONSTRAINT cc CHECK (c > 0)",
    "add_column unique": [
        "ALTER TABLE t ADD c INTEGER NULL",
        "ALTER TABLE t ADD UNIQUE (c)",
    ],
    "add_column index": [
        "ALTER TABLE t ADD c INTEGER NULL",
        "CREATE INDEX ix_t_c ON t (c)",
    ],
    "add_column unique index": [
        "ALTER TABLE t ADD c INTEGER NULL",
        "CREATE UNIQUE INDEX ix_t_c ON t (c)",
    ],
    "add_column Boolean check": "ALTER TABLE t ADD c BIT NULL",
    "add_column computed": "ALTER TABLE t ADD c AS (a + 1)",
    "add_column stored": "ALTER TABLE t ADD c AS (a + 1) PERSISTED",
    "add_column identity": "ALTER TABLE t ADD c INTEGER NOT NULL IDENTITY(3,1)",
    "drop_column": "ALTER TABLE s.t DROP COLUMN c",
    "drop_column if_exists": "ALTER TABLE t DROP COLUMN IF EXISTS c",
    "drop_column mssql": [
        "declare @const_name varchar(256)\nselect @const_name = QUOTENAME([name]) from sys.default_constraints\nwhere parent_object_id = object_id('s.t')\nand col_name(parent_object_id, parent_column_id) = 'c'\nexec('alter table s.t drop constraint ' + @const_name)",
        "declare @const_name varchar(256)\nselect @const_name = QUOTENAME([name]) from sys.check_constraints\nwhere parent_object_id = object_id('s.t')\nand col_name(parent_object_id, parent_column_id) = 'c'\nexec('alter table s.t drop constraint ' + @const_name)",
        "declare @const_name varchar(256)\nselect @const_name = QUOTENAME([name]) from\nsys.foreign_keys fk join sys.foreign_key_columns fkc\non fk.object_id=fkc.constraint_object_id\nwhere fkc.parent_object_id = object_id('s.t')\nand col_name(fkc.parent_object_id, fkc.parent_column_id) = 'c'\nexec('alter table s.t drop constraint ' + @const_name)",
        "ALTER TABLE s.t DROP COLUMN c",
    ],
    "alter nullable": "ALTER TABLE t ALTER COLUMN c INTEGER NOT NULL",
    "alter type": "ALTER TABLE t ALTER COLUMN c VARCHAR(20) NOT NULL",
    "alter type alone": "ALTER TABLE t ALTER COLUMN c VARCHAR(20)",
    "alter type using": "ALTER TABLE t ALTER COLUMN c VARCHAR(20) NULL",
    "alter using without type": "ALTER TABLE t ALTER COLUMN c INTEGER NULL",
    "alter type with its check": "ALTER TABLE t ALTER COLUMN c INTEGER NULL",
    "alter default": "ALTER TABLE t ADD DEFAULT 'x' FOR c",
    "alter default replaced": [
        "declare @const_name varchar(256)\nselect @const_name = QUOTENAME([name]) from sys.default_constraints\nwhere parent_object_id = object_id('t')\nand col_name(parent_object_id, parent_column_id) = 'c'\nexec('alter table t drop constraint ' + @const_name)",
        "ALTER TABLE t ADD DEFAULT 'x' FOR c",
    ],
    "alter default now": "ALTER TABLE t ADD DEFAULT CURRENT_TIMESTAMP FOR c",
    "alter default dropped": "declare @const_name varchar(256)\nselect @const_name = QUOTENAME([name]) from sys.default_constraints\nwhere parent_object_id = object_id('t')\nand col_name(parent_object_id, parent_column_id) = 'c'\nexec('alter table t drop constraint ' + @const_name)",
    "alter type and default": [
        "ALTER TABLE t ALTER COLUMN c INTEGER NOT NULL",
        "ALTER TABLE t ADD DEFAULT '1' FOR c",
    ],
    "alter type and no default": [
        "declare @const_name varchar(256)\nselect @const_name = QUOTENAME([name]) from sys.default_constraints\nwhere parent_object_id = object_id('t')\nand col_name(parent_object_id, parent_column_id) = 'c'\nexec('alter table t drop constraint ' + @const_name)",
        "ALTER TABLE t ALTER COLUMN c INTEGER NOT NULL",
    ],
    "alter name": "EXEC sp_rename 't.c', d, 'COLUMN'",
    "alter name quoted": "EXEC sp_rename 's.t.[c d]', [d e], 'COLUMN'",
    "alter comment": "exec sp_addextendedproperty 'MS_Description', N'it''s', 'schema', s, 'table', t, 'column', c",
    "alter comment default schema": "exec sp_addextendedproperty 'MS_Description', N'x', 'schema', dbo, 'table', t, 'column', c",
    "alter comment replaced": "exec sp_updateextendedproperty 'MS_Description', N'x', 'schema', s, 'table', t, 'column', c",
    "alter comment and default": [
        "exec sp_addextendedproperty 'MS_Description', N'x', 'schema', s, 'table', t, 'column', c",
        "ALTER TABLE s.t ADD DEFAULT '5' FOR c",
    ],
    "alter comment dropped": "exec sp_dropextendedproperty 'MS_Description', 'schema', s, 'table', t, 'column', c",
    "alter autoincrement": "ALTER TABLE t ALTER COLUMN c INTEGER NOT NULL",
    "alter everything": [
        "ALTER TABLE s.t ALTER COLUMN c BIGINT NULL",
        "exec sp_updateextendedproperty 'MS_Description', N'k', 'schema', s, 'table', t, 'column', c",
        "EXEC sp_rename 's.t.c', d, 'COLUMN'",
    ],
    "create_index": "CREATE UNIQUE INDEX ix ON s.t (a, lower(b))",
    "create_index desc": "CREATE INDEX ix ON t (a DESC, lower(b))",
    "create_index options": "CREATE CLUSTERED INDEX ix ON t (a) INCLUDE (z) WHERE a > 5",
    "create_index if_not_exists": "IF INDEXPROPERTY(OBJECT_ID('t'), 'ix', 'IndexID') IS NULL\nCREATE INDEX ix ON t (a)",
    "drop_index": "DROP INDEX ix ON s.t",
    "drop_index if_exists": "DROP INDEX IF EXISTS ix ON t",
    "create_foreign_key": "ALTER TABLE s.t ADD CONSTRAINT fk FOREIGN KEY(a, b) REFERENCES s2.r (c, d) ON DELETE CASCADE",
    "create_foreign_key onupdate": "ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY(a) REFERENCES r (c) ON UPDATE SET NULL",
    "create_foreign_key not valid": "ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY(a) REFERENCES r (c)",
    "create_primary_key": "ALTER TABLE s.t ADD CONSTRAINT pk PRIMARY KEY (a, b)",
    "create_unique_constraint": "ALTER TABLE s.t ADD CONSTRAINT uq UNIQUE (a, b)",
    "create_unique_constraint unnamed": "ALTER TABLE t ADD UNIQUE (a)",
    "create_check_constraint": "ALTER TABLE s.t ADD CONSTRAINT ck CHECK (LEN(x) > 5)",
    "create_check_constraint percent": "ALTER TABLE t ADD CONSTRAINT ck CHECK (x not like '%y%')",
    "drop_constraint": "ALTER TABLE s.t DROP CONSTRAINT c",
    "drop_constraint if_exists": "ALTER TABLE t DROP CONSTRAINT IF EXISTS c",
    "drop_constraint foreignkey": "ALTER TABLE s.t DROP CONSTRAINT c",
    "drop_constraint foreignkey if_exists": "ALTER TABLE t DROP CONSTRAINT IF EXISTS c",
    "drop_constraint primary": "ALTER TABLE t DROP CONSTRAINT c",
    "drop_constraint unique": "ALTER TABLE t DROP CONSTRAINT c",
    "drop_constraint check": "ALTER TABLE t DROP CONSTRAINT c",
    "bulk_insert": [
        "SET IDENTITY_INSERT t ON",
        "INSERT INTO t (id, x, b) VALUES (1, 'it''s', 1)",
        "INSERT INTO t (id, x, b) VALUES (2, NULL, 0)",
        "SET IDENTITY_INSERT t OFF",
    ],
    "bulk_insert date": [
        "SET IDENTITY_INSERT t ON",
        "INSERT INTO t (d) VALUES ('2020-01-02')",
        "SET IDENTITY_INSERT t OFF",
    ],
    "bulk_insert literal": [
        "SET IDENTITY_INSERT t ON",
        "INSERT INTO t (x) VALUES ('a')",
        "SET IDENTITY_INSERT t OFF",
    ],
    "bulk_insert nothing": [],
    "bulk_insert client default": [
        "SET IDENTITY_INSERT t ON",
        "INSERT INTO t (id, x) VALUES (1, 'q')",
        "SET IDENTITY_INSERT t OFF",
    ],
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
        "CREATE TABLE t (\n    x INTEGER NULL\n)",
        "CREATE INDEX ix_t_x ON t (x)",
    ],
}

REFUSED = {
    "add_column inline references options": "foreign-key-option",
    "alter nullable without type": "mssql-needs-type",
    "alter identity added": "identity-change",
    "alter identity changed": "identity-change",
    "alter identity dropped": "identity-change",
    "alter computed": "computed-change",
    "drop_index without table": "index-needs-table",
    "create_foreign_key match": "foreign-key-option",
    "create_foreign_key deferred": "foreign-key-option",
    "create_exclude_constraint": "cannot-compile",
    "drop_constraint unnamed": "constraint-without-name",
}


@pytest.mark.parametrize("call", WRITTEN)
def test_is_written(call: str) -> None:
    expected = WRITTEN[call]
    assert statements("mssql", CALLS[call]) == ([expected] if isinstance(expected, str) else expected)


@pytest.mark.parametrize("call", REFUSED)
def test_is_refused_with_a_way_out(call: str) -> None:
    error = refusal("mssql", CALLS[call])
    assert (error.code, bool(error.hint)) == (REFUSED[call], True)
