"""Operations that the exact comparison writes: sequences, and how a table is stored; carried out, and taken back."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from limbeck.errors import CommandError
from limbeck.operations import ops

SEQUENCE = (
    "SELECT start_value, increment_by, max_value, cycle, cache_size, data_type::text FROM pg_sequences "
    "WHERE sequencename = 's'"
)


def test_a_sequence_there_changed_and_back(postgresql_url, online) -> None:
    pg = online(postgresql_url)
    made = ops.CreateSequenceOp("s", start=5, increment=2, data_type=sa.Integer())
    pg.op.invoke(made)
    assert pg.rows(SEQUENCE) == [(5, 2, 2147483647, False, 1, "integer")]
    assert pg.rows("SELECT nextval('s'), nextval('s')") == [(5, 7)]

    changed = ops.AlterSequenceOp("s", increment=10, cycle=True, existing={"increment": 2, "cycle": False})
    pg.op.invoke(changed)
    assert pg.rows(SEQUENCE) == [(5, 10, 2147483647, True, 1, "integer")]
    assert pg.rows("SELECT nextval('s')") == [(17,)], "it goes on where it is"

    pg.op.invoke(changed.reverse())
    assert pg.rows(SEQUENCE) == [(5, 2, 2147483647, False, 1, "integer")]
    pg.op.invoke(made.reverse())
    assert pg.rows(SEQUENCE) == []


def test_a_sequence_that_belongs_to_a_column_begins_behind_it_and_goes_with_it(postgresql_url, online) -> None:
    pg = online(postgresql_url)
    pg.run("CREATE TABLE t (id integer)", "INSERT INTO t VALUES (41)")
    pg.op.create_sequence("s", owned_by=("t", "id"))
    assert pg.rows("SELECT nextval('s')") == [(42,)]
    pg.op.drop_table("t")
    assert pg.rows(SEQUENCE) == []


def test_a_change_of_unknown_options_cannot_be_reversed() -> None:
    with pytest.raises(ValueError, match="not reversible"):
        ops.AlterSequenceOp("s", increment=10).reverse()


def test_postgresql_changes_how_a_table_is_stored_and_back(postgresql_url, online) -> None:
    pg = online(postgresql_url)
    pg.run("CREATE TABLE t (id integer)")
    stored = "SELECT relpersistence::text, reloptions FROM pg_class WHERE relname = 't'"
    change = ops.AlterTableOptionsOp(
        "t",
        {"postgresql_unlogged": True, "postgresql_with": {"fillfactor": "70"}},
        existing={"postgresql_unlogged": False, "postgresql_with": {}},
    )
    pg.op.invoke(change)
    assert pg.rows(stored) == [("u", ["fillfactor=70"])]
    pg.op.invoke(change.reverse())
    assert pg.rows(stored) == [("p", None)]


def test_postgresql_makes_a_table_as_it_is_to_be_stored(postgresql_url, online) -> None:
    """SQLAlchemy 2.0 knows no such option of tables; a script that has it runs there all the same."""
    pg = online(postgresql_url)
    pg.op.create_table(
        "t", sa.Column("id", sa.Integer()), postgresql_with={"fillfactor": "70", "autovacuum_enabled": "off"}
    )
    assert pg.rows("SELECT reloptions FROM pg_class WHERE relname = 't'") == [
        (["fillfactor=70", "autovacuum_enabled=off"],)
    ]


def test_mariadb_changes_how_a_table_is_stored_and_back(mariadb_url, online) -> None:
    maria = online(mariadb_url)
    maria.run("CREATE TABLE t (id INT) ENGINE=InnoDB")
    stored = "SELECT engine FROM information_schema.tables WHERE table_name = 't' AND table_schema = DATABASE()"
    change = ops.AlterTableOptionsOp("t", {"mysql_engine": "Aria"}, existing={"mysql_engine": "InnoDB"})
    maria.op.invoke(change)
    assert maria.rows(stored) == [("Aria",)]
    maria.op.invoke(change.reverse())
    assert maria.rows(stored) == [("InnoDB",)]


def test_sqlite_says_that_the_table_has_to_be_made_anew(sqlite_url, online) -> None:
    with pytest.raises(CommandError) as refused:
        online(sqlite_url).op.alter_table_options("t", {"sqlite_strict": True})
    assert (refused.value.code, refused.value.file) == ("no-table-options", __file__)
