"""A transaction is committed by its owner; what a failure leaves; autocommit blocks."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import indent

import pytest
import sqlalchemy as sa
from project import ENGINE, Project, table

from limbeck import command
from limbeck.errors import CommandError


def notes(error: BaseException) -> str:
    return "\n".join(getattr(error, "__notes__", ()))


# --- whose transaction it is ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("statement", ["SELECT 1", "CREATE TABLE made_by_env (id INTEGER)"])
def test_a_transaction_that_a_statement_of_env_began_is_committed_with_the_run(
    project: Project, statement: str
) -> None:
    project.connected(before=f"connection.execute(sa.text({statement!r}))")
    project.line("a1", "a2")
    project.upgrade()
    assert project.rows() == ["a2"]
    assert set(project.tables()) >= {"t_a1", "t_a2"}
    if "CREATE" in statement:
        assert "made_by_env" in project.tables()


def test_a_search_path_set_by_env_holds_for_the_run(postgres: Project) -> None:
    postgres.execute("CREATE SCHEMA tenant")
    postgres.connected(before="connection.execute(sa.text('SET search_path TO tenant'))")
    postgres.line("a1")
    postgres.upgrade()
    assert postgres.rows("tenant.alembic_version") == ["a1"]
    assert postgres.tables("tenant") == ["t_a1"]
    assert postgres.rows() is None


def hand_in(project: Project, **opts: str) -> sa.Connection:
    """An env.py that takes the connection of ``config.attributes``, and such a connection."""
    project.env(
        "context.configure(connection=config.attributes['connection'])\n"
        "with context.begin_transaction():\n    context.run_migrations()"
    )
    engine = sa.create_engine(project.url, poolclass=sa.NullPool)
    connection = engine.connect()
    project.config.attributes["connection"] = connection
    return connection


def test_a_transaction_that_was_handed_in_is_never_committed(postgres: Project) -> None:
    postgres.line("a1")
    with hand_in(postgres) as connection:
        transaction = connection.begin()
        command.upgrade(postgres.config, "head")
        assert transaction.is_active
        transaction.rollback()
    assert postgres.rows() is None
    assert postgres.tables() == []


def test_a_transaction_that_a_statement_before_the_command_began_is_never_committed(postgres: Project) -> None:
    """A test's connection, on which it looked around before it called the command."""
    postgres.line("a1")
    with hand_in(postgres) as connection:
        connection.execute(sa.text("SELECT 1"))
        command.upgrade(postgres.config, "head")
        assert connection.in_transaction()
    assert postgres.rows() is None


def test_a_connection_that_was_handed_in_without_a_transaction_is_committed(project: Project) -> None:
    project.line("a1")
    with hand_in(project):
        command.upgrade(project.config, "head")
    assert project.rows() == ["a1"]


def test_a_savepoint_around_the_command_can_take_all_back(postgres: Project) -> None:
    """The recipe of test suites: one outer transaction, a command within, all rolled back."""
    postgres.line("a1", "a2")
    with hand_in(postgres) as connection, connection.begin() as outer:
        with connection.begin_nested():
            command.upgrade(postgres.config, "head")
        assert connection.scalar(sa.text("SELECT version_num FROM alembic_version")) == "a2"
        outer.rollback()
    assert postgres.rows() is None


BEGIN_THEN_RUN = """
with connection.begin():
    context.configure(connection=connection)
    context.run_migrations()
"""
BEGIN_AROUND_BEGIN = """
with connection.begin():
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
ZERO_SEVEN = """
context.configure(connection=connection)
trans = connection.begin()
try:
    context.run_migrations()
    trans.commit()
except:
    trans.rollback()
    raise
"""


@pytest.mark.parametrize("body", [BEGIN_THEN_RUN, BEGIN_AROUND_BEGIN, ZERO_SEVEN])
def test_a_transaction_that_env_began_in_so_many_words_is_its_own_to_commit(postgres: Project, body: str) -> None:
    postgres.env(f"{ENGINE}\nwith engine.connect() as connection:\n{indent(body, '    ')}")
    postgres.line("a1", "a2")
    postgres.upgrade()
    assert postgres.rows() == ["a2"]
    assert postgres.tables() == ["t_a1", "t_a2"]


ROLLED_BACK = """
trans = connection.begin()
context.configure(connection=connection)
with context.begin_transaction():
    context.run_migrations()
trans.rollback()
"""
BEGUN_LATER = """
context.configure(connection=connection)
trans = connection.begin()
with context.begin_transaction():
    context.run_migrations()
