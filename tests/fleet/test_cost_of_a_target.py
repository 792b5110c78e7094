"""What a target costs where many are alike: connections, statements and commits, counted and not timed.

r1 <- r2 <- r3 <- r4, each of which leaves a row in table ``ran``
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from tenants import CLASSIC_ENV, Tenants, all_ran, ran, rows
from test_killed_campaign import killing_once
from test_limits import taken, tasks

from limbeck.fleet import Fleet, Target, scripts
from limbeck.fleet.chunk_size import GROWTH, MOST, SHARE, ChunkSize
from limbeck.fleet.project import Project
from limbeck.fleet.queue import Queue
from limbeck.fleet.work import Order, Task, carry_out_all
from limbeck.runtime.sessions import Sessions


def schemas(url: str, count: int) -> list[Target]:
    names = [f"tenant_{n:02}" for n in range(count)]
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        for name in names:
            connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    return [Target(name, url, name) for name in names]


def chunk(tenants: Tenants, targets: list[Target], rows: tuple[str, ...] | None = None) -> list[Task]:
    """Tasks to bring targets to the heads."""
    project = Project.of(tenants.config)
    order = Order(project, scripts.hash_of(scripts.fresh(project), "heads"))
    return [Task(order, target, rows=rows) for target in targets]


@contextmanager
def counted(backend: str) -> Iterator[Counter[str]]:
    """How often something was done with databases of a kind in the block."""
    found: Counter[str] = Counter()

    def count(name: str, connection: sa.Connection) -> None:
        found[name] += connection.dialect.name == backend

    def connects(dialect: sa.Dialect, *_: object) -> None:
        found["connect"] += dialect.name == backend

    def commits(connection: sa.Connection) -> None:
        count("commit", connection)

    def executes(connection: sa.Connection, *_: object) -> None:
        count("statement", connection)

    listeners = (("do_connect", connects), ("commit", commits), ("before_cursor_execute", executes))
    for listener in listeners:
        sa.event.listen(sa.Engine, *listener)
    try:
        yield found
    finally:
        for listener in listeners:
            sa.event.remove(sa.Engine, *listener)


def test_a_worker_uses_its_sessions_again(tmp_path: Path, postgresql_url: str) -> None:
    """Two for a whole chunk: that of the runs, and that of their locks. The first schema is for what comes once."""
    tenants = Tenants(tmp_path, 3)
    targets = schemas(postgresql_url, 11)
    assert {each.state for each in carry_out_all(chunk(tenants, targets))} == {"done"}
    tenants.revision()
    carry_out_all(chunk(tenants, targets[:1], ("r3",)))
    with counted("postgresql") as cost:
        found = carry_out_all(chunk(tenants, targets[1:], ("r3",)))
    assert [(each.state, each.rows_before, each.error) for each in found] == [("done", ("r3",), None)] * 10
    assert cost["connect"] == 2
    assert cost["statement"] <= 10 * 16 + 4, cost  # of which two are the step's; once each, the process of a session
    assert cost["commit"] <= 10 * 4, cost
    assert all_ran(targets, tenants.ids)


def test_an_engine_of_env_py_connects_for_each_run(tmp_path: Path, postgresql_url: str) -> None:
    tenants = Tenants(tmp_path, env=CLASSIC_ENV, edition="")
    targets = schemas(postgresql_url, 3)
    with counted("postgresql") as cost:
        carry_out_all(chunk(tenants, targets))
    assert cost["connect"] == 2 * 3
    assert all_ran(targets, tenants.ids)


def test_a_session_has_nothing_of_the_target_before(tmp_path: Path, postgresql_url: str) -> None:
    """Settings, temporary tables, roles, locks and prepared statements of a script end with its run."""
    tenants = Tenants(tmp_path, 1)
    tenants.revision(
        before="""
        assert op.get_bind().exec_driver_sql("SHOW work_mem").scalar() != "77MB"
        assert op.get_bind().exec_driver_sql("SELECT count(*) FROM pg_locks WHERE objid = 7").scalar() == 0
        op.execute("SET work_mem TO '77MB'")
        op.execute("CREATE TEMPORARY TABLE aside (id integer)")
        op.execute("PREPARE mine AS SELECT 1")
        op.execute("SELECT pg_advisory_lock(7)")
        """,
        after="op.execute('SET ROLE pg_monitor')",
    )
    targets = schemas(postgresql_url, 4)
    found = carry_out_all(chunk(tenants, targets))
    assert [(each.state, each.error) for each in found] == [("failed", found[0].error)]  # pg_monitor may write nothing
    assert "permission denied" in str(found[0].error)
    tenants.ids.pop()
    text = (tmp_path / "m" / "versions" / "r2.py").read_text()
    (tmp_path / "m" / "versions" / "r2.py").write_text(text.replace("SET ROLE pg_monitor", "SELECT 1"))
    tenants.ids.append("r2")
    with counted("postgresql") as cost:
        found = carry_out_all(chunk(tenants, targets))
    assert [(each.state, each.error) for each in found] == [("done", None)] * 4
    assert cost["connect"] == 2
    assert all_ran(targets, tenants.ids)


@pytest.mark.parametrize("named", [False, True])
def test_sessions_that_somebody_sets_up_are_not_used_again(tmp_path: Path, postgresql_url: str, named: bool) -> None:
    """What a listener does to a new connection would be gone after a reset."""
    config = Tenants(tmp_path, 1).config
    config.set_main_option("sqlalchemy.url", postgresql_url)

    def set_up(*_: object, **__: object) -> None:
        """As by a program, for every connection of its process."""

    with Sessions() as sessions:
        sa.event.listen(sa.Engine, "connect", set_up, named=named)
        try:
            assert isinstance(sessions.engine(config).pool, sa.NullPool)
        finally:
            sa.event.remove(sa.Engine, "connect", set_up)
        assert not isinstance(sessions.engine(config).pool, sa.NullPool)
        assert sessions.engine(config) is sessions.engine(config)


def test_a_chunk_ends_with_its_first_failure(tmp_path: Path, postgresql_url: str) -> None:
    """The rest is not begun; the next chunk has sessions of its own."""
    tenants = Tenants(tmp_path, 1)
    tenants.revision(before="assert op.get_bind().exec_driver_sql('SELECT current_schema()').scalar() != 'tenant_02'")
    targets = schemas(postgresql_url, 5)
    with counted("postgresql") as cost:
        found = carry_out_all(chunk(tenants, targets))
        assert [each.state for each in found] == ["done", "done", "failed"]
        assert {each.state for each in carry_out_all(chunk(tenants, targets[3:]))} == {"done"}
    assert cost["connect"] == 2 + 2
    assert [ran(each) for each in targets] == [["r1", "r2"]] * 2 + [["r1"]] + [["r1", "r2"]] * 2


@pytest.mark.parametrize("failures", [0, 3])
def test_no_more_is_begun_after_a_failure_than_there_are_workers(tmp_path: Path, failures: int) -> None:
    """What was given to a worker, and not begun, waits again, as the ledger says."""
    tenants = Tenants(tmp_path, 1)
    tenants.revision(before="assert 'f01' not in str(op.get_bind().engine.url)")
    targets = tenants.files(24)
    fleet = Fleet(tenants.config, targets, jobs=1)
    done = fleet.upgrade(max_failures=failures)
    assert [each.name for each in done.failed] == [f"f{n:03}" for n in range(10, 11 + failures)]
    assert done.state == "stopped"
    assert Counter(each.state for each in fleet.report().targets) == {"done": 10, "failed": failures + 1}
    assert [ran(each) for each in targets[:10]] == [["r1", "r2"]] * 10
    assert not (tmp_path / f"f{12 + failures:03}.db").exists()


def test_a_chunk_ends_with_its_time(tmp_path: Path) -> None:
    """A drain waits for what is at work, also where targets take longer than those that its size was learnt from."""
    tenants = Tenants(tmp_path, 1)
    tasks = chunk(tenants, tenants.files(3))
    assert [each.name for each in carry_out_all(tasks, seconds=0)] == ["f000"]
    assert [each.name for each in carry_out_all(tasks, seconds=600)] == ["f000", "f001", "f002"]


@pytest.mark.parametrize("run", ["context.run()", "context.run(lock=False)", "context.run()\ncontext.run()"])
def test_rows_that_have_moved_since_the_driver_read_them(tmp_path: Path, postgresql_url: str, run: str) -> None:
    """They are read again under the lock, or where there is none: a target that is at the head has nothing to do."""
    tenants = Tenants(tmp_path, 3, env=f"from limbeck import context\n{run}\n")
    (target,) = schemas(postgresql_url, 1)
    carry_out_all(chunk(tenants, [target]))
    (found,) = carry_out_all(chunk(tenants, [target], ("r1",)))
    assert (found.state, found.rows_before, found.rows_after) == ("at head", ("r3",), ("r3",))
    assert (ran(target), rows(target)) == (tenants.ids, ["r3"])


def test_the_ledger_is_written_with_each_chunk(
    tmp_path: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice, and not with each target; chunks are as large as they get, however long targets take."""
    monkeypatch.setattr("limbeck.fleet.chunk_size.WORTH", 1_000_000)
    tenants = Tenants(tmp_path, 1)
    targets = tenants.files(80)
    fleet = Fleet(tenants.config, targets, jobs=1, ledger=postgresql_url)
    assert fleet.upgrade().state == "done"
    with counted("postgresql") as cost:
        assert {each.state for each in fleet.upgrade().targets} == {"at head"}
    assert cost["commit"] <= len(targets) / 2, cost


