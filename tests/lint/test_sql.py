"""Statements as changes: what sqlglot reads, what is read by its words, and what stays unread."""

from __future__ import annotations

import pytest
from sqlalchemy.dialects import postgresql

from limbeck.lint.changes import (
    AddColumn,
    AddConstraint,
    AlterTable,
    AttachPartition,
    Change,
    Column,
    CreateIndex,
    CreateView,
    DetachPartition,
    DropObject,
    DropSchema,
    DropTable,
    DropView,
    RefreshView,
    RewriteTable,
    SetComment,
    SetNotNull,
    Unread,
    Write,
)
from limbeck.lint.of_operations import of_operation
from limbeck.lint.of_sql import of_statement
from limbeck.lint.rules.type_narrows import narrows
from limbeck.operations import ops
from limbeck.operations.operation import MigrateOperation

PARTED = "FOR VALUES FROM (1) TO (2)"
NUMBER = Column("b", "INT")


@pytest.mark.parametrize(
    ("statement", "changes"),
    [
        ("ALTER TABLE t ENABLE ROW LEVEL SECURITY", [AlterTable("t", "ENABLE ROW LEVEL SECURITY")]),
        ("ALTER TABLE t RENAME CONSTRAINT x TO y", [AlterTable("t", "RENAME CONSTRAINT x TO")]),
        ("ALTER TABLE s.t SET TABLESPACE fast", [RewriteTable("s.t", "SET TABLESPACE")]),
        (f"ALTER TABLE t ATTACH PARTITION p {PARTED}", [AttachPartition("t", "p", PARTED)]),
        ("ALTER TABLE t ADD CONSTRAINT b_there NOT NULL b", [SetNotNull("t", "b")]),
        ("ALTER TABLE t ADD CONSTRAINT b_there NOT NULL b NOT VALID", [AlterTable("t", "ADD CONSTRAINT b_there NOT")]),
        ("ALTER TABLE t DETACH PARTITION p", [DetachPartition("t", "p")]),
        ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", [DetachPartition("t", "p", concurrently=True)]),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY v", [RefreshView("v", concurrently=True)]),
        ("CREATE MATERIALIZED VIEW v AS SELECT 1", [CreateView("v")]),
        ("VACUUM (ANALYZE, FULL) t", [RewriteTable("t", "VACUUM FULL")]),
        ("CLUSTER t USING i", [RewriteTable("t", "CLUSTER")]),
        ("VACUUM t", [Unread("", "what VACUUM does is not followed")]),
        ("DROP VIEW v, w CASCADE", [DropView("v"), DropObject("", "VIEW v, w", cascade=True)]),
        ("DROP MATERIALIZED VIEW IF EXISTS s.v", [DropView("s.v")]),
        ("CREATE OR REPLACE VIEW v AS SELECT 1", [CreateView("v", replaces=True)]),
        ("DROP DATABASE old", [DropSchema("", "old", cascade=True, what="database")]),
        ("COMMENT ON TABLE t IS 'all'", [SetComment("t")]),
        ("COMMENT ON COLUMN s.t.b IS 'all'", [SetComment("s.t", "b")]),
        ("COMMENT ON TABLE t IS NULL", []),
        ("INSERT INTO t SELECT * FROM u", [Write("t", "INSERT", of_query=True)]),
        ("INSERT INTO t VALUES (1)", [Write("t", "INSERT")]),
        (
            "ALTER TABLE t ADD b int CONSTRAINT u UNIQUE CHECK (b > 0) REFERENCES p (id) ON DELETE CASCADE",
            [
                AddColumn("t", NUMBER, inline_key=True),
                AddConstraint("t", "unique constraint", "u", ("b",), inline="UNIQUE (b)"),
                AddConstraint("t", "check", None, ("b",), condition="b > 0", inline="CHECK (b > 0)"),
                AddConstraint(
                    "t",
                    "foreign key",
                    None,
                    ("b",),
                    "p",
                    inline="FOREIGN KEY (b) REFERENCES p (id) ON DELETE CASCADE",
                ),
            ],
        ),
    ],
)
def test_postgresql(statement: str, changes: list[Change]) -> None:
    assert of_statement(statement, "postgresql") == changes


@pytest.mark.parametrize(
    ("operation", "change"),
    [
        (ops.AttachPartitionOp("p", PARTED, table_name="t", schema="s"), AttachPartition("s.t", "s.p", PARTED)),
        (ops.DetachPartitionOp("p", table_name="t"), DetachPartition("t", "p")),
        (ops.DropPartitionOp("p", table_name="t"), DropTable("p")),
    ],
)
def test_operations_on_partitions_are_seen_as_their_statements(operation: MigrateOperation, change: Change) -> None:
    assert list(of_operation(operation, postgresql.dialect())) == [change]


@pytest.mark.parametrize(
    ("statement", "changes"),
    [
        ("CREATE FULLTEXT INDEX i ON t (a, b)", [CreateIndex("t", "i", ("a", "b"), kind="FULLTEXT")]),
        ("ALTER TABLE t ADD SPATIAL INDEX i (a)", [CreateIndex("t", "i", ("a",), kind="SPATIAL")]),
        ("ALTER TABLE t CONVERT TO CHARACTER SET latin1", [AlterTable("t", "CONVERT TO CHARACTER SET")]),
        (
            "ALTER TABLE t ADD b int NOT NULL AUTO_INCREMENT COMMENT 'all'",
            [AddColumn("t", Column("b", "INT", nullable=False, generated="identity", comment=True))],
        ),
    ],
)
def test_mariadb(statement: str, changes: list[Change]) -> None:
    assert of_statement(statement, "mariadb") == changes


@pytest.mark.parametrize(
    ("old", "new", "seconds", "narrower"),
    [
        ("DATETIME", "DATETIME(6)", 0, False),
        ("DATETIME(6)", "DATETIME", 0, True),
        ("TIMESTAMP", "TIMESTAMP(3)", 6, True),
        ("TIMESTAMP(3)", "TIMESTAMP", 6, False),
        ("NUMERIC", "NUMERIC(9, 2)", 6, True),
        ("VARCHAR(20)", "VARCHAR(10)", 6, True),
        ("VARCHAR(20)", "TEXT", 6, False),
    ],
)
def test_a_type_that_holds_less(old: str, new: str, seconds: int, narrower: bool) -> None:
    """A moment without a number of digits has 0 behind its seconds on MySQL, 6 on PostgreSQL."""
    assert narrows(old, new, seconds) is narrower
