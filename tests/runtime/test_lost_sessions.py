"""Sessions that the server ends while a run is at work: noticed before the next step."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from project import Project, sync_url
from sqlalchemy.exc import DBAPIError

from limbeck import command, events, sqla
from limbeck.ddl.locking import SessionLock
from limbeck.errors import CommandError, LockNotObtained
from limbeck.runtime import lock as locks

SERVERS = pytest.mark.parametrize("backend", ["postgresql", "mariadb"])
OWN = {"postgresql": "SELECT pg_backend_pid()", "mysql": "SELECT CONNECTION_ID()"}
KILL = {"postgresql": "SELECT pg_terminate_backend({})", "mysql": "KILL {}"}


class Locks:
    """The locks of runs in this process, whose sessions tests end."""

    def __init__(self, project: Project, patch: pytest.MonkeyPatch) -> None:
        self.project = project
        self.statements: list[SessionLock] = []
        self.kind = sync_url(project.url).get_backend_name()
        made = locks.ServerLock.__init__

        def noting(lock: locks.ServerLock, engine: sa.Engine, statements: SessionLock) -> None:
            made(lock, engine, statements)
            self.statements.append(statements)

        patch.setattr(locks.ServerLock, "__init__", noting)

    def end(self) -> None:
        """End the session that has the lock."""
        (holder,) = self.project.column(self.statements[0].holder)
        self.kill(int(str(holder).split()[1]))

    def kill(self, number: int) -> None:
        self.project.execute(KILL[self.kind].format(number))

    def take(self) -> sa.Connection:
        """Another session that takes the lock."""
        engine = sa.create_engine(sync_url(self.project.url), poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
        other = engine.connect()
        for _ in range(200):
            if other.exec_driver_sql(self.statements[0].acquire).scalar():
                return other
        raise AssertionError("the lock is not free")


@pytest.fixture
def held(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[Project], Locks]:
    return lambda project: Locks(project, monkeypatch)


def upgrade(project: Project, end: Callable[..., object]) -> None:
    """Upgrade by a1, which calls ``end`` with the operations, b2 and c3."""
    project.script("a1", None, "context.config.attributes['end'](op)")
    project.script("b2", "a1")
    project.script("c3", "b2")
    config = project.configure()
    config.attributes["end"] = end
    command.upgrade(config, "head")


@SERVERS
@pytest.mark.parametrize("edition", [None, 2026])
def test_a_lost_lock_is_taken_again(
    make: Callable[..., Project],
    held: Callable[[Project], Locks],
    backend: str,
    edition: int | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    project = make(backend, edition=edition)
    those = held(project)
    upgrade(project, lambda _op: those.end())
    assert project.rows() == ["c3"]
    assert "The run lock is lost: the session that held it has ended" in caplog.text
    assert len(those.statements) == 2


@SERVERS
def test_the_run_ends_where_another_has_the_lock(
    make: Callable[..., Project], held: Callable[[Project], Locks], backend: str
) -> None:
    project = make(backend, edition=2026)
    those = held(project)
    others: list[sa.Connection] = []

    def end(_op: object) -> None:
        those.end()
        others.append(those.take())

    with pytest.raises(LockNotObtained, match="another run has the lock now") as caught:
        upgrade(project, end)
    others[0].close()
    assert (caught.value.code, caught.value.exit_code) == ("lock-lost", 4)
    assert project.rows() == ["a1"]


@SERVERS
def test_the_run_ends_where_the_rows_have_changed(
    make: Callable[..., Project], held: Callable[[Project], Locks], backend: str
) -> None:
    project = make(backend, edition=2026)
    those = held(project)

    def after_a1(event: events.Event) -> None:
        if event.name == "step.ended":
            project.execute("UPDATE alembic_version SET version_num = 'b2'")

    with events.subscribed(after_a1), pytest.raises(CommandError, match="rows are b2 now, and not a1") as caught:
        upgrade(project, lambda _op: those.end())
    assert caught.value.code == "lock-lost"
    assert project.rows() == ["b2"]


def test_a_lock_file_that_was_removed_is_made_again(
    make: Callable[..., Project], caplog: pytest.LogCaptureFixture
) -> None:
    project = make("sqlite", edition=2026)
    file = Path(f"{sync_url(project.url).database}.alembic_version.lock")
    upgrade(project, lambda _op: file.unlink())
    assert project.rows() == ["c3"]
    assert "The run lock is lost" in caplog.text
    assert not file.exists()


@SERVERS
def test_the_session_of_the_run_is_ended(
    make: Callable[..., Project], held: Callable[[Project], Locks], backend: str
) -> None:
    """It is ended between a1 and b2: b2 does nothing, a1 stays."""
    project = make(backend, edition=2026)
    those = held(project)
    numbers: list[int] = []

    def after_a1(event: events.Event) -> None:
        if event.name == "step.ended":
            those.kill(numbers[0])

    def note(op: object) -> None:
        numbers.append(op.get_bind().exec_driver_sql(OWN[those.kind]).scalar())  # type: ignore[attr-defined]

    with events.subscribed(after_a1), pytest.raises(DBAPIError) as caught:
        upgrade(project, note)
    assert "while running upgrade a1 -> b2" in "".join(caught.value.__notes__)
    assert project.rows() == ["a1"]
    assert "t_b2" not in project.tables()


def test_a_session_beside_that_the_server_ends_while_it_is_opened_leaves_nothing_behind(
    mariadb_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Its driver asks the server for autocommit, and the pool would have told of a rollback that failed."""
    engine = sa.create_engine(mariadb_url, poolclass=sa.NullPool)
    with engine.connect() as other:

        @sa.event.listens_for(engine, "connect")
        def end(session: Any, _record: object) -> None:
            other.exec_driver_sql(KILL["mysql"].format(session.thread_id()))

        with pytest.raises(Exception, match=r"Lost connection|gone away|closed"):
            sqla.side_connection(engine, autocommit=True)
    gc.collect()
    assert caplog.messages == []
