"""asyncio drivers, commands within a running loop, awaitable commands."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable
from types import FunctionType

import pytest
import sqlalchemy as sa
from project import Project
from sqlalchemy.ext.asyncio import create_async_engine

from limbeck import aio, command

DRIVERS = [("sqlite", "sqlite+aiosqlite"), ("postgresql", "postgresql+asyncpg"), ("postgresql", "postgresql+psycopg")]

LONG_HAND = """
import asyncio
from sqlalchemy.ext.asyncio import async_engine_from_config
def do_run(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
async def run():
    connectable = async_engine_from_config(
        config.get_section(config.config_ini_section, {}), prefix="sqlalchemy.", poolclass=sa.pool.NullPool)
    async with connectable.CONNECT() as connection:
        await connection.run_sync(do_run)
    await connectable.dispose()
asyncio.run(run())
"""


@pytest.fixture(params=DRIVERS, ids=[driver for _, driver in DRIVERS])
def project(request: pytest.FixtureRequest, make: Callable[..., Project]) -> Project:
    backend, driver = request.param
    made = make(backend, driver=driver)
    made.line("a1", "a2")
    return made


@pytest.mark.parametrize("connect", ["connect", "begin"])
@pytest.mark.parametrize("inside", [False, True], ids=["outside", "in-a-running-loop"])
def test_the_env_of_the_references_async_template(project: Project, inside: bool, connect: str) -> None:
    """With asyncio.run() in env.py, also where the command is called within a running loop."""
    project.env(LONG_HAND.replace("CONNECT", connect).replace("async_engine_from_config(", "async_engine_from_config("))

    async def upgrade() -> None:
        project.upgrade()

    asyncio.run(upgrade()) if inside else project.upgrade()
    assert project.rows() == ["a2"]
    assert project.tables() == ["t_a1", "t_a2"]


@pytest.mark.parametrize("inside", [False, True], ids=["outside", "in-a-running-loop"])
def test_the_env_that_init_writes(project: Project, inside: bool) -> None:
    async def upgrade() -> None:
        project.upgrade()

    asyncio.run(upgrade()) if inside else project.upgrade()
    assert project.rows() == ["a2"]
    project.downgrade()
    assert project.tables() == []


def test_awaitable_commands(project: Project) -> None:
    async def all_of_it() -> tuple[int, int]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.001)

        ticking = asyncio.create_task(tick())
        steps = await aio.upgrade(project.configure(), "head")
        await aio.current(project.config)
        await aio.stamp(project.config, "a1")
        ticking.cancel()
        return len(steps), ticks

    steps, ticks = asyncio.run(all_of_it())
    assert steps == 2
    assert ticks > 5
    assert project.rows() == ["a1"]


def test_each_command_has_its_awaitable_form() -> None:
    commands = {
        name for name, value in vars(command).items() if isinstance(value, FunctionType) and not name.startswith("_")
    }
    own = {name for name in commands if getattr(command, name).__module__.startswith(command.__name__)}
    assert own
    for name in own:
        assert inspect.iscoroutinefunction(getattr(aio, name)), name
        assert inspect.signature(getattr(aio, name)) == inspect.signature(getattr(command, name))


def test_a_command_below_run_sync_uses_the_connection_in_place(make: Callable[..., Project]) -> None:
    """The recipe of test suites with an asyncio engine: the connection is handed in, in this very thread."""
    project = make("postgresql", driver="postgresql+asyncpg")
    project.line("a1")
    project.env(
        "context.configure(connection=config.attributes['connection'])\n"
        "with context.begin_transaction():\n    context.run_migrations()"
    )
    threads: list[int] = []

    async def test() -> None:
        engine = create_async_engine(project.url)
        async with engine.connect() as connection:
            transaction = await connection.begin()

            def upgrade(sync: sa.Connection) -> None:
                threads.append(threading.get_ident())
                project.config.attributes["connection"] = sync
                command.upgrade(project.config, "head")

            await connection.run_sync(upgrade)
            row = await connection.execute(sa.text("SELECT version_num FROM alembic_version"))
            assert row.scalar() == "a1"
            await transaction.rollback()
        await engine.dispose()

    asyncio.run(test())
    assert threads == [threading.get_ident()]
    assert project.rows() is None


def test_run_takes_an_asyncio_engine(make: Callable[..., Project]) -> None:
    project = make("sqlite")
    project.line("a1")
    project.env(
        "from sqlalchemy.ext.asyncio import create_async_engine\n"
        f"context.run(connectable=create_async_engine({project.url.replace('sqlite:', 'sqlite+aiosqlite:')!r}))"
    )
    project.upgrade()
    assert project.rows() == ["a1"]


def test_an_error_in_a_revision_comes_through_unchanged(project: Project) -> None:
    project.script("a3", "a2", "raise LookupError('of the script')")

    async def upgrade() -> None:
        await aio.upgrade(project.configure(), "head")

    with pytest.raises(LookupError, match="of the script"):
        asyncio.run(upgrade())


def test_asyncpg_with_an_autocommit_block_and_a_second_open_transaction_does_not_hang(
    make: Callable[..., Project],
) -> None:
    """A transaction of another session holds a lock on the table; the wait ends when that one does."""
    project = make("postgresql", driver="postgresql+asyncpg")
    project.script("a0", None, 'op.create_table("t", sa.Column("id", sa.Integer))')
    project.script(
        "a1",
        "a0",
        """
        op.execute("INSERT INTO t VALUES (1)")
        with op.get_context().autocommit_block():
            op.execute("CREATE INDEX CONCURRENTLY ix ON t (id)")
        op.execute("INSERT INTO t VALUES (2)")
        """,
    )
    code, said = project.run("upgrade", "head")
    assert code == 0, said
    assert project.column("SELECT id FROM t") == [1, 2]
    project.script(
        "a2",
        "a1",
        """
        with op.get_context().autocommit_block():
            op.execute("ALTER TYPE e ADD VALUE 'b'")
        """,
    )
    project.execute("CREATE TYPE e AS ENUM ('a')")
    code, said = project.run("upgrade", "head")
    assert code == 0, said
    assert project.rows() == ["a2"]
