"""PostgreSQL's enum types as operations: explicit, reversible, and usable in the same run."""

import io

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ENUM

from limbeck import op
from limbeck.errors import CommandError
from limbeck.operations import Operations, ops
from limbeck.runtime.migration import MigrationContext


@pytest.fixture
def run(postgresql_url):
    """Run functions that call ``op``, each in a transaction of its own, on a connection."""
    engine = sa.create_engine(postgresql_url)
    with engine.connect() as connection:

        def run(*steps):
            for step in steps:
                context = MigrationContext.configure(connection)
                with Operations.context(context), context.begin_transaction():
                    step()
            return connection

        yield run
    engine.dispose()


def labels(connection, name="mood"):
    found = {each["name"]: each["labels"] for each in sa.inspect(connection).get_enums()}
    return found.get(name)


def test_create_and_drop(run):
    connection = run(lambda: op.create_enum("mood", ["sad", "it's ok"]))
    assert labels(connection) == ["sad", "it's ok"]
    connection.rollback()
    assert labels(run(lambda: op.drop_enum("mood"))) is None


def test_a_new_value_can_be_used_in_the_same_run(run):
    """With one transaction for the run, the value is added outside it if no statement ran before."""

    def use():
        op.add_enum_value("mood", "glad", after="sad")
        op.execute("INSERT INTO t VALUES ('glad')")

    connection = run(
        lambda: op.create_enum("mood", ["sad", "ok"]),
        lambda: op.create_table("t", sa.Column("m", ENUM("sad", "ok", name="mood", create_type=False))),
        use,
    )
    assert labels(connection) == ["sad", "glad", "ok"]
    assert connection.exec_driver_sql("SELECT m FROM t").scalars().all() == ["glad"]


def test_after_other_statements_a_value_is_added_in_the_transaction(run):
    """Then it cannot be used before the commit, and no half-done revision is committed."""

    def add():
        op.execute("CREATE TABLE half (a INTEGER)")
        context = op.get_context()
        context.__class__ = type("Counting", (MigrationContext,), {"statements_in_transaction": 1})
        op.add_enum_value("mood", "glad")
        raise KeyError

    run(lambda: op.create_enum("mood", ["sad"]))
    with pytest.raises(KeyError):
        run(add)
    connection = run(lambda: None)
    assert labels(connection) == ["sad"]
    assert not sa.inspect(connection).has_table("half")


def test_rename_and_back(run):
    operation = ops.RenameEnumValueOp("mood", "ok", "fine")
    connection = run(lambda: op.create_enum("mood", ["sad", "ok"]), lambda: op.invoke(operation))
    assert labels(connection) == ["sad", "fine"]
    connection.rollback()
    assert labels(run(lambda: op.invoke(operation.reverse()))) == ["sad", "ok"]


def test_replace_and_back(run):
    """Columns with defaults, arrays, checks and indexes of the type follow."""

    def start():
        op.create_enum("mood", ["sad", "ok", "glad"])
        mood = ENUM("sad", "ok", "glad", name="mood", create_type=False)
        op.create_table(
            "t",
            sa.Column("m", mood, server_default="ok", nullable=False),
            sa.Column("all", sa.ARRAY(mood)),
            sa.CheckConstraint("m <> 'glad'", name="ck"),
        )
        op.create_index("ix", "t", ["m"], postgresql_where=sa.text("m = 'ok'"))
        op.execute("INSERT INTO t VALUES ('ok', '{ok,glad}'), ('sad', NULL)")

    operation = ops.ReplaceEnumValuesOp(
        "mood", ["glad", "fine", "sad"], mapping={"ok": "fine"}, existing_values=["sad", "ok", "glad"]
    )
    connection = run(start, lambda: op.invoke(operation))
    assert labels(connection) == ["glad", "fine", "sad"]
    assert connection.exec_driver_sql('SELECT m, "all"::text FROM t').all() == [("fine", "{fine,glad}"), ("sad", None)]
    inspector = sa.inspect(connection)
    assert inspector.get_columns("t")[0]["default"] == "'fine'::mood"
    assert [each["name"] for each in inspector.get_check_constraints("t")] == ["ck"]
    assert [each["name"] for each in inspector.get_indexes("t")] == ["ix"]
    connection.rollback()
    connection = run(lambda: op.invoke(operation.reverse()))
    assert labels(connection) == ["sad", "ok", "glad"]
    assert connection.exec_driver_sql('SELECT m, "all"::text FROM t').all() == [("ok", "{ok,glad}"), ("sad", None)]


def test_a_value_in_use_is_not_lost(run):
    def start():
        op.create_enum("mood", ["sad", "ok"])
        op.execute("CREATE TABLE t (m mood)")
        op.execute("INSERT INTO t VALUES ('ok')")

    run(start)
    with pytest.raises(sa.exc.DBAPIError, match="ok"):
        run(lambda: op.replace_enum_values("mood", ["sad"]))
    assert labels(run(lambda: None)) == ["sad", "ok"]


def test_as_a_script():
    buffer = io.StringIO()
    operations = Operations(
        MigrationContext.configure(dialect_name="postgresql", opts={"as_sql": True, "output_buffer": buffer})
    )
    operations.create_enum("Mood", ["sad", "ok"], schema="s")
    operations.rename_enum_value("Mood", "ok", "50%", schema="s")
    operations.drop_enum("Mood", schema="s")
    assert buffer.getvalue().split("\n\n")[:-1] == [
        "CREATE TYPE s.\"Mood\" AS ENUM ('sad', 'ok');",
        "ALTER TYPE s.\"Mood\" RENAME VALUE 'ok' TO '50%';",
        'DROP TYPE s."Mood";',
    ]


@pytest.mark.parametrize("dialect", ["sqlite", "mysql", "mssql", "oracle"])
def test_other_databases_have_none(dialect):
    operations = Operations(
        MigrationContext.configure(dialect_name=dialect, opts={"as_sql": True, "output_buffer": io.StringIO()})
    )
    with pytest.raises(CommandError, match=f"{dialect} has no enum types of its own") as caught:
        operations.create_enum("mood", ["sad"])
    assert caught.value.hint == 'write it under `if op.get_context().dialect.name == "postgresql":`'
    assert caught.value.file == __file__
