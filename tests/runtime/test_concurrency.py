"""Many at once, and killed in the middle: what a dead process leaves behind."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from project import Project

from limbeck import aio, command

PROCESSES = 8

STEP = """
op.execute("INSERT INTO log (name) VALUES ('{id}')")
op.add_column("log", sa.Column("c_{id}", sa.Integer))
op.create_table("t_{id}", sa.Column("id", sa.Integer, primary_key=True))
op.execute("INSERT INTO log (name) VALUES ('{id} again')")
"""
UNDO = """
op.drop_table("t_{id}")
op.drop_column("log", "c_{id}")
op.execute("DELETE FROM log WHERE name LIKE '{id}%'")
"""
FIRST = 'op.create_table("log", sa.Column("name", sa.String(30)))'


def insert_then_alter(project: Project, count: int = 3) -> list[str]:
    """Revisions whose second run would show: each inserts a row, alters, creates and inserts again."""
    ids = [f"r{number}" for number in range(1, count + 1)]
    project.script("r0", None, FIRST, 'op.drop_table("log")')
    for down, id_ in zip(["r0", *ids], ids, strict=False):
        project.script(id_, down, STEP.format(id=id_), UNDO.format(id=id_))
    return sorted(name for id_ in ids for name in (id_, f"{id_} again"))


def race(project: Project, expected: list[str]) -> None:
    """Several processes at once from empty: all exit 0, each revision ran once."""
    processes = [project.fork("upgrade", "head") for _ in range(PROCESSES)]
    codes = [process.wait() for process in processes]
    assert codes == [0] * PROCESSES, [process.said.read_text() for process in processes]
    assert sorted(project.column("SELECT name FROM log")) == expected
    assert project.rows() == ["r3"]


def rounds(project: Project, count: int) -> None:
    expected = insert_then_alter(project)
    for _ in range(count):
        race(project, expected)
        project.downgrade("base")
        project.execute("DROP TABLE alembic_version", "DROP TABLE IF EXISTS alembic_version_journal")


def test_eight_processes_upgrade_an_empty_database_at_once_twenty_times(project: Project) -> None:
    rounds(project, 20)


def test_eight_processes_under_the_edition(modern: Project) -> None:
    rounds(modern, 3)


@pytest.mark.campaign
def test_eight_processes_under_the_edition_twenty_times(modern: Project) -> None:
    rounds(modern, 20)


def test_sixteen_threads_on_sixteen_databases(tmp_path: Path) -> None:
    """Each database ends with its own tables alone, also where a script calls op in a function of its module."""
    projects = [Project(tmp_path / f"p{number}", f"sqlite:///{tmp_path / f'{number}.db'}") for number in range(16)]
    for number, project in enumerate(projects):
        project.line(*(f"a{number}x{step}" for step in range(4)))
    start = threading.Barrier(len(projects))
    failures: list[BaseException] = []

    def upgrade(project: Project) -> None:
        start.wait()
        try:
            project.upgrade()
        except BaseException as error:  # noqa: BLE001 shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=upgrade, args=(project,)) for project in projects]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for number, project in enumerate(projects):
        assert project.tables() == [f"t_a{number}x{step}" for step in range(4)]
        assert project.rows() == [f"a{number}x3"]


@pytest.mark.parametrize("driver", ["sqlite", "sqlite+aiosqlite"])
def test_sixteen_tasks_on_sixteen_databases(tmp_path: Path, driver: str) -> None:
    projects = [Project(tmp_path / f"p{number}", f"{driver}:///{tmp_path / f'{number}.db'}") for number in range(16)]
    for number, project in enumerate(projects):
        project.line(*(f"a{number}x{step}" for step in range(4)))

    async def all_of_them() -> None:
        await asyncio.gather(*(aio.upgrade(project.configure(), "head") for project in projects))

    asyncio.run(all_of_them())
    for number, project in enumerate(projects):
        assert project.tables() == [f"t_a{number}x{step}" for step in range(4)]
        assert project.rows() == [f"a{number}x3"]


# --- killed -----------------------------------------------------------------------------------------------------------

MARK = "import pathlib\npathlib.Path(__file__).with_name('here').touch()\n"

ONE_STATEMENT = [
    ("op.execute(\"INSERT INTO log (name) VALUES ('{id}')\")", "op.execute(\"DELETE FROM log WHERE name = '{id}'\")"),
    ('op.add_column("log", sa.Column("c_{id}", sa.Integer))', 'op.drop_column("log", "c_{id}")'),
    (
        'op.create_table("t_{id}", sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Integer))',
        'op.drop_table("t_{id}")',
    ),
    ('op.create_index("ix_{id}", "log", ["name"])', 'op.drop_index("ix_{id}", "log")'),
]


def of_one_statement(project: Project, count: int = 12) -> list[str]:
    """Revisions that a database without transactional DDL can do at a stroke: rows, and each kind of DDL, in turn."""
    ids = [f"r{number:02}" for number in range(1, count + 1)]
    project.script("r00", None, 'op.create_table("log", sa.Column("name", sa.String(30)))', 'op.drop_table("log")')
    for number, (down, id_) in enumerate(zip(["r00", *ids], ids, strict=False)):
        up, undo = ONE_STATEMENT[number % len(ONE_STATEMENT)]
        project.script(id_, down, up.format(id=id_), undo.format(id=id_))
    return [id_ for number, id_ in enumerate(ids) if number % len(ONE_STATEMENT) == 0]


class Kills:
    """Upgrades that are killed at random points, until each has had its chance; what is left is always completed.

    :param project: its env.py leaves the file ``here`` when it begins. :param expected: the rows of ``log`` in the end.
    """

    def __init__(self, project: Project, expected: list[str]) -> None:
        self.project = project
        self.expected = expected
        self.here = project.root / "m" / "here"
        project.env(MARK + "context.run()")
        begin = time.monotonic()
        self.complete()
        self.duration = time.monotonic() - begin
        self.wanted = sorted(project.tables())
        self.in_the_middle = 0

    def complete(self) -> None:
        """An upgrade that is not killed: the lock is free at once, no revision runs twice and no row is lost."""
        command.upgrade(self.project.configure(), "head", lock_timeout=10)
        assert sorted(self.project.column("SELECT name FROM log")) == self.expected

    def kill(self, after: float) -> None:
        """Kill an upgrade ``after`` so many seconds."""
        self.here.unlink(missing_ok=True)
        process = self.project.fork("upgrade", "head")
        while not self.here.exists():
            time.sleep(0.002)
        time.sleep(after)
        process.kill()
        process.wait()
        rows = self.project.rows()
        self.in_the_middle += rows != [self.head] and bool(rows)
        # a machine is not as quick all the time: the next one is to die in the middle too
        self.duration *= 0.8 if rows == [self.head] else 1 if rows else 1.1

    @property
    def head(self) -> str:
        return "r12"

    def go(self, kills: int, seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311 no secret
        for _ in range(kills):
            if self.project.rows() == [self.head]:
                self.project.downgrade("base")
            self.kill(chance.uniform(0, self.duration))
            if chance.random() < 0.6:  # else it is killed again before it gets the chance to complete
                self.complete()
        self.complete()
        assert self.project.tables() == self.wanted
        assert self.in_the_middle > kills // 10


@pytest.mark.parametrize("backend", ["sqlite", "postgresql", "mariadb"])
def test_killed_fifty_times_at_random_points(make: Callable[..., Project], backend: str) -> None:
    """On MariaDB, whose DDL commits without the version row, revisions of one statement; elsewhere of several."""
    project = make(backend, edition=2026)
    expected = of_one_statement(project) if backend == "mariadb" else insert_then_alter(project, 12)
    Kills(project, expected).go(50, seed=50)
