"""Engines and connections of SQLAlchemy's asyncio extension: they are as usable after a run as before it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from project import Project
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from limbeck import Migrator, aio
from limbeck.errors import CommandError

DRIVERS = [
    ("sqlite", "sqlite+aiosqlite"),
    ("postgresql", "postgresql+asyncpg"),
    ("postgresql", "postgresql+psycopg"),
    ("mariadb", "mysql+aiomysql"),
    ("mariadb", "mysql+asyncmy"),
]
METADATA = sa.MetaData()
for name in ("t_a1", "t_a2"):
    sa.Table(name, METADATA, sa.Column("id", sa.Integer, primary_key=True))


@pytest.fixture(params=DRIVERS, ids=[driver for _, driver in DRIVERS])
def project(request: pytest.FixtureRequest, make: Callable[..., Project]) -> Project:
    backend, driver = request.param
    made = make(backend, driver=driver)
    made.line("a1", "a2")
    return made


async def answer(engine: AsyncEngine) -> list[object]:
    """What three requests at once are answered."""

    async def request() -> object:
        async with engine.connect() as connection:
            return (await connection.execute(sa.text("SELECT count(*) FROM t_a2"))).scalar()

    return list(await asyncio.gather(*(request() for _ in range(3))))


def versions(project: Project) -> str:
    return str(project.root / "m" / "versions")


def test_requests_after_an_awaited_upgrade(project: Project) -> None:
    async def application() -> None:
        engine = create_async_engine(project.url)
        run = await aio.Migrator(engine, versions(project)).upgrade()
        assert [step.revision for step in run.steps] == ["a1", "a2"]
        assert await answer(engine) == [0, 0, 0]
        await engine.dispose()

    asyncio.run(application())
    assert project.rows() == ["a2"]


def test_requests_before_and_after_an_upgrade_that_blocks(project: Project) -> None:
    """The pool has connections of this loop; the run must neither take one nor leave one of its own."""

    async def application() -> None:
        engine = create_async_engine(project.url)
        migrator = Migrator(engine, versions(project))
        migrator.upgrade()
        assert await answer(engine) == [0, 0, 0]
        assert migrator.current().is_at_heads
        assert await answer(engine) == [0, 0, 0]
        await engine.dispose()

    asyncio.run(application())


def test_an_upgrade_between_two_loops(project: Project) -> None:
    """A program without a loop, which starts one later."""
    engine = create_async_engine(project.url)
    Migrator(engine, versions(project)).upgrade()

    async def application() -> None:
        assert await answer(engine) == [0, 0, 0]
        await engine.dispose()

    asyncio.run(application())


def test_a_connection_is_used_where_it_is(project: Project) -> None:
    async def application() -> None:
        engine = create_async_engine(project.url)
        async with engine.connect() as connection:
            await aio.Migrator(connection, versions(project)).upgrade()
            assert (await connection.execute(sa.text("SELECT count(*) FROM t_a2"))).scalar() == 0
        await engine.dispose()

    asyncio.run(application())
    assert project.rows() == ["a2"]


def test_a_connection_in_a_transaction_stays_in_it(make: Callable[..., Project]) -> None:
    project = make("postgresql", driver="postgresql+asyncpg")
    project.line("a1")

    async def application() -> None:
        engine = create_async_engine(project.url)
        async with engine.connect() as connection:
            await connection.begin()
            await aio.Migrator(connection, versions(project)).upgrade()
            await connection.rollback()
        await engine.dispose()

    asyncio.run(application())
    assert project.rows() is None
    assert project.tables() == []


def test_a_connection_that_is_not_awaited(project: Project) -> None:
    async def application() -> None:
        engine = create_async_engine(project.url)
        async with engine.connect() as connection:
            with pytest.raises(CommandError, match="AsyncConnection is used in the event loop") as caught:
                Migrator(connection, versions(project)).upgrade()
            assert caught.value.code == "not-awaited"
            await connection.run_sync(lambda sync: Migrator(sync, versions(project)).upgrade())
        await engine.dispose()

    asyncio.run(application())
    assert project.rows() == ["a2"]


@pytest.mark.parametrize("kind", ["engine", "url"])
def test_plain_ones_are_used_in_a_thread(make: Callable[..., Project], kind: str) -> None:
    project = make("postgresql")
    project.line("a1")

    async def application() -> int:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.001)

        ticking = asyncio.create_task(tick())
        given = project.url if kind == "url" else sa.create_engine(project.url)
        await aio.Migrator(given, versions(project)).upgrade()
        ticking.cancel()
        if isinstance(given, sa.Engine):
            given.dispose()
        return ticks

    assert asyncio.run(application()) > 5
    assert project.rows() == ["a1"]


def test_every_method(project: Project) -> None:
    async def application() -> None:
        engine = create_async_engine(project.url)
        migrator = aio.Migrator(engine, versions(project), METADATA)
        assert [step.revision for step in (await migrator.plan()).steps] == ["a1", "a2"]
        await migrator.stamp("a1")
        assert (await migrator.current()).rows == ("a1",)
        await migrator.stamp("base")
        await migrator.upgrade()
        assert (await migrator.check()).is_clean
        assert [each.revision for each in await migrator.history()] == ["a2", "a1"]
        written = await migrator.revision("more", autogenerate=True, rev_id="a3")
        assert written.revision == "a3"
        await migrator.downgrade("base")
        await engine.dispose()

    asyncio.run(application())
    assert "t_a1" not in project.tables()


def test_the_methods_are_those_of_the_plain_one() -> None:
    def methods(cls: type) -> dict[str, object]:
        return {name: value for name, value in vars(cls).items() if callable(value) and not name.startswith("_")}

    assert set(methods(aio.Migrator)) == set(methods(Migrator))
    for name, method in methods(aio.Migrator).items():
        assert inspect.iscoroutinefunction(method)
        assert inspect.signature(method) == inspect.signature(getattr(Migrator, name))


def test_events_and_options_of_an_engine_count(make: Callable[..., Project]) -> None:
    """Also in the event loop of its own that a call that blocks has."""
    project = make("postgresql", driver="postgresql+asyncpg")
    project.line("a1")
    project.execute("CREATE SCHEMA other")
    engine = create_async_engine(project.url, execution_options={"tag": "mine"})
    tags: set[object] = set()

    @sa.event.listens_for(engine.sync_engine, "before_cursor_execute")
    def look(connection: sa.Connection, *_: object) -> None:
        tags.add(connection.get_execution_options().get("tag"))

    @sa.event.listens_for(engine.sync_engine, "connect")
    def connect(session: object, _: object) -> None:
        session.cursor().execute("SET search_path TO other")  # type: ignore[attr-defined]

    Migrator(engine, versions(project)).upgrade()
    assert tags == {"mine"}
    assert project.column("SELECT table_schema::text FROM information_schema.tables WHERE table_name = 't_a1'") == [
        "other"
    ]


def test_a_database_in_memory_is_one_database(lite: Project) -> None:
    lite.line("a1", "a2")
    engine = create_async_engine("sqlite+aiosqlite://")

    async def application() -> None:
        await aio.Migrator(engine, versions(lite)).upgrade()
        assert await answer(engine) == [0, 0, 0]
        await engine.dispose()

    asyncio.run(application())


def test_a_cancelled_run_is_rolled_back(make: Callable[..., Project]) -> None:
    """The second revision waits for another session's lock; a later run finds neither the run lock nor half of it."""
    project = make("postgresql", driver="postgresql+asyncpg")
    project.script("a1", None, 'op.create_table("t", sa.Column("id", sa.Integer))')
    project.script("a2", "a1", 'op.execute("CREATE TABLE u (id int)")\nop.execute("LOCK TABLE t")')

    async def application() -> None:
        engine = create_async_engine(project.url)
        migrator = aio.Migrator(engine, versions(project))
        await migrator.upgrade("a1")
        async with engine.connect() as other:
            await other.execute(sa.text("LOCK TABLE t"))
            running = asyncio.create_task(migrator.upgrade())
            await asyncio.sleep(0.5)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
        assert project.tables() == ["t"]
        await migrator.upgrade()
        await engine.dispose()

    asyncio.run(application())
    assert project.rows() == ["a2"]
