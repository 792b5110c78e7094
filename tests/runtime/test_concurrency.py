"""Many at once, and killed in the middle: failures R3 and R4, and what a dead process leaves behind."""

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
    processes = [project.start("upgrade", "head") for _ in range(PROCESSES)]
    said = [process.communicate(timeout=240) for process in processes]
    assert [process.returncode for process in processes] == [0] * PROCESSES, said
    assert sorted(project.column("SELECT name FROM log")) == expected
    assert project.rows() == ["r3"]


def test_eight_processes_upgrade_an_empty_database_at_once(project: Project) -> None:
    race(project, insert_then_alter(project))


@pytest.mark.campaign
@pytest.mark.parametrize("edition", [None, 2026])
@pytest.mark.parametrize("backend", ["sqlite", "postgresql", "mariadb"])
def test_eight_processes_twenty_rounds(make: Callable[..., Project], backend: str, edition: int | None) -> None:
    project = make(backend, edition)
    expected = insert_then_alter(project)
    for _ in range(20):
        race(project, expected)
        project.downgrade("base")
        project.execute("DROP TABLE alembic_version")


def test_sixteen_threads_on_sixteen_databases(tmp_path: Path) -> None:
    """R3: each database ends with its own tables alone, also where a script calls op in a function of its module."""
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


def kill_at_random(project: Project, kills: int, expected: list[str], reset: Callable[[], None], seed: int) -> None:
    """Kill upgrades at random points; the lock is free at once, and the next upgrade completes what is left."""
    chance = random.Random(seed)  # noqa: S311 no secret
    here = project.root / "m" / "here"
    for _ in range(kills):
        here.unlink(missing_ok=True)
        process = project.start("upgrade", "head")
        while not here.exists():
            assert process.poll() is None, process.communicate()
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.5))
        process.kill()
        process.communicate()
        if chance.random() < 0.4:
            continue  # killed again before it gets the chance to complete
        command.upgrade(project.configure(), "head", lock_timeout=10)
        assert sorted(project.column("SELECT name FROM log")) == expected
        reset()
    command.upgrade(project.configure(), "head", lock_timeout=10)
    assert sorted(project.column("SELECT name FROM log")) == expected


def killed(make: Callable[..., Project], backend: str, kills: int) -> None:
    project = make(backend, edition=2026)
    project.env(MARK + "context.run()")
    if backend == "mariadb":  # revisions of one statement: its DDL commits by itself, without the version row
        project.execute("CREATE TABLE log (name varchar(30))")
        ids = [f"r{number:02}" for number in range(1, 13)]
        for down, id_ in zip([None, *ids], ids, strict=False):
            project.script(id_, down, f"op.execute(\"INSERT INTO log VALUES ('{id_}')\")", "op.execute('SELECT 1')")

        def reset() -> None:
            project.execute("DELETE FROM log", "DELETE FROM alembic_version")

        kill_at_random(project, kills, ids, reset, seed=kills)
    else:
        expected = insert_then_alter(project, 12)
        kill_at_random(project, kills, expected, lambda: project.downgrade("base") and None, seed=kills)


@pytest.mark.parametrize("backend", ["sqlite", "postgresql", "mariadb"])
def test_five_kills(make: Callable[..., Project], backend: str) -> None:
    killed(make, backend, 5)


@pytest.mark.campaign
@pytest.mark.parametrize("backend", ["sqlite", "postgresql", "mariadb"])
def test_fifty_kills(make: Callable[..., Project], backend: str) -> None:
    killed(make, backend, 50)
