"""What the text of a statement tells a squash."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from limbeck import sqla
from limbeck.maintenance.statements import as_call, kind_of, sources

READS = ("SELECT", "SHOW", "EXPLAIN")


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("CREATE TABLE t (id int)", "table"),
        ("-- a remark\n/* another */ create unique index ix on t (id)", "table"),
        ("ALTER TABLE t ADD c int", "table"),
        ("ALTER TABLE t RENAME TO u", "other"),
        ("CREATE TABLE t AS SELECT 1", "other"),
        ("CREATE TABLE t (id int) PARTITION BY RANGE (id)", "other"),
        ("INSERT INTO t SELECT * FROM u", "rows"),
        ("truncate t", "rows"),
        ("DO $$ BEGIN END $$", "rows"),
        ("WITH a AS (SELECT 1) SELECT * FROM a", "read"),
        ("WITH a AS (SELECT 1) UPDATE t SET id = 2", "rows"),
        ("SELECT * FROM t", "read"),
        ("CREATE VIEW v AS SELECT 1", "other"),
        ("SET search_path = x", "other"),
        ("ALTER TYPE mood ADD VALUE 'sad'", "other"),
    ],
)
def test_the_kind_of_a_statement(sql: str, kind: str) -> None:
    assert kind_of(sql, READS) == kind


def test_the_tables_that_a_query_reads() -> None:
    assert sources('SELECT * FROM account a JOIN "shop"."order" ON true, (SELECT 1 FROM x)') == {
        *("account", "shop", "order", "x")
    }


@pytest.mark.parametrize(
    "sql", ["UPDATE t SET a = ':b'", "UPDATE t\n  SET a = 'x\ny',\n  b = '100%'", "SELECT 'it''s'::text"]
)
def test_a_call_sends_the_statement(sql: str) -> None:
    """By Limbeck as it stands, and by Alembic, to which ``:name`` would be a bind."""
    sent: list[str] = []

    class Op:
        def execute(self, text: str) -> None:
            sent.append(text)

    exec(as_call(sql), {"op": Op()})  # noqa: S102 as a script runs it
    (text,) = sent
    assert str(sqla.as_written(text)) == sql
    assert str(sa.text(text)) == sql
