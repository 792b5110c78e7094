"""The run lock: one mutating command at a time for a database, schema and version table."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from project import Project, sync_url, table

from limbeck import command
from limbeck.ddl.locking import SessionLock
from limbeck.errors import LockNotObtained

WAIT = """
import pathlib, time
pathlib.Path({here!r}).touch()
while not pathlib.Path({until!r}).exists():
    time.sleep(0.02)
"""


class Holder:
    """A process in the middle of an upgrade.

    :param project: its project, with a revision ``a1`` that waits for the file ``until``.
    """

    def __init__(self, project: Project, down: str | None = None) -> None:
        self.here, self.until = project.root / "here", project.root / "until"
        project.script("a1", down, table("t_a1") + WAIT.format(here=str(self.here), until=str(self.until)))
        self.process = project.start("upgrade", "head")
        self.wait_for(self.here)

    def wait_for(self, path: Path) -> None:
        deadline = time.monotonic() + 30
        while not path.exists():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def let_go(self) -> tuple[int, str]:
        self.until.touch()
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out + err

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate(timeout=30)


@pytest.fixture
def holder(project: Project) -> object:
    made = Holder(project)
    yield made
    if made.process.poll() is None:
        made.kill()


NOTED = """
import pathlib
from limbeck.runtime import lock
acquire = lock.acquire
def noted(*arguments):
    pathlib.Path({begun!r}).touch()
    acquire(*arguments)
