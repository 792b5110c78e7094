"""`status`: the state of a database, without a write, a lock, or more than the right to read."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from inline_snapshot import snapshot
from project import Project, table
from test_lock import Holder

from limbeck import Migrator, aio, command
from limbeck.errors import CommandError, DatabaseNotAtHead, LimbeckWarning
from limbeck.results import DatabaseStatus


def state(project: Project, **options: Any) -> DatabaseStatus:
    """The state of the one database of ``project``."""
    (found,) = command.status(project.configure(), **options)
    return found


def said(project: Project) -> str:
    """The text without the URL, which differs from machine to machine."""
    project.out.seek(0)
    project.out.truncate()
    state(project)
    first, _, rest = project.out.getvalue().partition("\n")
    assert first.startswith(project.look(lambda connection: connection.engine.url.render_as_string()) + " (")
    return rest


# --- where it is ----------------------------------------------------------------------------------------------------


@pytest.fixture
def branched(modern: Project) -> Project:
    """
    a1 - a2 - a3
       - b2 (depends on a2)
    """
    modern.line("a1", "a2", "a3")
    modern.script("b2", "a1", depends="a2")
    return modern


@pytest.mark.parametrize(
    ("upgraded", "current", "pending", "behind"),
    [
        (None, [], ["a1", "a2", "a3", "b2"], {"a3": 3, "b2": 3}),
        ("a1", ["a1"], ["a2", "a3", "b2"], {"a3": 2, "b2": 2}),
        ("a3", ["a3"], ["b2"], {"a3": 0, "b2": 1}),
        ("heads", ["a3", "b2"], [], {"a3": 0, "b2": 0}),
    ],
)
def test_how_many_steps_behind_which_heads(
    branched: Project, upgraded: str | None, current: list[str], pending: list[str], behind: dict[str, int]
) -> None:
    if upgraded is None:
        branched.upgrade("a1")
        branched.downgrade("base")
    else:
        branched.upgrade(upgraded)
    found = state(branched)
    assert sorted(row.revision for row in found.current) == current
    assert sorted(row.revision for row in found.pending) == pending
    assert {head.revision: head.behind for head in found.heads} == behind
    assert found.is_at_heads == (not pending)
    assert found.amiss == (("pending",) if pending else ())


def test_pending_revisions_are_in_the_order_in_which_they_run(branched: Project) -> None:
    branched.upgrade("a1")
    pending = [row.revision for row in state(branched).pending]
    assert [step.revision.revision for step in branched.upgrade("heads")] == pending


def test_product_and_version(project: Project) -> None:
    project.upgrade("heads")
    product, _, version = state(project).server.rpartition(" ")
    assert project.url.startswith({"SQLite": "sqlite", "PostgreSQL": "postgresql", "MariaDB": "mysql"}[product])
    ask = {"SQLite": "select sqlite_version()", "PostgreSQL": "show server_version", "MariaDB": "select version()"}
    assert project.column(ask[product])[0].startswith(version)


def test_the_text(lite: Project) -> None:
    lite.line("a1", "a2", "a3")
    lite.upgrade("a1")
    assert said(lite) == snapshot("""\
  current   a1, a1 is made
  heads     a3, a3 is made: 2 steps behind
  pending   a2, a2 is made
            a3, a3 is made
  lock      free
  history   none, so nothing tells what was skipped or edited
  do        pending: limbeck upgrade heads
""")
    lite.upgrade()
    assert said(lite) == snapshot("""\
  current   a3, a3 is made
  heads     a3, a3 is made: applied
  lock      free
  history   none, so nothing tells what was skipped or edited
""")


def test_the_first_pending_revisions_are_named_and_the_others_counted(lite: Project) -> None:
    lite.line(*(f"a{number}" for number in range(13)))
    lite.upgrade("a0")
    assert "a10, a10 is made\n            and 2 more\n" in said(lite)
    assert len(state(lite).pending) == 12


def test_an_environment_without_revisions(lite: Project) -> None:
    lite.upgrade("heads")
    assert said(lite) == snapshot("""\
  current   base, nothing is applied
  heads     none, there are no revisions
  lock      free
  history   none, so nothing tells what was skipped or edited