trans.rollback()
"""


@pytest.mark.parametrize("body", [ROLLED_BACK, BEGUN_LATER])
def test_env_that_rolls_its_own_transaction_back_is_told_that_nothing_stayed(postgres: Project, body: str) -> None:
    postgres.env(f"{ENGINE}\nwith engine.connect() as connection:\n{indent(body, '    ')}")
    postgres.line("a1")
    with pytest.raises(CommandError) as error:
        postgres.upgrade()
    assert (error.value.code, error.value.exit_code) == ("not-committed", 3)
    assert str(error.value) == (
        "Version table 'alembic_version' has no rows after this run, and not a1 as its steps left it"
    )
    assert postgres.rows() is None


def test_run_migrations_without_begin_transaction_is_reported_as_not_committed(postgres: Project) -> None:
    """On PostgreSQL a run is one transaction, and env.py forgot to begin it: the reference says nothing."""
    postgres.connected(body="context.run_migrations()")
    postgres.line("a1")
    with pytest.raises(CommandError) as error:
        postgres.upgrade()
    assert error.value.code == "not-committed"
    assert postgres.rows() is None


# --- one transaction or many ------------------------------------------------------------------------------------------

BROKEN = 'op.execute("INSERT INTO t_a1 VALUES (7)")\nop.execute("SELECT * FROM nowhere")'


def test_a_failure_takes_the_whole_run_back_where_ddl_is_transactional(postgres: Project) -> None:
    postgres.line("a1")
    postgres.script("a2", "a1", BROKEN)
    with pytest.raises(sa.exc.DBAPIError):
        postgres.upgrade()
    assert postgres.rows() is None
    assert postgres.tables() == []


@pytest.mark.parametrize("backend", ["sqlite", "mariadb"])
def test_a_failure_leaves_the_steps_before_where_ddl_is_not(make: Callable[..., Project], backend: str) -> None:
    project = make(backend)
    project.line("a1")
    project.script("a2", "a1", BROKEN)
    with pytest.raises(sa.exc.DBAPIError):
        project.upgrade()
    assert project.rows() == ["a1"]
    assert project.column("SELECT id FROM t_a1") == []


def test_transaction_per_migration_keeps_the_steps_before_the_failure(postgres: Project) -> None:
    postgres.connected(configure="transaction_per_migration=True")
    postgres.line("a1")
    postgres.script("a2", "a1", BROKEN)
    with pytest.raises(sa.exc.DBAPIError):
        postgres.upgrade()
    assert postgres.rows() == ["a1"]


def test_the_edition_makes_a_transaction_a_revision(modern: Project) -> None:
    """Locks of the first revision are not held to the end."""
    modern.line("a1")
    modern.script("a2", "a1", BROKEN)
    with pytest.raises(sa.exc.DBAPIError):
        modern.upgrade()
    assert modern.rows() == ["a1"]
    assert modern.tables() == ["t_a1"]


def test_the_edition_can_be_overruled_by_transaction_per_migration(make: Callable[..., Project]) -> None:
    project = make("postgresql", edition=2026)
    project.connected(configure="transaction_per_migration=False")
    project.line("a1")
    project.script("a2", "a1", BROKEN)
    with pytest.raises(sa.exc.DBAPIError):
        project.upgrade()
    assert project.rows() is None


# --- SQLite's DDL in transactions -------------------------------------------------------------------------------------

HALF = table("half") + '\nop.execute("INSERT INTO half VALUES (1)")\n' + 'op.execute("SELECT * FROM nowhere")'


@pytest.mark.parametrize("driver", ["sqlite", "sqlite+aiosqlite"])
def test_a_failing_revision_leaves_nothing_behind_on_sqlite_under_the_edition(
    make: Callable[..., Project], driver: str
) -> None:
    project = make("sqlite", edition=2026, driver=driver)
    project.line("a1")
    project.script("a2", "a1", HALF)
    with pytest.raises(sa.exc.DBAPIError) as error:
        project.upgrade()
    assert "committed" not in notes(error.value)
    assert (project.rows(), project.tables()) == (["a1"], ["t_a1"])


def test_transactional_ddl_does_the_same_without_an_edition(lite: Project) -> None:
    """One transaction for the run, as on PostgreSQL: the whole run is taken back."""
    lite.connected(configure="transactional_ddl=True")
    lite.line("a1")
    lite.script("a2", "a1", HALF)
    with pytest.raises(sa.exc.DBAPIError):
        lite.upgrade()
    assert (lite.rows(), lite.tables()) == (None, [])


def test_without_edition_a_script_may_open_a_second_connection_on_sqlite(lite: Project) -> None:
    lite.line("a1")
    lite.script(
        "a2",
        "a1",
        """
        op.add_column("t_a1", sa.Column("x", sa.Integer))
        with op.get_context().connection.engine.begin() as second:
            second.execute(sa.text("INSERT INTO t_a1 (id, x) VALUES (1, 2)"))
        """,
    )
    lite.upgrade()
    assert lite.column("SELECT x FROM t_a1") == [2]


@pytest.mark.parametrize("pragma", ["foreign_keys = ON", "foreign_keys(0)", "main.journal_mode = WAL"])
def test_a_pragma_that_a_transaction_would_ignore_is_an_error_under_the_edition(
    make: Callable[..., Project], pragma: str
) -> None:
    project = make("sqlite", edition=2026)
    project.script("a1", None, f'op.execute("PRAGMA {pragma}")')
    with pytest.raises(CommandError) as error:
        project.upgrade()
    assert error.value.code == "pragma-in-transaction"
    assert "autocommit_block" in (error.value.hint or "")
    assert project.rows() in (None, [])


def test_a_pragma_that_only_asks_is_none(make: Callable[..., Project]) -> None:
    project = make("sqlite", edition=2026)
    project.script("a1", None, 'op.execute("PRAGMA foreign_keys")\nop.execute("PRAGMA user_version = 3")')
    project.upgrade()
    assert project.column("PRAGMA user_version") == [3]


def test_a_pragma_is_heard_in_an_autocommit_block(make: Callable[..., Project]) -> None:
    project = make("sqlite", edition=2026)
    project.script(
        "a1",
        None,
        """
        with op.get_context().autocommit_block():
            op.execute("PRAGMA foreign_keys = ON")
        assert op.get_bind().scalar(sa.text("PRAGMA foreign_keys")) == 1
        """,
    )
    project.upgrade()
    assert project.rows() == ["a1"]


# --- what is committed already ----------------------------------------------------------------------------------------


def test_a_failure_says_what_is_committed_already(maria: Project) -> None:
    """The retry would say "already exists", and not why."""
    maria.script("a1", None, table("one") + "\n" + table("two") + '\nop.execute("SELECT * FROM nowhere")')
    code, said = maria.run("upgrade", "head")
    assert code == 3
    assert "while running upgrade  -> a1" in said
    assert "these statements of it are committed, and the version rows do not say so:" in said
    assert "CREATE TABLE one" in said
    assert "CREATE TABLE two" in said
    assert "nowhere" not in said.partition("these statements")[2]


def test_a_read_is_not_listed_as_committed(maria: Project) -> None:
    """Nor what the batch asked the catalogue: only what changed something has to be undone."""
    batch = 'with op.batch_alter_table("one") as batch:\n    batch.create_index("ix", ["id"])'
    maria.script("a1", None, f'op.execute("SELECT 1")\n{table("one")}\n{batch}\nop.execute("SELECT * FROM nowhere")')
    listed = maria.run("upgrade", "head")[1].partition("do not say so:\n")[2].partition("\n  hint")[0].splitlines()
    assert [line.split()[0] for line in listed] == ["CREATE", "CREATE"]


def test_an_insert_before_ddl_is_committed_with_it(maria: Project) -> None:
    """MariaDB's implicit commit takes the row along; one after the last DDL is rolled back."""
    maria.line("a1")
    maria.script(
        "a2",
        "a1",
        """
        op.execute("INSERT INTO t_a1 VALUES (1)")
        op.add_column("t_a1", sa.Column("x", sa.Integer))
        op.execute("INSERT INTO t_a1 VALUES (2, 2)")
        op.execute("SELECT * FROM nowhere")
        """,
    )
    with pytest.raises(sa.exc.DBAPIError) as error:
        maria.upgrade()
    said = notes(error.value)
    assert "VALUES (1)" in said
    assert "ADD COLUMN" in said
    assert "VALUES (2, 2)" not in said
    assert maria.column("SELECT id FROM t_a1") == [1]


