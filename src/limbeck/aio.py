"""The commands as awaitables, which leave the event loop free: each runs in a thread of its own.

They take what the functions of `limbeck.command` take, and return what those return.
"""

from __future__ import annotations

import asyncio
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from . import command

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

P = ParamSpec("P")
T = TypeVar("T")


def _awaitable(function: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    """``function`` as a coroutine function; where its task is cancelled the run still comes to its end."""

    @wraps(function)
    async def call(*args: P.args, **kw: P.kwargs) -> T:
        running = asyncio.create_task(asyncio.to_thread(function, *args, **kw))
        return await asyncio.shield(running)

    return call


branches = _awaitable(command.branches)
check = _awaitable(command.check)
current = _awaitable(command.current)
doctor = _awaitable(command.doctor)
downgrade = _awaitable(command.downgrade)
edit = _awaitable(command.edit)
ensure_version = _awaitable(command.ensure_version)
heads = _awaitable(command.heads)
history = _awaitable(command.history)
init = _awaitable(command.init)
list_templates = _awaitable(command.list_templates)
merge = _awaitable(command.merge)
revision = _awaitable(command.revision)
show = _awaitable(command.show)
stamp = _awaitable(command.stamp)
upgrade = _awaitable(command.upgrade)
