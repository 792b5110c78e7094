"""How much is at work at once, what is tried again, and how long a target may take."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from tenants import Tenants, all_ran, ran

from limbeck.errors import UsageError
from limbeck.fleet import Fleet, Target
from limbeck.fleet.lag import LONGEST_REST, rest
from limbeck.fleet.pace import LONGEST_PAUSE, Pace, pause
from limbeck.fleet.project import Project
from limbeck.fleet.queue import Queue
from limbeck.fleet.work import Order, Task
from limbeck.results import FleetTarget

ORDER = Order(Project(None, None, "alembic"), "hash")


def tasks(*places: str) -> list[Task]:
    """Tasks on ``server/database``, named by their number."""
    return [
        Task(ORDER, Target(str(n), f"postgresql://{place}"), place.partition("/")[0]) for n, place in enumerate(places)
    ]


def taken(queue: Queue) -> list[str]:
    """The names of all tasks that may be begun now."""
    found: list[str] = []
    while (task := queue.take()) is not None:
        found.append(task.target.name)
    return found


@pytest.mark.parametrize(
    ("ended", "width"),
    [
        ("", 8),
        ("-", 4),
        ("--", 2),
        ("-----", 1),
        ("-+++", 4),
        ("-++++", 5),
        ("-+++++++++", 6),
        ("-+++-", 2),
        ("++++++++++++", 8),
    ],
)  # fmt: skip
def test_the_pace_of_a_server(ended: str, width: int) -> None:
    """Half for each target that lacked a lock (``-``); one more for each round that ends well (``+``)."""
    pace = Pace(8, 8)
    for each in ended:
        pace = pace.after(is_short=each == "-")
    assert pace.width == width


@given(st.integers(1, 50), st.lists(st.booleans(), max_size=200))
def test_a_pace_stays_within_its_bounds_and_recovers(most: int, ends: list[bool]) -> None:
    pace = Pace(most, most)
    for is_short in ends:
        pace = pace.after(is_short=is_short)
        assert 1 <= pace.width <= most
    for _ in range(most * (most + 1)):
        pace = pace.after(is_short=False)
    assert pace.width == most


def test_pauses_grow_and_are_spread() -> None:
    assert [pause(attempt, 1.0) for attempt in (1, 2, 3, 4)] == [1, 2, 4, 8]
    assert (pause(3, 0.0), pause(3, 0.5)) == (2, 3)
    assert pause(1000, 1.0) == LONGEST_PAUSE


def test_databases_of_a_server_take_turns() -> None:
    """At most two of the server, and one of each database; another server is not held up."""
    queue = Queue(tasks("db1/a", "db1/a", "db1/b", "db1/c", "db2/a"), per_server=2, per_database=1)
    assert taken(queue) == ["0", "4", "2"]
    first = tasks("db1/a")[0]
    queue.done(first)
    assert taken(queue) == ["3"]


@given(st.lists(st.sampled_from(["s/a", "s/b", "t/a", "t/c"])), st.integers(1, 3), st.integers(1, 3), st.data())
def test_no_limit_is_passed_and_nothing_is_forgotten(
    places: list[str], per_server: int, per_database: int, data: st.DataObject
) -> None:
    queue = Queue(tasks(*places), per_server, per_database, jobs=4)
    at_work: list[Task] = []
    ended: list[str] = []
    while True:
        while (task := queue.take()) is not None:
            at_work.append(task)
            assert max(Counter(each.server for each in at_work).values()) <= min(per_server, 4)
            assert max(Counter(each.target.database for each in at_work).values()) <= per_database
        if not at_work:
            break
        task = at_work.pop(data.draw(st.integers(0, len(at_work) - 1)))
        queue.done(task, is_short=data.draw(st.booleans()))
        ended.append(task.target.name)
    assert sorted(ended) == sorted(str(n) for n in range(len(places)))


def test_a_task_rests_before_it_is_tried_again() -> None:
    now = [0.0]
    queue = Queue(tasks("db1/a", "db1/a"), per_server=1, clock=lambda: now[0])
    task = queue.take()
    assert task is not None
    queue.done(task)
    queue.put_back(task, 5.0)
    assert (taken(queue), queue.rests) == (["1"], 5.0)
    queue.done(task)
    now[0] = 5.0
    assert (taken(queue), queue.rests) == (["0"], None)


def test_a_server_whose_replicas_are_behind_rests() -> None:
    """The others go on; then half as many of it are at work at once."""
    now = [0.0]
    queue = Queue(tasks("db1/a", "db1/a", "db1/a", "db2/a"), per_server=2, clock=lambda: now[0])
    first = queue.take()
    assert first is not None
    queue.done(first, rest=5.0)
    assert (taken(queue), queue.rests) == (["3"], 5.0)
    now[0] = 5.0
    assert (taken(queue), queue.rests) == (["1"], None)


def test_a_task_that_is_last_has_none_beside_it() -> None:
    queue = Queue(tasks("db1/a", "db2/a", "db3/a"))
    task, other = queue.take(), queue.take()
    assert task is not None
    assert other is not None
    queue.done(task)
    queue.put_last(task)
    assert taken(queue) == ["2"]
    queue.done(other)
    assert taken(queue) == []
    queue.done(tasks("db3/a")[0])
    assert queue.take() == task
    queue.put_back(other)
    assert taken(queue) == []
    queue.done(task)
    assert taken(queue) == ["1"]


@pytest.mark.parametrize(("lag", "seconds"), [(None, 0.0), (10.0, 0.0), (10.5, 10.5), (1e9, LONGEST_REST)])
def test_how_long_a_server_rests(lag: float | None, seconds: float) -> None:
    assert rest(FleetTarget("t", "done", lag=lag), 10.0) == seconds


def test_wrong_limits_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="connections is 1"):
        Fleet(Tenants(tmp_path / "connections", 1).config, connections=1)
    with pytest.raises(UsageError, match="needs the lag that is too much"):
        Fleet(Tenants(tmp_path / "lag", 1).config, lag_command="./lag.sh")
    with pytest.raises(UsageError, match="per_database is 0"):
        Fleet(Tenants(tmp_path, 1).config, per_database=0)


# --- campaigns ------------------------------------------------------------------------------------------------------


def test_a_locked_target_is_tried_again(tmp_path: Path) -> None:
    """r2 says that the file is locked, the first time; it is tried again after a pause, and runs once."""
    tenants = Tenants(tmp_path, 1)
    tenants.revision(
        before=f"""\
        import os, sqlite3
        from sqlalchemy.exc import OperationalError
        mark = {str(tmp_path / "mark")!r}
        if "f001" in str(op.get_bind().engine.url) and not os.path.exists(mark):
            open(mark, "w").close()
            raise OperationalError("", None, sqlite3.OperationalError("database is locked"))
        """
    )
    targets = tenants.files(2)
    done = Fleet(tenants.config, targets, retries=1).upgrade()
    assert [(each.state, each.attempt) for each in done.targets] == [("done", 1), ("done", 2)]
    assert all_ran(targets, tenants.ids)


def test_a_budget_of_connections(tmp_path: Path, postgresql_url: str) -> None:
    """The last revision asks the server how many there are, those of the lock and of scripts included."""
    count = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
    )
    tenants = Tenants(tmp_path, 2)
    tenants.revision(
        after=f"""\
        import time, pathlib
        time.sleep(0.1)
        found = op.get_bind().exec_driver_sql({count!r}).scalar()
        schema = op.get_bind().exec_driver_sql("SELECT current_schema()").scalar()
        pathlib.Path({str(tmp_path)!r}, schema + ".count").write_text(str(found))
        """
    )
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).begin() as connection:
        for number in range(8):
            connection.exec_driver_sql(f"CREATE SCHEMA s{number}")
    targets = [Target(f"s{number}", postgresql_url, f"s{number}") for number in range(8)]
    done = Fleet(tenants.config, targets, connections=5).upgrade()
    assert Counter(each.state for each in done.targets) == {"done": 8}
    counts = [int(path.read_text()) for path in tmp_path.glob("*.count")]
    assert len(counts) == 8
    assert 3 <= max(counts) <= 5


def test_what_does_not_pass_is_not_tried_again(tmp_path: Path) -> None:
    tenants = Tenants(tmp_path, 1)
    tenants.revision(before="raise ValueError('no')")
    (found,) = Fleet(tenants.config, tenants.files(1), retries=3).upgrade().targets
    assert (found.state, found.attempt) == ("failed", 1)


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_a_target_may_take_so_long(tmp_path: Path, request: pytest.FixtureRequest, backend: str) -> None:
    """Its statement is given up by the server, and its step is rolled back; the next one does not begin."""
    slow = {
        "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
        "postgresql": "SELECT pg_sleep(60)",
    }[backend]
    tenants = Tenants(tmp_path, 1)
    tenants.revision(before=f"op.execute({slow!r})")
    url = f"sqlite:///{tmp_path / 'slow.db'}" if backend == "sqlite" else request.getfixturevalue("postgresql_url")
    target = Target("slow", url)
    fleet = Fleet(tenants.config, [target], target_timeout=1.0)
    (found,) = fleet.upgrade().targets
    assert (found.state, found.code, found.rows_after) == ("failed", "target-timeout", ("r1",))
    assert str(found.error).startswith("This target took longer than 1 s")
    assert (found.seconds or 0) < 50
    assert ran(target) == ["r1"]
    assert not sa.inspect(sa.create_engine(url, poolclass=sa.NullPool)).has_table("t2")
