"""Behind pgbouncer in transaction pooling mode, where each transaction may get another session of the server."""

from __future__ import annotations

import json
import logging
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import servers
import sqlalchemy as sa
from project import Forked, Project
from sqlalchemy.exc import DBAPIError

SESSIONS = 3


@pytest.fixture(scope="module")
def pooler(postgresql_server: servers.Server) -> Iterator[servers.Server]:
    made = servers.start_pgbouncer(postgresql_server)
    if made is None:
        pytest.skip("pgbouncer is not on this machine")
    yield made
    made.stop()


@pytest.fixture
def pooled(pooler: servers.Server, postgresql_url: str, tmp_path: Path) -> Project:
    """A project that reaches its database by way of the pooler, which has some sessions there."""
    url = sa.make_url(servers.by_psycopg(postgresql_url)).set(port=pooler.url.port)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with ExitStack() as at_once:
        for _ in range(SESSIONS):
            at_once.enter_context(engine.connect()).exec_driver_sql("SELECT 1")
    return Project(tmp_path / "project", url.render_as_string(hide_password=False), 2026)


@pytest.fixture
def direct(pooled: Project, postgresql_url: str) -> Callable[[str], list[object]]:
    """Asks the server itself; the first column."""

    def ask(query: str) -> list[object]:
        engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            return list(connection.scalars(sa.text(query)))

    return ask


LOCKS = """
SELECT pid FROM pg_locks
WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
SLEEPING = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND query LIKE 'SELECT pg_sleep%' AND state = 'active'
"""


def wait_for(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def at_work(project: Project) -> Forked:
    """A run that has begun its revision, and goes on when the file ``go`` is there."""
    lines = "import pathlib, time\npathlib.Path('begun').touch()\n"
    lines += "while not pathlib.Path('go').exists():\n    time.sleep(0.02)\nop.execute('CREATE TABLE a (id int)')"
    project.script("a1", None, lines)
    run = project.fork("upgrade", "head")
    wait_for((project.root / "begun").exists)
    return run


def test_transactions_in_a_row_have_different_sessions(pooled: Project) -> None:
    """What the other tests stand on."""
    pids = {pooled.column("SELECT pg_backend_pid()")[0] for _ in range(2 * SESSIONS)}
    assert len(pids) >= SESSIONS


def test_a_run_with_its_history_and_the_state_afterwards(pooled: Project) -> None:
    """More revisions than after which psycopg prepares the statements that come again."""
    ids = [f"r{number}" for number in range(12)]
    pooled.line(*ids)
    pooled.upgrade()
    assert pooled.rows() == ["r11"]
    assert pooled.column("SELECT revision FROM limbeck_history ORDER BY position") == ids
    code, said = pooled.run("status", "--json")
    state = json.loads(said)["databases"][0]
    assert (code, state["current"][0]["revision"], state["lock"], len(state["runs"])) == (0, "r11", None, 1)
    pooled.downgrade()
    assert (pooled.rows(), pooled.tables()) == ([], [])


def test_two_runs_exclude_each_other(pooled: Project, direct: Callable[[str], list[object]]) -> None:
    first = at_work(pooled)
    code, said = pooled.run("upgrade", "head", "--lock-timeout", "1.5")
    assert code == 4
    (holder,) = direct(LOCKS)
    assert f"Another run holds the lock of this database: session {holder} " in said
    assert f"session {holder} " in pooled.run("status")[1]
    (pooled.root / "go").touch()
    assert first.wait() == 0, first.said.read_text()
    wait_for(lambda: direct(LOCKS) == [])
    assert pooled.rows() == ["a1"]


def test_a_killed_run_leaves_no_lock(pooled: Project, direct: Callable[[str], list[object]]) -> None:
    first = at_work(pooled)
    first.kill()
    first.wait()
    (pooled.root / "go").touch()
    assert pooled.run("upgrade", "head") == (0, "")
    wait_for(lambda: direct(LOCKS) == [])


def test_a_lost_lock_is_taken_again(pooled: Project, direct: Callable[[str], list[object]]) -> None:
    pooled.script("b2", "a1", f"op.execute({f'CREATE TABLE holders AS {LOCKS}'!r})")
    first = at_work(pooled)
    (holder,) = direct(LOCKS)
    direct(f"SELECT pg_terminate_backend({holder})")
    (pooled.root / "go").touch()
    assert first.wait() == 0
    (other,) = pooled.column("SELECT pid FROM holders")
    assert other != holder
    assert pooled.rows() == ["b2"]


def test_timeouts_hold_and_reach_nobody_else(pooled: Project, caplog: pytest.LogCaptureFixture) -> None:
    pooled.line("a1", "b2")
    index = "with op.get_context().autocommit_block():\n"
    index += "    op.create_index('ix', 't_a1', ['id'], postgresql_concurrently=True)"
    pooled.script("c3", "b2", index)
    pooled.script("d4", "c3", "op.add_column('t_a1', sa.Column('x', sa.Integer))")
    caplog.set_level(logging.INFO)
    pooled.configure(table_lock_timeout="0.3")
    pooled.upgrade("c3")
    assert "No timeouts outside transactions: a pooler gives this session to others" in caplog.text
    engine = sa.create_engine(pooled.url, poolclass=sa.NullPool)
    with engine.connect() as holder:
        holder.exec_driver_sql("LOCK TABLE t_a1")
        with pytest.raises(DBAPIError, match="lock timeout") as caught:
            pooled.upgrade()
    assert "rolled back; database at c3" in "\n".join(caught.value.__notes__)
    assert [pooled.column("SHOW lock_timeout") for _ in range(2 * SESSIONS)] == [["0"]] * 2 * SESSIONS
    pooled.upgrade()
    assert pooled.rows() == ["d4"]


def test_nobody_is_named_who_is_not_in_the_way(pooled: Project) -> None:
    """Which session waits is not known, and that of the question before may be another client's by now."""
    pooled.line("a1")
    pooled.upgrade()
    pooled.script("b2", "a1", "op.add_column('t_a1', sa.Column('x', sa.Integer))")
    pooled.configure(table_lock_timeout="0.5")
    engine = sa.create_engine(pooled.url, poolclass=sa.NullPool)
    with engine.connect() as holder:
        holder.exec_driver_sql("LOCK TABLE t_a1")
        with pytest.raises(DBAPIError) as caught:
            pooled.upgrade()
    assert "held by" not in "\n".join(caught.value.__notes__)


def test_a_signal_cancels_the_statement(pooled: Project, direct: Callable[[str], list[object]]) -> None:
    pooled.script("a1", None, "op.execute('SELECT pg_sleep(60)')")
    run = pooled.start("upgrade", "head")
    wait_for(lambda: direct(SLEEPING))
    run.send_signal(signal.SIGTERM)
    _, said = run.communicate(timeout=30)
    assert run.returncode == 143
    assert "rolled back; database at base" in said
    assert (direct(SLEEPING), pooled.column("SELECT state FROM limbeck_history")) == ([], ["interrupted"])
