"""A NOT NULL column for a table that has rows: under an edition three steps, or an assignment to fill in."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from inline_snapshot import snapshot
from running import Database, Fill, filled, tables
from sqlalchemy import Column, Integer, String

from limbeck.errors import CommandError

EMPTY = tables(t=list)


def with_column(**options: Any) -> Fill:
    return tables(t=lambda: [Column("a", Integer, nullable=False, **options)])


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    with sa.create_engine(sqlite_url).connect() as connection:
        yield Database(connection, edition=2026)


def test_added_filled_tightened(postgresql_url: str) -> None:
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        database = Database(connection, edition=2026)
        database.create(EMPTY)
        revision = database.write(with_column(default=7))
    assert revision.upgrade == snapshot("""\
op.add_column('t', sa.Column('a', sa.Integer(), nullable=True))
op.execute('UPDATE t SET a=7')
op.alter_column('t', 'a',
           existing_type=sa.Integer(),
           nullable=False)\
""")
    assert revision.downgrade == snapshot("op.drop_column('t', 'a')")


def test_a_moment_that_any_update_sets_is_kept(mariadb_url: str) -> None:
    """``since`` gets its ON UPDATE before the column that is there is filled."""
    on_update = "CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP"

    def model(*, after: bool) -> Fill:
        return tables(
            t=lambda: [
                Column("changed", sa.DateTime, server_default=sa.text(on_update)),
                Column("since", sa.DateTime, server_default=sa.text(on_update) if after else None),
                Column("z", String(5), default="it", nullable=not after),
                *([Column("a", Integer, nullable=False, default=7)] if after else []),
            ]
        )

    with sa.create_engine(mariadb_url, poolclass=sa.NullPool).connect() as connection:
        database = Database(connection, edition=2026)
        database.create(model(after=False))
        connection.exec_driver_sql("INSERT INTO t (id, changed, since) VALUES (1, '2020-01-01', '2020-01-02')")
        revision = database.write(model(after=True))
        database.run(revision.upgrade, revision.imports)
        assert connection.exec_driver_sql("SELECT date(changed), date(since), z, a FROM t").one() == (
            date(2020, 1, 1),
            date(2020, 1, 2),
            "it",
            7,
        )
    assert [line for line in revision.upgrade.splitlines() if "UPDATE t" in line] == snapshot(
        [
            "op.execute('UPDATE t SET a=7, changed=t.changed, since=t.since')",
            "op.execute(\"UPDATE t SET z='it', changed=t.changed, since=t.since WHERE z IS NULL\")",
        ]
    )


def test_in_a_batch(sqlite: Database) -> None:
    """The other changes of the table follow in the second block."""
    sqlite.create(tables(t=lambda: [Column("z", String(5))]))
    after = tables(t=lambda: [Column("a", Integer, nullable=False, default=7), Column("b", Integer)])
    revision = sqlite.write(after, options={"render_as_batch": True})
    assert revision.upgrade == snapshot("""\
with op.batch_alter_table('t', schema=None) as batch_op:
    batch_op.add_column(sa.Column('a', sa.Integer(), nullable=True))

op.execute('UPDATE t SET a=7')
with op.batch_alter_table('t', schema=None) as batch_op:
    batch_op.alter_column('a',
           existing_type=sa.Integer(),
           nullable=False)
    batch_op.add_column(sa.Column('b', sa.Integer(), nullable=True))
    batch_op.drop_column('z')
""")


def test_a_key_that_changes_stays_until_the_second_block(sqlite_url: str) -> None:
    """A table WITHOUT ROWID must have a primary key at any time."""

    def keyed(*key: str, required: bool) -> Fill:
        def made(metadata: sa.MetaData) -> None:
            columns = [Column("a", Integer, nullable=False, default=7)] if required else []
            columns += [Column("id", Integer, nullable=False), Column("z", Integer, nullable=False)]
            sa.Table("t", metadata, *columns, sa.PrimaryKeyConstraint(*key, name="pk"), sqlite_with_rowid=False)

        return made

    with sa.create_engine(sqlite_url).connect() as connection:
        database = Database(connection, edition=2026, compare="exact")
        database.create(keyed("id", required=False), "INSERT INTO t VALUES (1, 2)")
        revision = database.write(keyed("id", "z", required=True), options={"render_as_batch": True})
        database.run(revision.upgrade, revision.imports)
        assert database.rows()["t"] == ["[('a', 7), ('id', 1), ('z', 2)]"]
        assert "batch_op" not in database.write(keyed("id", "z", required=True)).upgrade


def test_without_batch_sqlite_takes_one_for_the_last_step(sqlite: Database) -> None:
    sqlite.create(EMPTY, "INSERT INTO t VALUES (1)")
    revision = sqlite.write(with_column(default=7))
    assert revision.upgrade == snapshot("""\
