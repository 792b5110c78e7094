"""From a configuration to a connection, and code run on it: plain, shared or through an asyncio driver."""

from __future__ import annotations

import contextvars
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from limbeck import sqla
from limbeck.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection, Dialect, Engine

    from limbeck.config import Config

T = TypeVar("T")


def engine_of(config: Config) -> Engine:
    """An engine without a pool from the ``sqlalchemy.*`` keys of the main section.

    Raises `CommandError` where the URL cannot be read, or its dialect or driver is not installed.
    """
    from sqlalchemy import engine_from_config, pool
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    section = config.get_section(config.config_ini_section) or {}
    try:
        return engine_from_config(section, prefix="sqlalchemy.", poolclass=pool.NullPool)
    except (ArgumentError, NoSuchModuleError) as error:
        raise CommandError(
            f"'sqlalchemy.url' cannot be used: {error}",
            code="bad-url",
            file=config.config_file_name,
            hint="it reads dialect+driver://user:password@host/database",
        ) from error
    except ModuleNotFoundError as error:
        raise CommandError(
            f"The driver of 'sqlalchemy.url' is not installed: {error}",
            code="no-driver",
            file=config.config_file_name,
            hint="install it, e.g. limbeck[postgresql] or limbeck[mysql], or name another driver in the URL",
        ) from error


def run_on(connectable: Any, work: Callable[[Connection], None]) -> None:
    """Call ``work`` with a connection of ``connectable``.

    :param connectable: Connection, Engine, AsyncConnection or AsyncEngine; a connection is used as it is handed in.
    """
    sync = getattr(connectable, "sync_connection", None) or getattr(connectable, "sync_engine", None) or connectable
    if not hasattr(sync, "connect"):
        work(sync)
    elif sync.dialect.is_async and not sqla.in_asyncio_bridge():
        in_own_loop(lambda: _through_asyncio(sync, work))
    else:
        with sync.connect() as connection:
            work(connection)


async def _through_asyncio(engine: Engine, work: Callable[[Connection], None]) -> None:
    from sqlalchemy.ext.asyncio import AsyncEngine

    async with AsyncEngine(engine).connect() as connection:
        await connection.run_sync(work)


def call(dialect: Dialect, work: Callable[[], T]) -> T:
    """Call ``work``, which makes and ends a connection of ``dialect``, where its driver can be awaited."""
    if sqla.can_wait_for(dialect):
        return work()
    outcome: list[T] = []

    async def bridged() -> None:
        outcome.append(await sqla.below_the_bridge(work))

    in_own_loop(bridged)
    return outcome[0]


def in_own_loop(make: Callable[[], Any]) -> None:
    """Run the coroutine that ``make`` returns in an event loop of its own."""

    def drive() -> None:
        import asyncio

        asyncio.run(make())

    beside_a_running_loop(drive)


def beside_a_running_loop(work: Callable[[], T]) -> T:
    """Call ``work``; in a thread of its own where an event loop runs in this one (failure R16).

    Below SQLAlchemy's asyncio bridge it is called in place: a connection shared from there belongs to this thread.
    """
    if not sqla.in_event_loop() or sqla.in_asyncio_bridge():
        return work()
    outcome: list[T] = []
    failure: list[BaseException] = []

    def target() -> None:
        try:
            outcome.append(work())
        except BaseException as error:  # noqa: BLE001 handed to the thread that asked, which raises it
            failure.append(error)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(target,), name="limbeck")
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return outcome[0]