""")


# --- what should not be ---------------------------------------------------------------------------------------------


def test_rows_that_no_file_has(modern: Project) -> None:
    modern.line("a1", "a2")
    modern.upgrade()
    modern.execute("UPDATE alembic_version SET version_num = 'f00d'")
    found = state(modern)
    assert [row.revision for row in found.unknown] == ["f00d"]
    assert [(row.revision, row.doc) for row in found.current] == [("f00d", None)]
    assert [head.behind for head in found.heads] == [None]
    assert found.amiss == ("unknown",)
    text = said(modern)
    assert text.startswith("  current   f00d, unknown\n  heads     a2, a2 is made: distance unknown\n")
    assert "  unknown   f00d: no file has this id\n" in text
    assert text.endswith("do        unknown: use the code that has them, or `limbeck switch` to what is checked out\n")


def test_a_revision_that_is_half_done(make: Callable[..., Project]) -> None:
    """Two statements of MariaDB commit by themselves, and the third is refused."""
    project = make("mariadb", edition=2026)
    project.script("a1", up="\n".join([table("t"), table("u"), "op.execute('SELECT FROM nowhere')"]))
    with pytest.raises(sa.exc.DBAPIError):
        project.upgrade()
    found = state(project)
    (revision,) = found.half_done
    assert (revision.revision, revision.direction) == ("a1", "upgrade")
    assert [(one.number, one.state, one.statement.split("(")[0].strip()) for one in revision.statements] == [
        (1, "done", "CREATE TABLE t"),
        (2, "done", "CREATE TABLE u"),
    ]
    assert found.amiss == ("pending", "half_done")
    assert "  half done upgrade of a1 was begun and has not ended\n            statement 1, done: CREATE" in said(
        project
    )


def test_an_invalid_index(make: Callable[..., Project]) -> None:
    project = make("postgresql", edition=2026)
    project.script(
        "a1",
        up="""
            op.create_table("t", sa.Column("a", sa.Integer))
            op.execute("INSERT INTO t VALUES (1), (1)")
        """,
    )
    project.script(
        "a2",
        "a1",
        up="""
            with op.get_context().autocommit_block():
                op.create_index("ix", "t", ["a"], unique=True, postgresql_concurrently=True)
        """,
    )
    with pytest.raises(sa.exc.IntegrityError):
        project.upgrade()
    found = state(project)
    assert [(index.schema, index.table, index.name) for index in found.invalid_indexes] == [("public", "t", "ix")]
    assert "invalid_indexes" in found.amiss
    assert "  invalid   index ix of public.t\n" in said(project)


def test_an_index_that_is_being_built_is_not_invalid(make: Callable[..., Project]) -> None:
    project = make("postgresql")
    project.execute("CREATE TABLE t (a integer)", "INSERT INTO t VALUES (1)")
    engine = sa.create_engine(project.url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as other, engine.connect() as builder:
        other.exec_driver_sql("BEGIN")
        other.exec_driver_sql("INSERT INTO t VALUES (2)")  # the build waits for its end
        build = threading.Thread(target=builder.exec_driver_sql, args=("CREATE INDEX CONCURRENTLY ix ON t (a)",))
        build.start()
        while not project.column("SELECT 1 FROM pg_index WHERE NOT indisvalid"):
            time.sleep(0.01)
        try:
            assert state(project).invalid_indexes == ()
        finally:
            other.exec_driver_sql("COMMIT")
            build.join()


def test_a_file_that_cannot_be_read_is_said(lite: Project) -> None:
    lite.line("a1")
    lite.upgrade()
    path = lite.root / "m" / "versions" / "b1.py"
    path.write_text("revision = 'b1'\ndown_revision = (\n")
    with pytest.warns(LimbeckWarning):
        found = state(lite)
    assert [part.part for part in found.unread] == [str(path)]
    assert found.amiss == ("unread",)


# --- who is at work -------------------------------------------------------------------------------------------------


def test_who_holds_the_lock(project: Project) -> None:
    holder = Holder(project)
    found = state(project)
    if project.url.startswith("sqlite"):
        assert found.lock is not None
        assert found.lock.startswith(f"process {holder.process.pid} since ")
    else:
        assert found.lock is not None
        assert found.lock.startswith("session ")
        who, since, _ = found.lock.partition(" since ")  # MariaDB tells for how many seconds, at each look
        assert since
        assert f"  lock      held by {who} since " in said(project)
    code, output = holder.let_go()
    assert code == 0, output
    assert state(project).lock is None


def test_a_killed_process_holds_no_lock(lite: Project) -> None:
    """Its file stays behind."""
    holder = Holder(lite)
    holder.kill()
    assert list(lite.root.parent.glob("*.lock"))
    assert state(lite).lock is None


# --- nothing is written, nothing is locked --------------------------------------------------------------------------


def all_there_is(project: Project) -> object:
    """The files of SQLite, or the tables of a server with their rows."""
    if project.url.startswith("sqlite"):
        return {path.name: path.read_bytes() for path in project.root.parent.iterdir() if path.is_file()}

    def ask(connection: sa.Connection) -> object:
        tables = sa.inspect(connection).get_table_names()
        return {name: connection.exec_driver_sql(f"SELECT * FROM {name}").all() for name in tables}

    return project.look(ask)


@pytest.mark.parametrize("upgraded", [False, True])
def test_nothing_is_created(modern: Project, upgraded: bool) -> None:
    modern.line("a1", "a2")
    if upgraded:
        modern.upgrade("a1")
    else:
        modern.execute("CREATE TABLE other (a integer)")
    before = all_there_is(modern)
    assert state(modern).is_at_heads is False
    assert all_there_is(modern) == before


def test_no_file_is_made_where_one_is_missing(lite: Project) -> None:
    lite.line("a1")
    code, output = lite.run("status")
    assert code == 3
    assert "error[no-database-file]: There is no database yet: " in output
    assert not [path for path in lite.root.parent.iterdir() if path.is_file()]
    lite.upgrade()  # which makes it, as ever
    assert state(lite).is_at_heads


@pytest.mark.parametrize("configure", ["", "transaction_per_migration=False"])
def test_a_writer_does_not_hold_it_up(make: Callable[..., Project], configure: str) -> None:
    """An edition begins the transactions of a run by BEGIN IMMEDIATE, which waits for other writers."""
    project = make("sqlite", edition=2026)
    project.line("a1")
    project.upgrade()
    project.connected(configure=configure)
    with sa.create_engine(project.url).connect() as writer:
        writer.exec_driver_sql("BEGIN IMMEDIATE")
        assert state(project).is_at_heads


@pytest.fixture
def reader(modern: Project, request: pytest.FixtureRequest) -> Iterator[Project]:
    """A project at b1, whose account may only read from now on."""
    modern.line("b1")
    modern.upgrade()
    name = f"lb_reader_{sa.make_url(modern.url).database}"[:60]
    if modern.url.startswith("sqlite"):
        path = modern.url.removeprefix("sqlite:///")
        modern.settings["sqlalchemy.url"] = f"sqlite:///file:{path}?mode=ro&uri=true"
        yield modern
        return
    server = request.getfixturevalue("postgresql_server" if modern.url.startswith("postgresql") else "mariadb_server")
    if server.kind == "postgresql":
        modern.execute(
            f"CREATE ROLE {name} LOGIN",
            f"ALTER ROLE {name} SET default_transaction_read_only = on",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}",
        )
        end = (f"DROP OWNED BY {name}", f"DROP ROLE {name}")
    else:
        modern.execute(f"CREATE USER {name}", f"GRANT SELECT ON {sa.make_url(modern.url).database}.* TO {name}")
        end = (f"DROP USER {name}",)
    modern.settings["sqlalchemy.url"] = str(sa.make_url(modern.url).set(username=name))
    yield modern
    modern.execute(*end)


def test_an_account_that_may_only_read(reader: Project) -> None:
    reader.script("b2", "b1")
    found = state(reader)
    assert [row.revision for row in found.pending] == ["b2"]
    assert (found.unread, found.lock) == ((), None)


def test_an_account_that_may_only_read_sees_that_another_one_holds_the_lock(reader: Project) -> None:
    readers_url = reader.settings["sqlalchemy.url"]
    reader.configure(**{"sqlalchemy.url": reader.url})
    holder = Holder(reader, "b1")
    reader.settings["sqlalchemy.url"] = readers_url
    assert str(state(reader).lock).startswith(("session ", "process "))
    holder.kill()


def test_what_the_account_may_not_read_is_said(make: Callable[..., Project]) -> None:
    """A journal without the right to read it; all else is there."""
    project = make("postgresql", edition=2026)
    project.line("a1", "a2")
    project.upgrade("a1")
    name = f"lb_blind_{sa.make_url(project.url).database}"[:60]
    project.execute(
        "CREATE TABLE alembic_version_journal "
        "(revision text, direction text, number integer, state text, used integer, digest text, statement text, "
        "answer text)",
        f"CREATE ROLE {name} LOGIN",
        f"GRANT SELECT ON alembic_version TO {name}",
    )
    project.settings["sqlalchemy.url"] = str(sa.make_url(project.url).set(username=name))
    try:
        found = state(project)
        assert {part.part: part.reason.rpartition(" ")[2] for part in found.unread} == {
            "half_done": "alembic_version_journal",
            "runs": "limbeck_history",
        }
        assert all("permission denied for table" in part.reason for part in found.unread)
        assert [row.revision for row in found.pending] == ["a2"]
        assert found.amiss == ("pending", "unread")
    finally:
        project.execute(f"DROP OWNED BY {name}", f"DROP ROLE {name}")


def test_a_database_whose_env_py_gives_no_connection(lite: Project) -> None:
    lite.env("context.configure(url='sqlite://')\ncontext.run_migrations()")
    with pytest.raises(CommandError) as caught:
        state(lite)
    assert caught.value.code == "no-connection"


# --- for CI, probes and pods ----------------------------------------------------------------------------------------


def test_check_exits_with_1_where_anything_is_amiss(lite: Project) -> None:
    lite.line("a1", "a2")
    lite.upgrade("a1")
    code, output = lite.run("status", "--check")
    assert (code, "error[amiss]: Not as it should be: " in output, ": pending\n" in output) == (1, True, True)
    lite.upgrade()
    code, output = lite.run("status", "--check")
    assert (code, "error" in output) == (0, False)


def test_a_pod_waits_until_another_one_has_migrated(project: Project) -> None:
    project.line("a1", "a2")
    project.upgrade("a1")
    other = threading.Timer(0.6, project.fork, args=("upgrade", "head"))
    other.start()
    begun = time.monotonic()
    assert state(project, wait=20).is_at_heads
    assert 0.3 < time.monotonic() - begun < 15


def test_waiting_has_an_end(project: Project) -> None:
    project.line("a1", "a2")
    project.upgrade("a1")
    code, output = project.run("status", "--wait", "0.3")
    assert code == 1
    assert "error[database-not-at-head]: Not at the heads after 0.3 seconds: " in output
    assert " is at a1\n" in output


def test_what_is_waited_for_is_logged_once(lite: Project, caplog: pytest.LogCaptureFixture) -> None:
    lite.line("a1")
    lite.upgrade()
    lite.downgrade()
    caplog.clear()
    with caplog.at_level("INFO"), pytest.raises(DatabaseNotAtHead):
        state(lite, wait=0.5)
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        "Waiting for the heads, 0.5 seconds at most"
    ]


def test_a_database_that_is_not_there_yet_is_waited_for(lite: Project) -> None:
    lite.line("a1")
    with pytest.raises(CommandError, match="There is no database yet"):
        state(lite, wait=0.1)
    maker = threading.Timer(0.4, lite.fork, args=("upgrade", "head"))
    maker.start()
    assert state(lite, wait=20).is_at_heads


def test_a_server_that_is_not_up_yet_is_waited_for(lite: Project) -> None:
    lite.configure(**{"sqlalchemy.url": "postgresql+psycopg://postgres@127.0.0.1:1/postgres"})
    code, output = lite.run("status", "--wait", "0.3")
    assert (code, "error[database]: Can't connect to postgresql+psycopg://" in output) == (3, True)


@pytest.mark.parametrize("seconds", [-1.0, float("nan")])
def test_a_wait_of_no_time_that_there_is(lite: Project, seconds: float) -> None:
    with pytest.raises(CommandError) as caught:
        state(lite, wait=seconds)
    assert caught.value.exit_code == 2


def test_an_error_of_env_py_is_not_waited_for(lite: Project) -> None:
    lite.env("import nowhere")
    begun = time.monotonic()
    with pytest.raises(ModuleNotFoundError):
        state(lite, wait=30)
    assert time.monotonic() - begun < 10


# --- from a program -------------------------------------------------------------------------------------------------


def test_from_a_program(modern: Project, tmp_path: Path) -> None:
    modern.line("a1", "a2")
    migrator = Migrator(modern.url, modern.root / "m")
    migrator.upgrade("a1")
    found = migrator.status()
    assert found == state(modern)
    assert [row.revision for row in found.pending] == ["a2"]
    with pytest.raises(DatabaseNotAtHead):
        migrator.status(wait=0)
    migrator.upgrade()
    assert migrator.status(wait=0).is_at_heads


def test_awaited(lite: Project) -> None:
    lite.line("a1")
    lite.upgrade()
    assert asyncio.run(aio.status(lite.configure())) == [state(lite)]
    assert asyncio.run(aio.Migrator(lite.url, lite.root / "m").status()) == state(lite)