op.add_column('t', sa.Column('a', sa.Integer(), nullable=True))
op.execute('UPDATE t SET a=7')
with op.batch_alter_table('t', schema=None) as batch_op:
    batch_op.alter_column('a',
           existing_type=sa.Integer(),
           nullable=False)
""")
    sqlite.run(revision.upgrade, revision.imports)
    assert sqlite.rows()["t"] == ["[('a', 7), ('id', 1)]"]


def test_as_the_reference_without_an_edition(database: Database) -> None:
    database.create(EMPTY)
    revision = database.write(with_column(default=7))
    assert revision.upgrade == "op.add_column('t', sa.Column('a', sa.Integer(), nullable=False))"


@pytest.mark.parametrize("options", [{}, {"default": lambda: 7}], ids=["no default", "a function"])
def test_an_assignment_to_fill_in_where_the_value_is_missing(options: dict[str, Any], database: Database) -> None:
    """The script fails before anything is changed; with the value in its place it runs."""
    database.options |= {"edition": 2026, "render_as_batch": database.name == "sqlite"}
    database.create(EMPTY, "INSERT INTO t VALUES (1)")
    there = database.schema()
    revision = database.write(with_column(**options))
    first, *rest = revision.upgrade.splitlines()
    assert first == (
        "rows_of_t_a = FILL_IN  # SQL of the value that rows of 't' get in 'a': it is NOT NULL, and the models have no "
        "value for it"
    )
    assert "op.execute(f'UPDATE t SET a={rows_of_t_a}')" in rest
    assert revision.warnings == [
        "t.a is NOT NULL and has no default: the script fails until the value for its rows is written"
    ]
    with pytest.raises(NameError, match="FILL_IN"):
        database.run(revision.upgrade, revision.imports)
    database.connection.rollback()
    assert database.schema() == there
    database.run(revision.upgrade.replace("FILL_IN", "'5'", 1), revision.imports)
    assert database.rows()["t"] == ["[('a', 5), ('id', 1)]"]
    database.run(revision.downgrade, revision.imports)
    assert database.schema() == there


def test_a_dropped_column_is_filled_when_it_comes_back(database: Database) -> None:
    """The values are gone."""
    database.options |= {"edition": 2026, "render_as_batch": "auto"}
    database.create(with_column(), "INSERT INTO t VALUES (1, 5)")
    revision = database.write(EMPTY)
    assert revision.downgrade.startswith("rows_of_t_a = FILL_IN  # SQL of the value that rows of 't' get in 'a'")
    revision = database.write(EMPTY, options={"fill": ["t.a=1 + 6"]})
    assert revision.warnings == []
    there = database.schema()
    database.run(revision.upgrade, revision.imports)
    database.run(revision.downgrade, revision.imports)
    assert database.schema() == there
    assert database.rows()["t"] == ["[('a', 7), ('id', 1)]"]


def test_an_empty_table_needs_no_value(database: Database) -> None:
    database.options |= {"edition": 2026, "render_as_batch": "auto"}
    revision = database.there_and_back(EMPTY, with_column())
    assert "nullable=False" in revision.upgrade
    assert "FILL_IN" not in revision.upgrade + database.write(EMPTY).downgrade


def nullable(**options: Any) -> Fill:
    return tables(t=lambda: [Column("a", Integer), Column("b", Integer, **options)])


def required(**options: Any) -> Fill:
    return tables(t=lambda: [Column("a", Integer, nullable=False, **options), Column("b", Integer)])


ROWS = "INSERT INTO t VALUES (1, NULL, 1), (2, 5, NULL)"


@pytest.mark.parametrize(
    ("after", "fill"),
    [
        (required(), ["t.a=9"]),
        (required(server_default="9"), []),
        (required(default=9), []),
        (required(default=1), ["t.a=9"]),
    ],
    ids=["said", "server default", "default", "said in place of the default"],
)
def test_a_column_that_becomes_not_null_is_filled_where_it_is_null(
    after: Fill, fill: list[str], database: Database
) -> None:
    database.options |= {"edition": 2026, "render_as_batch": "auto"}
    database.create(nullable(), ROWS)
    revision = database.write(after, options={"fill": fill, "target_metadata": filled(after)})
    assert "UPDATE t SET a=" in revision.upgrade
    assert revision.upgrade.count("execute") == 1
    database.run(revision.upgrade, revision.imports)
    assert database.rows()["t"] == ["[('a', 5), ('b', None), ('id', 2)]", "[('a', 9), ('b', 1), ('id', 1)]"]


def test_without_a_value_the_script_fails_before_anything_is_changed(database: Database) -> None:
    database.options |= {"edition": 2026, "render_as_batch": "auto"}
    database.create(nullable(), ROWS)
    there, rows = database.schema(), database.rows()
    revision = database.write(required())
    assert revision.upgrade.startswith("rows_of_t_a = FILL_IN")
    with pytest.raises(NameError, match="FILL_IN"):
        database.run(revision.upgrade, revision.imports)
    database.connection.rollback()
    assert (database.schema(), database.rows()) == (there, rows)


def test_a_downgrade_fills_what_became_null(database: Database) -> None:
    """Said when the script is written; the column has no NULL then."""
    database.options |= {"edition": 2026, "render_as_batch": "auto"}
    database.create(required(), "INSERT INTO t VALUES (1, 5, 6)")
    there = database.schema()
    revision = database.write(nullable(), options={"fill": ["t.a=8"]})
    database.run(revision.upgrade, revision.imports)
    database.connection.exec_driver_sql("INSERT INTO t VALUES (2, NULL, 6)")
    database.connection.commit()
    database.run(revision.downgrade, revision.imports)
    assert database.schema() == there
    assert database.rows()["t"] == ["[('a', 5), ('b', 6), ('id', 1)]", "[('a', 8), ('b', 6), ('id', 2)]"]


def test_a_column_without_null_is_not_filled(database: Database) -> None:
    database.options |= {"edition": 2026, "render_as_batch": "auto"}
    database.create(nullable(), "INSERT INTO t VALUES (1, 5, NULL)")
    assert "UPDATE" not in database.write(required(default=9)).upgrade


@pytest.mark.parametrize("said", ["t.a", "a=5", "t.a=", "=5"])
def test_a_value_of_another_form_is_refused(said: str, sqlite: Database) -> None:
    sqlite.create(EMPTY)
    with pytest.raises(CommandError, match="not of the form") as refused:
        sqlite.write(with_column(), options={"fill": [said]})
    assert refused.value.exit_code == 2


@pytest.mark.parametrize(
    "column",
    [
        lambda: Column("a", Integer, nullable=False, server_default="1"),
        lambda: Column("a", Integer, sa.Computed("id * 2"), nullable=False),
        lambda: Column("a", Integer, default=7),
    ],
    ids=["server default", "computed", "nullable"],
)
def test_what_needs_no_filling(column: Any, sqlite: Database) -> None:
    sqlite.create(EMPTY)
    assert "UPDATE" not in sqlite.write(tables(t=lambda: [column()])).upgrade


def test_a_new_table_needs_none(sqlite: Database) -> None:
    sqlite.create(tables(u=list))
    assert "UPDATE" not in sqlite.write(tables(u=list, t=lambda: [Column("a", Integer, nullable=False)])).upgrade


@pytest.mark.parametrize(
    ("type_", "default", "statement"),
    [
        (String(9), "it's {5}%", "op.execute(\"UPDATE t SET a='it''s {5}%'\")"),
        (sa.Boolean(), False, "op.execute('UPDATE t SET a=false')"),
        (sa.Numeric(5, 2), 2.5, "op.execute('UPDATE t SET a=2.5')"),
        (sa.Enum("x", "y", native_enum=False), "y", "op.execute(\"UPDATE t SET a='y'\")"),
        (sa.Uuid(), uuid.UUID(int=5), "op.execute(\"UPDATE t SET a='00000000-0000-0000-0000-000000000005'\")"),
        (sa.DateTime(), sa.func.now(), "op.execute('UPDATE t SET a=now()')"),
    ],
    ids=str,
)
def test_values_as_sql(type_: Any, default: Any, statement: str, postgresql_url: str) -> None:
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        database = Database(connection, edition=2026)
        database.create(EMPTY, "INSERT INTO t VALUES (1)")
        revision = database.write(tables(t=lambda: [Column("a", type_, nullable=False, default=default)]))
        assert statement in revision.upgrade.splitlines()
        database.run(revision.upgrade, revision.imports)
