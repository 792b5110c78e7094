"""SQLAlchemy's bridge between asyncio drivers and plain functions (`AsyncConnection.run_sync`)."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection


def sleep(seconds: float) -> None:
    """Sleep; below SQLAlchemy's asyncio bridge the other tasks of the event loop go on meanwhile."""
    if in_asyncio_bridge():
        import asyncio

        from sqlalchemy.util import await_only

        await_only(asyncio.sleep(seconds))
    else:
        time.sleep(seconds)


async def below_the_bridge(work: Callable[[], Any]) -> Any:
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


def async_connection(connection: Connection) -> AsyncConnection:
    """The `AsyncConnection` of ``connection``, whose driver is an asyncio one."""
    from sqlalchemy.ext.asyncio import AsyncConnection

    return AsyncConnection._retrieve_proxy_for_target(connection)


def await_only(awaitable: Any) -> Any:
    """Await from a plain function below the bridge."""
    from sqlalchemy.util import await_only as wait

    return wait(awaitable)