def test_a_failure_after_an_autocommit_block_says_what_it_committed(postgres: Project) -> None:
    """The version row is not written, and the index is there."""
    postgres.script(
        "a1",
        None,
        table("one")
        + """
with op.get_context().autocommit_block():
    op.execute("CREATE INDEX CONCURRENTLY ix ON one (id)")
op.execute("INSERT INTO one VALUES (1)")
op.execute("SELECT * FROM nowhere")
""",
    )
    with pytest.raises(sa.exc.DBAPIError) as error:
        postgres.upgrade()
    said = notes(error.value)
    assert "CREATE TABLE one" in said
    assert "CREATE INDEX CONCURRENTLY ix" in said
    assert "INSERT" not in said
    assert postgres.tables() == ["one"]


def test_steps_before_an_autocommit_block_are_told_from_the_failing_one(postgres: Project) -> None:
    """One transaction for the run: the block of a2 commits a1 too; a3 fails, and a2's row is gone with it."""
    postgres.line("a1")
    postgres.script("a2", "a1", 'with op.get_context().autocommit_block():\n    op.execute("CREATE TABLE b (id int)")')
    postgres.script("a3", "a2", 'op.execute("SELECT * FROM nowhere")')
    with pytest.raises(sa.exc.DBAPIError) as error:
        postgres.upgrade()
    assert postgres.rows() == ["a1"]
    said = notes(error.value)
    assert "while running upgrade a2 -> a3" in said
    assert "upgrade a1 -> a2" in said
    assert "CREATE TABLE b" in said


