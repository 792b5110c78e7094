"""Downgrades beside their upgrades: what is left behind, what does not come back."""

from __future__ import annotations

from pathlib import Path

import pytest
from reviewing import Reviewed

ADD = 'op.add_column("t", sa.Column("b", sa.Integer))'
DROP = 'op.drop_column("t", "b")'
TABLE = 'op.create_table("n", sa.Column("id", sa.Integer, primary_key=True))'
INDEX = 'op.create_index("ix", "t", ["b"])'


def said(place: Reviewed, up: str, down: str) -> str | None:
    found = [one["message"] for one in place.found(up, back=down) if one["rule"] == "downgrade-differs"]
    return found[0].partition(":")[0].removeprefix("downgrade() ") if found else None


@pytest.fixture
def place(tmp_path: Path, sqlite_url: str) -> Reviewed:
    reviewed = Reviewed(tmp_path, sqlite_url)
    reviewed.sql("CREATE TABLE t (id integer PRIMARY KEY, a integer)", "CREATE TABLE u (id integer PRIMARY KEY)")
    return reviewed


@pytest.mark.parametrize(
    ("up", "down"),
    [
        (ADD, DROP),
        (ADD, 'op.execute("ALTER TABLE t DROP COLUMN b")'),
        (f"{ADD}\n{INDEX}", DROP),
        (f"{ADD}\n{INDEX}", f'op.drop_index("ix")\n{DROP}'),
        (TABLE, 'op.drop_table("n")'),
        (f'{TABLE}\nop.create_index("ix", "n", ["id"])', 'op.drop_table("n")'),
        ('op.drop_table("u")', 'op.create_table("u", sa.Column("id", sa.Integer), sa.Column("x", sa.Integer))'),
        ('op.drop_index("ix_a", "t")\nop.drop_column("t", "a")',
         'op.add_column("t", sa.Column("a", sa.Integer, index=True))'),
        ('op.rename_table("t", "v")', 'op.rename_table("v", "t")'),
        ('op.rename_table("t", "v")\nop.drop_column("v", "a")',
         'op.rename_table("v", "t")\nop.add_column("t", sa.Column("a", sa.Integer))'),
        ('op.alter_column("t", "a", new_column_name="c")', 'op.alter_column("t", "c", new_column_name="a")'),
        ('with op.batch_alter_table("t") as batch:\n    batch.alter_column("a", type_=sa.Text())',
         'with op.batch_alter_table("t") as batch:\n    batch.alter_column("a", type_=sa.Integer())'),
        (f'{TABLE}\nop.drop_table("n")', 'op.execute("SELECT 1")'),
        (ADD, "raise NotImplementedError"),
        (ADD, 'if op.get_bind().execute(sa.text("SELECT 1")).scalar():\n    op.drop_table("u")'),
        (ADD, 'op.execute("LOCK TABLE u")'),
    ],
)  # fmt: skip
def test_undone_or_not_to_be_known(place: Reviewed, up: str, down: str) -> None:
    assert said(place, up, down) is None


@pytest.mark.parametrize(
    ("up", "down", "message"),
    [
        (ADD, INDEX, "leaves the column t.b as upgrade() has made it"),
        (f"{ADD}\n{TABLE}", DROP, "leaves the table n as upgrade() has made it"),
        ('op.create_index("ix", "t", ["a"])', DROP, "leaves ix of t as upgrade() has made it"),
        ('op.drop_table("u")', ADD, "does not bring back the table u"),
        ('op.drop_column("t", "a")', ADD, "does not bring back the column t.a"),
        ('op.drop_index("ix_a", "t")', 'op.execute("SELECT 1")', "does not bring back ix_a of t"),
        ('op.rename_table("t", "v")', 'op.execute("SELECT 1")', "leaves the name of t as upgrade() has made it"),
        (
            'with op.batch_alter_table("t") as batch:\n    batch.alter_column("a", type_=sa.Text())',
            'op.execute("SELECT 1")',
            "leaves the type of t.a as upgrade() has made it",
        ),
        (f'{ADD}\nop.drop_table("u")', INDEX,
         "leaves the column t.b as upgrade() has made it and does not bring back the table u"),
    ],
)  # fmt: skip
def test_left_behind_or_not_brought_back(place: Reviewed, up: str, down: str, message: str) -> None:
    assert said(place, up, down) == message
