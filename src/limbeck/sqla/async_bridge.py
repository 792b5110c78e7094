"""SQLAlchemy's bridge between asyncio drivers and plain functions (`AsyncConnection.run_sync`)."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy.engine import Connection, Engine
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

Connectable: TypeAlias = "Connection | Engine | AsyncConnection | AsyncEngine"

T = TypeVar("T")


def sleep(seconds: float) -> None:
    """Sleep; below SQLAlchemy's asyncio bridge the other tasks of the event loop go on meanwhile."""
    if in_asyncio_bridge():
        import asyncio

        from sqlalchemy.util import await_only

        await_only(asyncio.sleep(seconds))
    else:
        time.sleep(seconds)


async def below_the_bridge(work: Callable[[], T]) -> T:
    """Call ``work`` below the bridge, where it may use connections of an asyncio driver."""
    from sqlalchemy.util import greenlet_spawn

    return await greenlet_spawn(work)


def in_asyncio_bridge() -> bool:
    """Whether this code runs below the bridge, where a plain function can await."""
    greenlet = sys.modules.get("greenlet")
    return greenlet is not None and getattr(greenlet.getcurrent(), "__sqlalchemy_greenlet_provider__", False)


def in_event_loop() -> bool:
    """Whether an event loop runs in this thread."""
    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and asyncio._get_running_loop() is not None


def is_asyncio(connectable: object) -> bool:
    """Whether it is an engine or a connection of SQLAlchemy's asyncio extension."""
    extension = sys.modules.get("sqlalchemy.ext.asyncio")  # without the classes while another thread imports it
    return isinstance(connectable, tuple(getattr(extension, name, ()) for name in ("AsyncConnection", "AsyncEngine")))


def plain(connectable: Connectable) -> Connection | Engine:
    """The plain connection or engine behind one of SQLAlchemy's asyncio extension; a plain one as it is."""
    found: Any = connectable
    if is_asyncio(found):
        found = getattr(found, "sync_connection", None) or found.sync_engine
    return cast("Connection | Engine", found)


def async_connection(connection: Connection) -> AsyncConnection:
    """The `AsyncConnection` of ``connection``, whose driver is an asyncio one."""
    from sqlalchemy.ext.asyncio import AsyncConnection

    return AsyncConnection._retrieve_proxy_for_target(connection)


def await_only(awaitable: Awaitable[T]) -> T:
    """Await from a plain function below the bridge."""
    from sqlalchemy.util import await_only as wait

    return wait(awaitable)