# --- autocommit_block -------------------------------------------------------------------------------------------------


def test_the_block_commits_runs_outside_of_a_transaction_and_begins_again(project: Project) -> None:
    project.script(
        "a1",
        None,
        table("one")
        + """
context = op.get_context()
with context.autocommit_block():
    op.execute("INSERT INTO one VALUES (1)")
    with sa.create_engine(op.get_bind().engine.url, poolclass=sa.pool.NullPool).connect() as other:
        assert other.scalar(sa.text("SELECT count(*) FROM one")) == 1
op.execute("INSERT INTO one VALUES (2)")
""",
    )
    project.upgrade()
    assert project.column("SELECT id FROM one ORDER BY id") == [1, 2]
    assert project.rows() == ["a1"]


def test_the_block_puts_the_isolation_level_back(postgres: Project) -> None:
    postgres.script(
        "a1",
        None,
        """
        connection = op.get_bind()
        before = connection.get_isolation_level()
        with op.get_context().autocommit_block():
            assert connection.connection.driver_connection.autocommit
        assert not connection.connection.driver_connection.autocommit
        assert connection.get_isolation_level() == before
        """,
    )
    postgres.upgrade()


def test_the_block_in_a_transaction_of_the_caller_is_refused_in_words(postgres: Project) -> None:
    """The reference asserts, without a word."""
    postgres.script("a1", None, "with op.get_context().autocommit_block():\n    pass")
    with hand_in(postgres) as connection, connection.begin(), pytest.raises(CommandError) as error:
        command.upgrade(postgres.config, "head")
    assert error.value.code == "external-transaction"


def test_the_block_works_after_a_statement_of_env(project: Project) -> None:
    """Of which the transaction is the run's to commit."""
    project.connected(before="connection.execute(sa.text('SELECT 1'))")
    project.script("a1", None, "with op.get_context().autocommit_block():\n    " + table("one"))
    project.upgrade()
    assert (project.rows(), project.tables()) == (["a1"], ["one"])


@pytest.mark.parametrize("statement", ["COMMIT", "commit;", "END", "COMMIT WORK"])
def test_nothing_stands_before_an_index_built_concurrently_after_a_commit_as_sql(
    postgres: Project, statement: str
) -> None:
    postgres.script("a1", None, table("one"))
    postgres.script(
        "a2",
        "a1",
        table("two")
        + f"\nop.execute({statement!r})\n"
        + 'op.create_index("ix_one", "one", ["id"], postgresql_concurrently=True)',
    )
    postgres.upgrade()
    assert postgres.rows() == ["a2"]


def test_what_a_commit_as_sql_has_committed_is_listed(make: Callable[..., Project]) -> None:
    """With psycopg 3; psycopg2 begins no transaction after a COMMIT that it has not sent."""
    postgres = make("postgresql", driver="postgresql+psycopg")
    postgres.script("a1", None, table("one") + '\nop.execute("COMMIT")\n' + table("two") + '\nop.execute("nonsense")')
    with pytest.raises(Exception, match="nonsense") as error:
        postgres.upgrade()
    assert "CREATE TABLE one" in notes(error.value)
    assert "CREATE TABLE two" not in notes(error.value)
    assert postgres.tables() == ["one"]


def test_the_block_offline_is_between_commit_and_begin(postgres: Project) -> None:
    postgres.script("a1", None, 'with op.get_context().autocommit_block():\n    op.execute("VACUUM")')
    text = postgres.sql()
    assert "COMMIT;\n\nVACUUM;\n\nBEGIN;" in text


@pytest.mark.parametrize("driver", ["postgresql+psycopg", "postgresql+asyncpg"])
def test_an_index_is_built_concurrently_in_the_middle_of_a_run(make: Callable[..., Project], driver: str) -> None:
    """Nor does the run lock sit idle in a transaction that the build would wait for."""
    project = make("postgresql", driver=driver)
    project.line("a1")
    block = "op.execute(\"SET lock_timeout = '5s'\")\nwith op.get_context().autocommit_block():\n    "
    project.script("a2", "a1", block + 'op.create_index("ix", "t_a1", ["id"], postgresql_concurrently=True)')
    project.script("a3", "a2")
    code, said = project.run("upgrade", "head")
    assert (code, project.rows()) == (0, ["a3"]), said
