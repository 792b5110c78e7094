"""What a run leaves that dies, or fails, after a statement that commits by itself, and what the next run does."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from project import Project, table

from limbeck import command
from limbeck.errors import CommandError, LockNotObtained

JOURNAL = "alembic_version_journal"


class Killed(BaseException):
    """As SIGKILL, but within the process: nothing handles it."""


@pytest.fixture
def maria(make: Callable[..., Project]) -> Project:
    return make("mariadb", edition=2026)


@pytest.fixture
def postgres(make: Callable[..., Project]) -> Project:
    return make("postgresql", edition=2026)


RAISE = "from test_journal import Killed\n    raise Killed"


def dying(project: Project, how: str = RAISE) -> str:
    """Lines of a script that end the run, once."""
    here = project.root / "died"
    return f"""
import os, pathlib, signal
if not pathlib.Path({str(here)!r}).exists():
    pathlib.Path({str(here)!r}).touch()
    {how}
"""


def executing(*statements: str) -> str:
    return "\n".join(f"op.execute({statement!r})" for statement in statements)


def die(project: Project, run: Callable[[], object]) -> None:
    (project.root / "died").unlink(missing_ok=True)
    with pytest.raises(Killed):
        run()


def journal(project: Project) -> list[tuple[object, ...]]:
    """Its rows; none where the table is not there, as after a run that ended well."""
    query = sa.text(f"SELECT revision, direction, number, state, statement FROM {JOURNAL} ORDER BY 1, 2, 3")

    def read(connection):
        return connection.execute(query).all() if sa.inspect(connection).has_table(JOURNAL) else []

    return [tuple(row) for row in project.look(read)]


def notes(error: BaseException) -> str:
    return "\n".join(getattr(error, "__notes__", ()))


# --- one statement ----------------------------------------------------------------------------------------------------

A = "CREATE TABLE a (id INTEGER PRIMARY KEY, x INTEGER, KEY ix (x))"
ONCE = [
    ([], "CREATE TABLE b (id INTEGER)"),
    ([A], "CREATE TABLE b AS SELECT * FROM a"),
    ([A], "CREATE VIEW v AS SELECT id FROM a"),
    ([A], "CREATE UNIQUE INDEX i2 ON a (x)"),
    ([A], "CREATE TRIGGER tr BEFORE INSERT ON a FOR EACH ROW SET NEW.x = 1"),
    ([A], "ALTER TABLE a ADD COLUMN y INTEGER, ADD COLUMN z INTEGER"),
    ([A], "/* a comment */ ALTER TABLE a ADD COLUMN y INTEGER"),
    ([A], "ALTER TABLE a ADD CONSTRAINT ck CHECK (x > 0)"),
    ([A, "CREATE TABLE c (x INTEGER)"], "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (x) REFERENCES a (id)"),
    ([A], "ALTER TABLE a DROP COLUMN x"),
    ([A], "DROP INDEX ix ON a"),
    ([A], "ALTER TABLE a DROP PRIMARY KEY"),
    ([A], "ALTER TABLE a CHANGE x y BIGINT"),
    ([A], "ALTER TABLE a RENAME COLUMN x TO y"),
    ([A], "ALTER TABLE a RENAME INDEX ix TO iy"),
    ([A], "ALTER TABLE a RENAME TO b"),
    ([A], "RENAME TABLE a TO b"),
    ([A], "DROP TABLE a"),
    ([A], "ALTER TABLE a MODIFY x BIGINT NOT NULL"),
    ([A], "TRUNCATE TABLE a"),
]


def test_a_revision_of_one_statement_is_completed_after_its_run_died(
    maria: Project, caplog: pytest.LogCaptureFixture
) -> None:
    """The server has carried it out, the version row is missing: each statement is its own revision in one history."""
    ids = [f"r{number}" for number in range(len(ONCE))]
    clean = ["DROP VIEW IF EXISTS v", "DROP TABLE IF EXISTS b", "DROP TABLE IF EXISTS c", "DROP TABLE IF EXISTS a"]
    down = None
    for id_, (before, statement) in zip(ids, ONCE, strict=True):
        maria.script(f"{id_}before", down, executing(*clean, *before))
        maria.script(id_, f"{id_}before", executing(statement) + dying(maria))
        down = id_
    for id_, (_, statement) in zip(ids, ONCE, strict=True):
        die(maria, lambda id_=id_: maria.upgrade(id_))  # type: ignore[misc]  # bound now, as ruff wants it
        makes_table = statement.startswith("CREATE TABLE")  # which is there then, so that no row is needed
        sent = [] if makes_table else [(id_, "upgrade", 1, "sent", statement)]
        assert journal(maria) == [(id_, "upgrade", 0, "begun", ""), *sent]
        caplog.clear()
        with caplog.at_level(logging.INFO, logger="alembic.runtime.migration"):
            maria.upgrade(id_)
        assert (maria.rows(), journal(maria)) == ([id_], [])
        assert "Carried out by a run that did not end" in caplog.text or "Committed already" in caplog.text, statement


def test_a_downgrade_is_completed_too(maria: Project) -> None:
    maria.script("a1", None, table("t"), executing("DROP TABLE t") + dying(maria))
    maria.upgrade()
    die(maria, maria.downgrade)
    assert journal(maria) == [("a1", "downgrade", 0, "begun", ""), ("a1", "downgrade", 1, "sent", "DROP TABLE t")]
    maria.downgrade()
    assert (maria.rows(), journal(maria)) == ([], [])


def test_killed_for_good_between_the_statement_and_the_row(maria: Project) -> None:
    maria.script("a1", None, table("t") + dying(maria, "os.kill(os.getpid(), signal.SIGKILL)"))
    assert maria.fork("upgrade", "head").wait() == -signal.SIGKILL
    assert (maria.rows(), maria.tables()) == ([], ["t"])
    code, said = maria.run_afresh("upgrade", "head")
    assert code == 0, said
    assert "Carried out by a run that did not end" in said
    assert (maria.rows(), journal(maria)) == (["a1"], [])


def test_the_next_run_waits_for_the_statement_that_a_killed_one_left_in_the_server(maria: Project) -> None:
    maria.script("a1", None, executing("CREATE TABLE t AS SELECT SLEEP(2) AS slept"))
    process = maria.start("upgrade", "head")
    running = "SELECT count(*) FROM information_schema.processlist WHERE info LIKE 'CREATE TABLE t AS%'"
    while maria.column(running) != [1]:
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    with pytest.raises(LockNotObtained, match=r"the statement of a run that has died, session \d+ of root"):
        maria.upgrade(lock_timeout=0.2)
    maria.upgrade(lock_timeout=20)
    assert (maria.rows(), journal(maria), maria.column("SELECT slept FROM t")) == (["a1"], [], [0])


def test_a_connection_that_goes_back_to_its_pool_takes_no_lock_along(maria: Project) -> None:
    engine = sa.create_engine(maria.url, pool_size=1)
    maria.config.attributes["engine"] = engine
    maria.env(
        "with config.attributes['engine'].begin() as connection:\n"
        "    context.configure(connection=connection)\n"
        "    context.run_migrations()\n"
    )
    maria.line("a1")
    command.upgrade(maria.config, "head")
    maria.script("a2", "a1")
    with engine.connect():
        maria.env("context.run()")
        maria.upgrade(lock_timeout=0)
    assert maria.rows() == ["a2"]
    engine.dispose()


def test_an_engine_that_env_disposes_of_before_the_run_is_over(maria: Project) -> None:
    maria.env(
        "engine = sa.create_engine(config.get_main_option('sqlalchemy.url'))\n"
        "with engine.begin() as connection:\n"
        "    context.configure(connection=connection)\n"
        "    context.run_migrations()\n"
        "engine.dispose()\n"
    )
    maria.line("a1")
    maria.upgrade()
    assert maria.rows() == ["a1"]


def test_a_connection_that_was_handed_in_keeps_no_lock(maria: Project) -> None:
    maria.line("a1")
    maria.env(
        "context.configure(connection=config.attributes['connection'])\n"
        "with context.begin_transaction():\n    context.run_migrations()"
    )
    with sa.create_engine(maria.url, poolclass=sa.NullPool).connect() as connection:
        maria.config.attributes["connection"] = connection
        command.upgrade(maria.config, "head")
        maria.env("context.run()")
        maria.script("a2", "a1")
        maria.upgrade(lock_timeout=0)
    assert maria.rows() == ["a2"]


# --- more than one ----------------------------------------------------------------------------------------------------


def test_what_several_statements_left_is_told_before_anything_runs(maria: Project) -> None:
    maria.line("a1")
    maria.script(
        "a2",
        "a1",
        executing(
            "CREATE TABLE one (id INTEGER)",
            "INSERT INTO one VALUES (1)",
            "INSERT INTO one VALUES (2)",
            "ALTER TABLE one ADD COLUMN x INTEGER",
        )
        + dying(maria),
    )
    die(maria, maria.upgrade)
    with pytest.raises(CommandError) as error:
        maria.upgrade()
    assert error.value.code == "half-done"
    assert str(error.value) == "4 statements of a2 are committed"
    assert notes(error.value).splitlines() == [
        "committed:",
        "    CREATE TABLE one (id INTEGER)",
        "    INSERT INTO one VALUES (1)",
        "    INSERT INTO one VALUES (2)",
        "    ALTER TABLE one ADD COLUMN x INTEGER",
    ]
    assert "`limbeck stamp --purge a2`" in (error.value.hint or "")
    assert "`limbeck stamp --purge a1`" in (error.value.hint or "")
    assert maria.column("SELECT id FROM one") == [1, 2]


@pytest.fixture
def half_done(maria: Project) -> Project:
    """a2 has made both its tables, and died."""
    maria.line("a1")
    maria.script("a2", "a1", executing("CREATE TABLE one (id INTEGER)", "CREATE TABLE two (id INTEGER)") + dying(maria))
    die(maria, maria.upgrade)
    return maria


def test_stamp_says_that_the_rest_was_done_by_hand(half_done: Project) -> None:
    half_done.configure()
    command.stamp(half_done.config, "a2", purge=True)
    half_done.script("a3", "a2")
    half_done.upgrade()
    assert (half_done.rows(), journal(half_done)) == (["a3"], [])


def test_stamp_says_that_it_was_undone_by_hand(half_done: Project) -> None:
    half_done.execute("DROP TABLE one", "DROP TABLE two")
    code, said = half_done.run("stamp", "--purge", "a1")
    assert code == 0, said
    half_done.upgrade()
    assert (half_done.rows(), half_done.tables()) == (["a2"], ["one", "t_a1", "two"])


@pytest.mark.parametrize(("target", "purge", "rows"), [("a2", False, ["a2"]), ("a2", True, ["a2"]), ("base", True, [])])
def test_each_stamp_that_moves_a_row_or_purges_makes_it_void(
    half_done: Project, target: str, purge: bool, rows: list[str]
) -> None:
    command.stamp(half_done.configure(), target, purge=purge)
    assert (half_done.rows(), journal(half_done)) == (rows, [])


def test_a_run_that_would_pass_it_by_is_refused(half_done: Project) -> None:
    with pytest.raises(CommandError) as error:
        half_done.downgrade()
    assert error.value.code == "half-done"
    assert "upgrade of a2 was begun by a run that did not end it" in str(error.value)
    assert half_done.rows() == ["a1"]


def test_a_run_with_nothing_to_do_does_not_look(half_done: Project) -> None:
    assert half_done.upgrade("a1") == []


def test_the_first_table_of_another_script_is_made_like_any_other(
    maria: Project, caplog: pytest.LogCaptureFixture
) -> None:
    """Which table the dead run made is unknown then: "already exists" may be the plain truth."""
    maria.script("a1", None, executing("CREATE TABLE one (id INTEGER)") + dying(maria))
    die(maria, maria.upgrade)
    maria.script("a1", None, executing("CREATE TABLE one (id INTEGER)"))
    with pytest.raises(sa.exc.DBAPIError, match="already exists"):
        maria.upgrade()
    assert "-> a1 was begun by a run that did not end, and its script was another" in caplog.text
    maria.execute("DROP TABLE one")
    maria.upgrade()
    assert (maria.rows(), journal(maria)) == (["a1"], [])


def test_a_table_that_was_there_before_the_dead_run_is_not_taken_for_its_own(maria: Project) -> None:
    maria.execute("CREATE TABLE one (id INTEGER)")
    maria.script("a1", None, executing("CREATE TABLE one (id INTEGER)"))
    for _ in range(2):
        with pytest.raises(sa.exc.DBAPIError, match="already exists"):
            maria.upgrade()
        assert journal(maria) == []


def test_a_revision_that_begins_otherwise_now_is_refused(maria: Project) -> None:
    """After a failure the journal has the first statement itself."""
    maria.script("a1", None, executing("CREATE TABLE one (id INTEGER)", "SELECT * FROM nowhere"))
    with pytest.raises(sa.exc.DBAPIError):
        maria.upgrade()
    assert journal(maria) == [("a1", "upgrade", 1, "done", "CREATE TABLE one (id INTEGER)")]
    maria.script("a1", None, executing("CREATE TABLE other (id INTEGER)"))
    with pytest.raises(CommandError) as error:
        maria.upgrade()
    assert error.value.code == "cannot-resume"
    assert "CREATE TABLE one" in notes(error.value)
    assert maria.tables() == ["one"]


# --- statements that failed -------------------------------------------------------------------------------------------


def test_a_refused_statement_leaves_nothing(maria: Project) -> None:
    maria.script("a1", None, executing("ALTER TABLE nowhere ADD COLUMN x INTEGER"))
    with pytest.raises(sa.exc.DBAPIError):
        maria.upgrade()
    assert journal(maria) == []
    maria.line("a1")
    maria.upgrade()
    assert maria.rows() == ["a1"]


def test_after_a_first_statement_the_rest_can_be_mended_and_run_again(maria: Project) -> None:
    """The crash loop of "already exists"."""
    maria.script("a1", None, table("one") + "\n" + executing("ALTER TABLE nowhere ADD COLUMN x INTEGER"))
    with pytest.raises(sa.exc.DBAPIError) as error:
        maria.upgrade()
    assert "CREATE TABLE one" in notes(error.value)
    maria.script("a1", None, table("one") + "\n" + executing("ALTER TABLE one ADD COLUMN x INTEGER"))
    maria.upgrade()
    assert (maria.rows(), journal(maria), maria.column("SELECT x FROM one")) == (["a1"], [], [])


def test_rows_that_a_refused_statement_committed_are_not_written_twice(maria: Project) -> None:
    maria.line("a1")
    maria.script("a2", "a1", executing("INSERT INTO t_a1 VALUES (1)", "ALTER TABLE t_a1 ADD COLUMN id INTEGER"))
    with pytest.raises(sa.exc.DBAPIError):
        maria.upgrade()
    assert journal(maria) == [("a2", "upgrade", 1, "done", "INSERT INTO t_a1 VALUES (1)")]
    maria.script("a2", "a1", executing("INSERT INTO t_a1 VALUES (1)", "ALTER TABLE t_a1 ADD COLUMN y INTEGER"))
    maria.upgrade()
    assert (maria.rows(), maria.column("SELECT id FROM t_a1")) == (["a2"], [1])


def test_a_table_that_is_gone_meanwhile_does_not_tell(maria: Project) -> None:
    maria.execute("CREATE TABLE one (id INTEGER)")
    maria.script("a1", None, executing("ALTER TABLE one ADD COLUMN x INTEGER") + dying(maria))
    die(maria, maria.upgrade)
    maria.execute("RENAME TABLE one TO two")
    with pytest.raises(CommandError, match="Nothing tells whether the first statement of a1 was carried out"):
        maria.upgrade()
    maria.execute("RENAME TABLE two TO one")
    maria.upgrade()
    assert (maria.rows(), journal(maria)) == (["a1"], [])


def test_a_failure_of_the_script_itself_leaves_nothing(maria: Project) -> None:
    maria.script("a1", None, "raise ValueError('wrong')")
    with pytest.raises(ValueError, match="wrong"):
        maria.upgrade()
    assert journal(maria) == []


def test_the_step_after_one_that_was_begun_by_a_dead_run_is_kept_too(maria: Project) -> None:
    """What a dead run left does not end the journal: the next revision dies as well."""
    maria.script("a1", None, executing("CREATE TABLE one (id INTEGER)", "SELECT * FROM nowhere"))
    with pytest.raises(sa.exc.DBAPIError):
        maria.upgrade()
    maria.script("a1", None, executing("CREATE TABLE one (id INTEGER)", "CREATE TABLE two (id INTEGER)"))
    maria.script("a2", "a1", executing("CREATE TABLE three (id INTEGER)") + dying(maria))
    die(maria, maria.upgrade)
    assert (maria.rows(), journal(maria)) == (["a1"], [("a2", "upgrade", 0, "begun", "")])
    maria.upgrade()
    assert (maria.rows(), journal(maria)) == (["a2"], [])


# --- where there is none ----------------------------------------------------------------------------------------------


def test_without_an_edition_there_is_no_journal(project: Project) -> None:
    project.script("a1", None, table("t") + "\nwith op.get_context().autocommit_block():\n    " + table("u"))
    project.upgrade()
    assert not project.look(lambda connection: sa.inspect(connection).has_table(JOURNAL))


def test_where_ddl_is_transactional_it_is_made_for_autocommit_blocks_only(postgres: Project) -> None:
    postgres.line("a1")
    postgres.upgrade()
    assert not postgres.look(lambda connection: sa.inspect(connection).has_table(JOURNAL))
    postgres.script("a2", "a1", 'op.create_index("ix", "t_a1", ["id"], postgresql_concurrently=True)')
    postgres.upgrade()
    assert journal(postgres) == []


def test_a_run_that_ends_well_leaves_no_table(modern: Project) -> None:
    """So the schema between two runs is that of the scripts alone, as the walk-throughs show it."""
    modern.script("a1", None, "with op.get_context().autocommit_block():\n    " + table("t"))
    modern.upgrade()
    names = modern.look(lambda connection: sa.inspect(connection).get_table_names())
    assert sorted(names) == ["alembic_version", "limbeck_history", "t"]


def test_an_account_that_may_not_drop_keeps_it_empty(maria: Project) -> None:
    name = str(sa.make_url(maria.url).database)
    maria.execute(
        "CREATE OR REPLACE USER lb_nodrop IDENTIFIED BY 'x'",
        f"GRANT CREATE, SELECT, INSERT, UPDATE, DELETE, INDEX ON `{name}`.* TO lb_nodrop",
    )
    owner = maria.url
    try:
        maria.line("a1")
        maria.url = sa.make_url(owner).set(username="lb_nodrop", password="x").render_as_string(False)  # noqa: S106 of this test
        maria.configure(**{"sqlalchemy.url": maria.url})
        maria.upgrade()
        maria.url = owner
        assert (maria.rows(), journal(maria)) == (["a1"], [])
        assert maria.look(lambda connection: sa.inspect(connection).has_table(JOURNAL))
    finally:
        maria.url = owner
        maria.execute("DROP USER lb_nodrop")


def test_a_transaction_of_the_caller_is_not_committed_for_it(maria: Project) -> None:
    maria.execute("CREATE TABLE log (id INTEGER)")
    command.ensure_version(maria.configure())
    maria.script("a1", None, executing("INSERT INTO log VALUES (1)"))
    maria.env(
        "context.configure(connection=config.attributes['connection'])\n"
        "with context.begin_transaction():\n    context.run_migrations()"
    )
    with sa.create_engine(maria.url, poolclass=sa.NullPool).connect() as connection:
        transaction = connection.begin()
        connection.execute(sa.text("INSERT INTO log VALUES (0)"))
        maria.config.attributes["connection"] = connection
        command.upgrade(maria.config, "head")
        transaction.rollback()
    assert (maria.rows(), maria.column("SELECT id FROM log")) == ([], [])


def test_autogenerate_does_not_see_it(modern: Project) -> None:
    """Left by a run that died, where the heads were reached another way since."""
    modern.script("a1", None, table("t"))
    modern.upgrade()
    modern.execute(f"CREATE TABLE {JOURNAL} (revision VARCHAR(255))")
    modern.connected(
        configure="target_metadata=sa.MetaData(), compare_type=False, "
        "include_name=lambda name, kind, parents: name != 't'"
    )
    command.check(modern.configure())


# --- autocommit_block -------------------------------------------------------------------------------------------------

BLOCK = """
with op.get_context().autocommit_block():
    op.execute("CREATE INDEX CONCURRENTLY ix ON one (id)")
    op.execute("SELECT * FROM nowhere")