def test_a_worker_dies_with_a_chunk(tmp_path: Path) -> None:
    """Each of its targets is begun again, by itself; those that were done find nothing to do."""
    tenants = Tenants(tmp_path)
    tenants.revision(after="from limbeck import context\n" + killing_once(tmp_path / "killed", "f020"))
    targets = tenants.files(40)
    done = Fleet(tenants.config, targets, executor="processes", jobs=1).upgrade()
    assert {each.state for each in done.targets if each.attempt == 1} == {"done"}
    assert {each.state for each in done.targets if each.attempt == 2} <= {"done", "at head"}
    assert [each.attempt for each in done.targets if each.name == "f020"] == [2]
    assert all_ran(targets, tenants.ids)


def test_tasks_of_a_chunk_are_of_one_database() -> None:
    queue = Queue(tasks("db1/a", "db2/a", "db1/a", "db1/b", "db1/a"), per_server=1, per_database=1)
    first = queue.take()
    assert first is not None
    assert [first.target.name, *(each.target.name for each in queue.more(first, 9))] == ["0", "2", "4"]
    assert len(queue) == 2
    assert taken(queue) == ["1"]
    queue.done(first)
    assert taken(queue) == ["3"]


def test_a_task_that_is_alone_comes_after_chunks() -> None:
    """Also after one that has taken all that waited."""
    queue = Queue(tasks("db1/a", "db1/a", "db1/a"))
    first = queue.take()
    assert first is not None
    assert len(queue.more(first, 9)) == 2
    queue.done(first)
    queue.put_last(first)
    assert taken(queue) == ["0"]


@given(
    st.integers(1, 20), st.lists(st.tuples(st.integers(1, MOST), st.floats(0, 100)), max_size=20), st.integers(1, 500)
)
def test_the_size_of_a_chunk(jobs: int, ended: list[tuple[int, float]], waiting: int) -> None:
    """One at first, at most eight times as many as before, one where each takes long; the last ones are spread."""
    size = ChunkSize(jobs)
    assert size.of(waiting) == 1
    for targets, seconds in ended:
        before = size.of(1_000_000)
        size.learn(targets, seconds)
        assert 1 <= size.of(1_000_000) <= min(MOST, GROWTH * max(before, targets))
        assert size.of(waiting) <= max(1, waiting / (2 * jobs), size.of(1_000_000) / SHARE)
        assert size.of(waiting) <= max(1, waiting / jobs)
    size.learn(3, 9.0)
    assert size.of(1_000_000) == 1