lock.acquire = noted
context.run()
"""


def start_waiting(project: Project) -> subprocess.Popen[str]:
    """A second upgrade, which is at the lock by the time that this returns."""
    begun = project.root / "begun"
    project.env(NOTED.format(begun=str(begun)))
    process = project.start("upgrade", "head")
    while not begun.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    time.sleep(0.1)
    assert process.poll() is None, process.communicate()
    return process


@pytest.mark.parametrize("from_revision", [None, "a0"])
def test_a_second_run_waits_and_then_finds_nothing_to_do(project: Project, from_revision: str | None) -> None:
    """From an empty database, and from rows of which it has computed its steps before it waited."""
    if from_revision:
        project.script(from_revision)
        project.upgrade()
    holder = Holder(project, from_revision)
    second = start_waiting(project)
    code, said = holder.let_go()
    assert code == 0, said
    out, err = second.communicate(timeout=60)
    assert second.returncode == 0, out + err
    assert project.rows() == ["a1"]


@pytest.mark.parametrize("edition", [None, 2026])
def test_the_server_does_not_end_a_run_that_waits(make: Callable[..., Project], edition: int | None) -> None:
    project = make("postgresql", edition=edition)
    holder = Holder(project)
    idle = "options=--idle_in_transaction_session_timeout=1500+--idle_session_timeout=1500"
    project.configure(**{"sqlalchemy.url": f"{project.url}?{idle}"})
    second = start_waiting(project)
    time.sleep(2.5)
    code, said = holder.let_go()
    assert code == 0, said
    out, err = second.communicate(timeout=60)
    assert second.returncode == 0, out + err


def test_a_run_that_waits_is_in_no_transaction(make: Callable[..., Project]) -> None:
    """Under an edition, where each revision has a transaction of its own: the read of the version rows is ended."""
    project = make("postgresql", edition=2026)
    holder = Holder(project)
    project.configure(**{"sqlalchemy.url": f"{project.url}?application_name=second"})
    second = start_waiting(project)
    time.sleep(0.5)
    query = (
        "SELECT DISTINCT xact_start IS NULL FROM pg_stat_activity WHERE application_name = 'second' AND state = 'idle'"
    )
    assert project.column(query) == [True]
    assert project.column(
        "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%' AND application_name = 'second'"
    ) == [0]
    assert holder.let_go()[0] == 0
    assert second.wait(60) == 0


def test_a_run_that_gets_no_lock_exits_4_and_says_who_holds_it(project: Project, holder: Holder) -> None:
    code, said = project.run("upgrade", "head", "--lock-timeout", "0.3")
    assert code == 4
    assert "error[lock-not-obtained]: Another run holds the lock of this database: " in said
    assert "; waited 0.3 seconds" in said
    assert " since 20" in said
    if project.url.startswith("sqlite"):
        assert f"process {holder.process.pid} since" in said
    assert "--lock-timeout" in said
    assert "--no-lock" in said


def test_the_lock_of_a_killed_process_is_free_at_once(project: Project, holder: Holder) -> None:
    holder.kill()
    holder.until.touch()
    # without transactional DDL the dead run has committed the table without its version row
    project.execute("DROP TABLE IF EXISTS t_a1")
    project.upgrade(lock_timeout=2)
    assert project.rows() == ["a1"]


@pytest.mark.parametrize("words", [["downgrade", "base"], ["stamp", "a1"], ["stamp", "--purge", "a1"]])
def test_every_mutating_command_takes_it(project: Project, words: list[str]) -> None:
    project.script("a0", None)
    project.upgrade("a0")
    project.script("a1", "a0")
    engine, release = hold(project)
    try:
        code, said = project.run(*words, "--lock-timeout", "0.2")
    finally:
        release()
    assert code == 4, said
    assert project.rows() == ["a0"]
    assert engine is not None


def hold(project: Project) -> tuple[object, Callable[[], None]]:
    """Hold the lock of ``project`` in this process, as a run would."""
    from limbeck.runtime import lock as locks
    from limbeck.runtime.migration import MigrationContext

    engine = sa.create_engine(sync_url(project.url), poolclass=sa.NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        kind = context.impl.run_lock(connection, locks.scope(context.versions.locate(connection)))
        assert kind is not None
        lock = locks.make(connection, kind._replace(at_work=None) if isinstance(kind, SessionLock) else kind)
    assert lock.try_acquire()
    return engine, lock.release


def test_no_lock_runs_although_it_is_held(project: Project) -> None:
    project.line("a1")
    _, release = hold(project)
    try:
        code, said = project.run("upgrade", "head", "--no-lock")
    finally:
        release()
    assert code == 0, said
    assert project.rows() == ["a1"]


def test_lock_false_in_env_does_the_same(project: Project) -> None:
    project.line("a1")
    project.connected(configure="lock=False")
    _, release = hold(project)
    try:
        project.upgrade()
    finally:
        release()
    assert project.rows() == ["a1"]


def test_the_timeout_can_stand_in_env(project: Project) -> None:
    project.line("a1")
    project.connected(configure="lock_timeout=0.1")
    _, release = hold(project)
    try:
        with pytest.raises(LockNotObtained):
            project.upgrade()
    finally:
        release()


def test_where_nothing_is_to_do_no_lock_is_taken(project: Project) -> None:
    project.line("a1")
    project.upgrade()
    _, release = hold(project)
    try:
        assert project.upgrade(lock_timeout=0) == []
        command.current(project.configure())
        command.ensure_version(project.configure())
    finally:
        release()


def test_another_version_table_is_another_lock(postgres: Project) -> None:
    postgres.line("a1")
    postgres.connected(configure="version_table='other'")
    _, release = hold(postgres)
    try:
        postgres.upgrade(lock_timeout=0)
    finally:
        release()
    assert postgres.rows("other") == ["a1"]


def test_another_schema_is_another_lock(postgres: Project) -> None:
    postgres.execute("CREATE SCHEMA tenant")
    postgres.line("a1")
    postgres.connected(before="connection.execute(sa.text('SET search_path TO tenant'))")
    _, release = hold(postgres)
    try:
        postgres.upgrade(lock_timeout=0)
    finally:
        release()
    assert postgres.rows("tenant.alembic_version") == ["a1"]


def test_two_runs_of_one_env_on_one_database_do_not_wait_for_each_other(postgres: Project) -> None:
    """Under a transaction that env.py commits, the lock is kept until env.py ends."""
    postgres.env(
        "engine = sa.create_engine(config.get_main_option('sqlalchemy.url'), poolclass=sa.pool.NullPool)\n"
        "with engine.begin() as connection:\n"
        "    for _ in range(2):\n"
        "        context.configure(connection=connection, lock_timeout=0)\n"
        "        context.run_migrations()\n"
    )
    postgres.line("a1", "a2")
    postgres.upgrade("+1")
    assert postgres.rows() == ["a2"]


def test_two_version_tables_in_one_sqlite_file_under_one_transaction(lite: Project) -> None:
    lite.env(
        "engine = sa.create_engine(config.get_main_option('sqlalchemy.url'), poolclass=sa.pool.NullPool)\n"
        "with engine.begin() as connection:\n"
        "    for name in ('one', 'two'):\n"
        "        context.configure(connection=connection, lock_timeout=0, version_table=name)\n"
        "        context.run_migrations()\n"
    )
    lite.script("a1", None, 'op.execute("CREATE TABLE IF NOT EXISTS t (id int)")')
    lite.upgrade()
    assert (lite.rows("one"), lite.rows("two")) == (["a1"], ["a1"])


def test_the_lock_leaves_no_file_and_no_session_behind(project: Project) -> None:
    project.line("a1")
    project.upgrade()
    left = [path.name for path in project.root.parent.iterdir()]
    assert not [name for name in left if "lock" in name or "journal" in name]
    if project.url.startswith("postgresql"):
        ours = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        assert project.column(f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND {ours}") == [0]


def test_the_session_of_the_lock_is_never_idle_in_a_transaction(postgres: Project) -> None:
    postgres.script(
        "a1",
        None,
        """
        with sa.create_engine(op.get_bind().engine.url, poolclass=sa.pool.NullPool).connect() as other:
            states = other.scalars(sa.text(
                "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND pid IN "
                "(SELECT pid FROM pg_locks WHERE locktype = 'advisory')")).all()
        assert states == ["idle"], states
        """,
    )
    postgres.upgrade()


def test_a_users_own_advisory_lock_with_the_same_number_does_not_meet_ours(postgres: Project) -> None:
    """env.py files in the wild take pg_advisory_lock on their session; the run lock has a key space of its own."""
    postgres.line("a1")
    postgres.connected(
        before="connection.execute(sa.text('SELECT pg_advisory_lock(hashtext(current_database()))'))",
        configure="lock_timeout=2",
    )
    postgres.upgrade()
    assert postgres.rows() == ["a1"]


def test_a_pool_of_one_connection_is_enough(postgres: Project) -> None:
    postgres.line("a1")
    postgres.env(
        "engine = sa.create_engine(config.get_main_option('sqlalchemy.url'), "
        "pool_size=1, max_overflow=0, pool_timeout=3)\n"
        "with engine.connect() as connection:\n"
        "    context.configure(connection=connection)\n"
        "    with context.begin_transaction():\n"
        "        context.run_migrations()\n"
        "engine.dispose()\n"
    )
    postgres.upgrade()
    assert postgres.rows() == ["a1"]


def test_a_database_of_unknown_locks_has_a_file_on_this_machine(lite: Project) -> None:
    from limbeck.ddl.impl import DefaultImpl
    from limbeck.runtime import lock as locks

    def of(scope: str) -> locks.RunLock:
        with sa.create_engine(lite.url).connect() as connection:
            kind = DefaultImpl(connection.dialect, connection, False, None, None, {}).run_lock(connection, scope)
            assert kind is not None
            return locks.make(connection, kind)

    first, second, other = of("db\x1f\x1ft"), of("db\x1f\x1ft"), of("db\x1f\x1fother")
    assert (first.try_acquire(), second.try_acquire(), other.try_acquire()) == (True, False, True)
    first.release()
    assert second.try_acquire()
    second.release()
    other.release()


def test_a_database_in_memory_needs_no_lock(tmp_path: Path) -> None:
    project = Project(tmp_path / "p", "sqlite://")
    project.connected(
        body="with context.begin_transaction():\n    context.run_migrations()\n"
        "assert connection.scalar(sa.text('SELECT version_num FROM alembic_version')) == 'a1'"
    )
    project.line("a1")
    project.upgrade()


def test_interrupting_a_waiting_run_leaves_the_holder_alone(project: Project, holder: Holder) -> None:
    waiting = start_waiting(project)
    waiting.send_signal(signal.SIGINT)
    waiting.communicate(timeout=30)
    assert waiting.returncode == 130
    code, said = holder.let_go()
    assert code == 0, said
    assert project.rows() == ["a1"]