"""


def test_what_stood_before_a_block_that_failed_is_told_by_the_next_run(postgres: Project) -> None:
    postgres.script("a1", None, table("one") + BLOCK)
    with pytest.raises(sa.exc.DBAPIError):
        postgres.upgrade()
    with pytest.raises(CommandError) as error:
        postgres.upgrade()
    assert error.value.code == "half-done"
    first, second = notes(error.value).splitlines()[1:]
    assert first.startswith("    CREATE TABLE one")
    assert second == "    CREATE INDEX CONCURRENTLY ix ON one (id)"
    assert postgres.run("stamp", "--purge", "base")[0] == 0
    postgres.execute("DROP TABLE one")
    postgres.script("a1", None, table("one"))
    postgres.upgrade()
    assert (postgres.rows(), journal(postgres)) == (["a1"], [])


def test_a_concurrent_index_that_a_dead_run_left_invalid_is_made_anew(postgres: Project) -> None:
    postgres.script("a1", None, table("one") + '\nop.execute("INSERT INTO one VALUES (1)")')
    postgres.script("a2", "a1", 'op.create_index("ix", "one", ["id"], postgresql_concurrently=True)' + dying(postgres))
    die(postgres, postgres.upgrade)
    postgres.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix'::regclass")
    assert journal(postgres)[-1][3:] == ("sent", "CREATE INDEX CONCURRENTLY ix ON one (id)")
    postgres.upgrade()
    assert (postgres.rows(), journal(postgres)) == (["a2"], [])
    assert postgres.column("SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix'::regclass") == [True]
