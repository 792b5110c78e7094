"""A lock that another session holds: who that is, and what runs again when it has gone."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from project import Project, sync_url, table
from sqlalchemy.exc import DBAPIError

from limbeck import events
from limbeck.runtime import retries

SERVERS = pytest.mark.parametrize("backend", ["postgresql", "mariadb"])
ADD = 'op.add_column("t_a1", sa.Column("b", sa.Integer))'


ASYNCIO = pytest.mark.parametrize(
    ("backend", "driver"), [("postgresql", "postgresql+asyncpg"), ("mariadb", "mysql+aiomysql")]
)


@contextmanager
def holding(project: Project, until: Callable[[events.Event], bool] = lambda _event: False) -> Iterator[int]:
    """Another session, whose number is given, has read ``t_a1`` in a transaction and so holds a lock on it.

    :param until: the event after which it ends its transaction; default: it holds it for the block.
    """
    url = sync_url(project.url)
    if url.get_backend_name() == "postgresql":
        url = url.update_query_dict({"application_name": "reports"})
    connection = sa.create_engine(url, poolclass=sa.NullPool).connect()
    own = {"postgresql": "SELECT pg_backend_pid()", "mysql": "SELECT CONNECTION_ID()"}[url.get_backend_name()]
    number = connection.exec_driver_sql(own).scalar()
    connection.exec_driver_sql("SELECT count(*) FROM t_a1")

    def let_go(event: events.Event) -> None:
        if until(event):
            connection.rollback()

    with events.subscribed(let_go):
        yield int(number or 0)
    connection.invalidate()  # it may be dead
    connection.close()


def second_retry(event: events.Event) -> bool:
    return event.wait is not None and event.wait.reason == "retry" and event.wait.attempt == 2


def waits(event: events.Event) -> bool:
    return event.name == "statement.waiting"


def made(make: Callable[..., Project], backend: str, edition: int | None = 2026) -> Project:
    """A project with the table ``t_a1``, of which the next revision makes another."""
    project = make(backend, edition=edition)
    project.script("a1", None, table("t_a1"))
    project.upgrade()
    project.script("b2", "a1", ADD)
    return project


def said(error: BaseException) -> str:
    return "\n".join([str(error), *getattr(error, "__notes__", ())])


# --- who blocks -----------------------------------------------------------------------------------------------------


@SERVERS
def test_the_error_names_who_holds_the_lock_and_how_to_end_it(
    make: Callable[..., Project], backend: str, caplog: pytest.LogCaptureFixture
) -> None:
    project = made(make, backend)
    caplog.set_level(logging.INFO, logger="alembic.runtime.migration")
    with holding(project) as number:
        with pytest.raises(DBAPIError) as caught:
            project.upgrade(table_lock_timeout="4s")
        kill = {"postgresql": f"SELECT pg_terminate_backend({number})", "mariadb": f"KILL {number}"}[backend]
        notes = said(caught.value)
        assert f"this ends it: {kill}" in notes
        assert f"held by session {number} (" in notes
        assert "idle in transaction for" in notes
        if backend == "postgresql":
            assert f"the lock is held by session {number} (reports) of postgres, idle in transaction for" in notes
            assert "SELECT count(*) FROM t_a1" in notes
        assert f"session {number} (" in caplog.text, "the log says it while the run waits"
        assert kill in caplog.text
        project.execute(kill)
    project.upgrade()
    assert project.rows() == ["b2"]


def test_a_lock_on_a_row_of_mariadb_is_known_for_sure(make: Callable[..., Project]) -> None:
    project = made(make, "mariadb")
    project.execute("INSERT INTO t_a1 VALUES (1)")
    project.script("b2", "a1", 'op.execute("UPDATE t_a1 SET id = 2")')
    engine = sa.create_engine(sync_url(project.url), poolclass=sa.NullPool)
    with engine.connect() as other:
        number = other.exec_driver_sql("SELECT CONNECTION_ID()").scalar()
        other.exec_driver_sql("UPDATE t_a1 SET id = 3")
        with pytest.raises(DBAPIError) as caught:
            project.upgrade(table_lock_timeout="4s")
    assert f"the lock is held by session {number} (" in said(caught.value)


def test_an_account_that_may_not_see_others_runs_all_the_same(make: Callable[..., Project]) -> None:
    from limbeck.dialects.postgresql.blockers import PostgresqlBlockers

    project = made(make, "postgresql")

    def refuse(*_: object) -> None:
        raise RuntimeError("not for you")

    with pytest.MonkeyPatch.context() as patch, holding(project):
        patch.setattr(PostgresqlBlockers, "find", refuse)
        with pytest.raises(DBAPIError) as caught:
            project.upgrade(table_lock_timeout="500ms")
    assert "held by" not in said(caught.value)


def test_the_command_ends_with_the_code_for_a_lock(make: Callable[..., Project]) -> None:
    project = made(make, "postgresql")
    with holding(project) as number:
        code, printed = project.run("upgrade", "head", "--table-lock-timeout", "500ms")
    assert code == 4
    assert f"this ends it: SELECT pg_terminate_backend({number})" in printed


def test_a_wait_is_an_event(make: Callable[..., Project]) -> None:
    project = made(make, "postgresql")
    heard: list[events.Event] = []
    with events.subscribed(heard.append), holding(project, until=waits) as number:
        project.upgrade(table_lock_timeout="1min")
    (wait,) = [event.wait for event in heard if event.name == "statement.waiting"]
    assert wait is not None
    assert (wait.reason, wait.holder.partition(" (")[0]) == ("table-lock", f"session {number}")


# --- retries --------------------------------------------------------------------------------------------------------


@SERVERS
def test_the_retry_succeeds_when_the_lock_is_free(
    make: Callable[..., Project], backend: str, caplog: pytest.LogCaptureFixture
) -> None:
    project = made(make, backend)
    project.configure(lock_retries="20", table_lock_timeout="1s" if backend == "postgresql" else "3s")
    caplog.set_level(logging.INFO, logger="alembic.runtime.migration")
    with holding(project, until=second_retry) as number:
        project.upgrade()
    assert project.rows() == ["b2"]
    assert "attempt 3 of 21 follows in" in caplog.text
    assert f"Lock not obtained, held by {'perhaps ' if backend == 'mariadb' else ''}session {number}" in caplog.text
    assert caplog.text.count("Running upgrade a1 -> b2") == 1


@ASYNCIO
def test_by_an_asyncio_driver(
    make: Callable[..., Project], backend: str, driver: str, caplog: pytest.LogCaptureFixture
) -> None:
    project = make(backend, edition=2026, driver=driver)
    project.script("a1", None, table("t_a1"))
    project.upgrade()
    project.script("b2", "a1", ADD)
    project.configure(lock_retries="20", table_lock_timeout="300ms")
    caplog.set_level(logging.INFO, logger="alembic.runtime.migration")
    with holding(project, until=second_retry) as number:
        project.upgrade()
    assert project.rows() == ["b2"]
    assert f"session {number}" in caplog.text


def test_a_transactional_revision_is_run_again_as_a_whole(make: Callable[..., Project]) -> None:
    """What it did before the lock was refused is done once, and so are its version row and its events."""
    project = made(make, "postgresql")
    project.script("b2", "a1", f'{table("t_b2")}\nop.execute("INSERT INTO t_b2 VALUES (7)")\n{ADD}')
    project.script("c3", "b2")
    project.configure(lock_retries="20", table_lock_timeout="200ms")
    heard: list[events.Event] = []
    with events.subscribed(heard.append), holding(project, until=second_retry):
        project.upgrade()
    assert project.column("SELECT id FROM t_b2") == [7]
    assert project.rows() == ["c3"]
    steps = [event for event in heard if isinstance(event, events.StepEvent)]
    assert [(step.number, step.revision) for step in steps if step.phase != "waiting"] == [
        (1, "b2"),
        (1, "b2"),
        (2, "c3"),
        (2, "c3"),
    ]
    assert [step.wait.attempt for step in steps if step.wait is not None] == [1, 2]


def test_a_revision_of_which_something_is_committed_is_not_run_again(make: Callable[..., Project]) -> None:
    project = made(make, "postgresql")
    block = 'with op.get_context().autocommit_block():\n    op.execute("INSERT INTO t_a1 VALUES (1)")\n'
    project.script("b2", "a1", block + ADD)
    project.configure(lock_retries="3", table_lock_timeout="200ms")
    with holding(project), pytest.raises(DBAPIError) as caught:
        project.upgrade()
    assert project.column("SELECT id FROM t_a1") == [1]
    assert "attempt" not in said(caught.value)


def test_several_revisions_in_one_transaction_are_not_run_again(make: Callable[..., Project]) -> None:
    project = made(make, "postgresql", None)
    project.configure(lock_retries="3", table_lock_timeout="200ms")
    with holding(project), pytest.raises(DBAPIError) as caught:
        project.upgrade()
    assert "attempt" not in said(caught.value)


def test_a_statement_outside_a_transaction_is_sent_again(make: Callable[..., Project]) -> None:
    project = made(make, "postgresql")
    block = 'op.execute("INSERT INTO t_a1 VALUES (1)")\nwith op.get_context().autocommit_block():\n    '
    project.script("b2", "a1", block + ADD)
    project.configure(lock_retries="20", table_lock_timeout="200ms")
    with holding(project, until=second_retry):
        project.upgrade()
    assert project.column("SELECT id FROM t_a1") == [1]
    assert project.rows() == ["b2"]


def test_on_mariadb_statements_before_and_after_run_once(make: Callable[..., Project]) -> None:
    project = made(make, "mariadb")
    insert = 'op.execute("INSERT INTO t_a1 (id) VALUES ({})")'
    project.script("b2", "a1", f"{table('t_b2')}\n{insert.format(1)}\n{ADD}\n{insert.format(2)}")
    header = project.root / "m" / "versions" / "b2.py"
    header.write_text(header.read_text().replace("depends_on", "lock_retries = 9\ndepends_on", 1))
    project.configure(table_lock_timeout="1s")
    with holding(project, until=second_retry):
        project.upgrade()
    assert project.column("SELECT id FROM t_a1 ORDER BY id") == [1, 2]
    assert project.rows() == ["b2"]


@pytest.mark.parametrize("edition", [None, 2026])
def test_on_sqlite_a_locked_file_is_waited_for_again(make: Callable[..., Project], edition: int | None) -> None:
    project = made(make, "sqlite", edition)
    project.configure(lock_retries="20", table_lock_timeout="100ms")
    engine = sa.create_engine(sync_url(project.url), poolclass=sa.NullPool, connect_args={"check_same_thread": False})
    with engine.connect() as other:
        other.exec_driver_sql("BEGIN IMMEDIATE")
        timer = threading.Timer(1.0, lambda: other.exec_driver_sql("ROLLBACK"))
        timer.start()
        try:
            project.upgrade()
        finally:
            timer.join()
    assert project.rows() == ["b2"]


def test_the_last_attempt_says_how_many_there_were(make: Callable[..., Project]) -> None:
    project = made(make, "postgresql")
    project.configure(lock_retries="1", table_lock_timeout="100ms")
    with holding(project), pytest.raises(DBAPIError) as caught:
        project.upgrade()
    assert "that was attempt 2 of 2" in said(caught.value)
    assert project.rows() == ["a1"]


REFUSED = """
import sqlite3
raise sa.exc.OperationalError("UPDATE t", None, sqlite3.OperationalError("database is locked"))
"""


def test_pauses_double_up_to_ten_seconds_and_are_shortened_at_random(
    make: Callable[..., Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(retries.sqla, "sleep", slept.append)
    project = make("sqlite", edition=2026)
    project.script("a1", None, REFUSED)
    project.configure(lock_retries="8")
    with pytest.raises(DBAPIError):
        project.upgrade()
    longest = [0.25, 0.5, 1, 2, 4, 8, 10, 10]
    assert [low / 2 <= pause <= low for low, pause in zip(longest, slept, strict=True)] == [True] * 8
    assert len({pause / low for low, pause in zip(longest, slept, strict=True)}) > 1


# --- what others wait -----------------------------------------------------------------------------------------------


@SERVERS
def test_readers_wait_no_longer_than_the_timeout_at_a_time(make: Callable[..., Project], backend: str) -> None:
    """A holder, a run that needs the table, and a reader that comes every 20 ms.

    The reader queues behind the run while that waits, and comes through when the run gives up for a while.
    """
    project = made(make, backend)
    timeout = {"postgresql": 0.4, "mariadb": 1.0}[backend]
    project.configure(lock_retries="30", table_lock_timeout=str(timeout))
    waited: list[float] = []
    done = threading.Event()

    def read() -> None:
        engine = sa.create_engine(sync_url(project.url), poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            while not done.is_set():
                began = time.monotonic()
                connection.exec_driver_sql("SELECT count(*) FROM t_a1")
                waited.append(time.monotonic() - began)
                time.sleep(0.02)

    reader = threading.Thread(target=read)
    with holding(project, until=second_retry):
        reader.start()
        project.upgrade()
        done.set()
        reader.join()
    assert project.rows() == ["b2"]
    assert timeout / 2 < max(waited) < timeout + 1
