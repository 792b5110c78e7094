"""The commands and `Migrator` as awaitables, which leave the event loop free.

A command runs in a thread of its own; it takes and returns what the function of `limbeck.command` does.
"""

from __future__ import annotations

import asyncio
from functools import partial, wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from . import command, migrator, sqla

if TYPE_CHECKING:
    import os
    from collections.abc import Awaitable, Callable, Sequence

    from sqlalchemy import URL, MetaData

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(work: Callable[[], T]) -> T:
    """Call ``work`` in a thread; where the task is cancelled it still comes to its end."""
    return await asyncio.shield(asyncio.create_task(asyncio.to_thread(work)))


def _awaitable(function: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    """``function`` as a coroutine function; where its task is cancelled the run still comes to its end."""

    @wraps(function)
    async def call(*args: P.args, **kw: P.kwargs) -> T:
        return await in_thread(partial(function, *args, **kw))

    return call


blame = _awaitable(command.blame)
branches = _awaitable(command.branches)
check = _awaitable(command.check)
current = _awaitable(command.current)
diff = _awaitable(command.diff)
doctor = _awaitable(command.doctor)
downgrade = _awaitable(command.downgrade)
edit = _awaitable(command.edit)
ensure_version = _awaitable(command.ensure_version)
explain = _awaitable(command.explain)
freeze = _awaitable(command.freeze)
graph = _awaitable(command.graph)
heads = _awaitable(command.heads)
history = _awaitable(command.history)
init = _awaitable(command.init)
lint = _awaitable(command.lint)
list_templates = _awaitable(command.list_templates)
merge = _awaitable(command.merge)
plan = _awaitable(command.plan)
prune = _awaitable(command.prune)
rebase = _awaitable(command.rebase)
report = _awaitable(command.report)
revision = _awaitable(command.revision)
schema = _awaitable(command.schema)
show = _awaitable(command.show)
squash = _awaitable(command.squash)
stamp = _awaitable(command.stamp)
status = _awaitable(command.status)
switch = _awaitable(command.switch)
test = _awaitable(command.test)
upgrade = _awaitable(command.upgrade)


def _verb(function: Callable[Concatenate[migrator.Migrator, P], T]) -> Callable[Concatenate[Migrator, P], Awaitable[T]]:
    """A method of `limbeck.Migrator` as a coroutine function."""

    @wraps(function)
    async def call(self: Migrator, /, *args: P.args, **kw: P.kwargs) -> T:
        work = partial(function, self._plain, *args, **kw)
        return await (sqla.below_the_bridge(work) if self._in_this_loop else in_thread(work))

    return call


class Migrator:
    """`limbeck.Migrator` for programs with an event loop: its methods are awaited, and take and return the same.

    An engine or connection of SQLAlchemy's asyncio extension is used in the running loop, so that its connections stay
    there; a run whose task is cancelled is rolled back. Anything else is used in a thread, and a run comes to its end.

    :param engine_or_url: an engine or a connection, asyncio or plain, or a URL. A connection that is in a transaction
        stays in it: its owner commits.
    :param directory: folder of revision files, or one that has them in ``versions``.
    :param target_metadata: the models, one MetaData or several.
    :param lint_rules: severities of rules, as in the configuration.
    :param configure: options of ``EnvironmentContext.configure()``.
    :raises CommandError: for a URL that is not one.
    """

    def __init__(
        self,
        engine_or_url: sqla.Connectable | URL | str,
        directory: str | os.PathLike[str],
        target_metadata: MetaData | Sequence[MetaData] | None = None,
        *,
        lint_rules: Sequence[str] = (),
        **configure: object,
    ) -> None:
        self._plain = migrator.Migrator(engine_or_url, directory, target_metadata, lint_rules=lint_rules, **configure)
        self._in_this_loop = sqla.is_asyncio(engine_or_url)

    upgrade = _verb(migrator.Migrator.upgrade)
    downgrade = _verb(migrator.Migrator.downgrade)
    stamp = _verb(migrator.Migrator.stamp)
    plan = _verb(migrator.Migrator.plan)
    lint = _verb(migrator.Migrator.lint)
    current = _verb(migrator.Migrator.current)
    status = _verb(migrator.Migrator.status)
    history = _verb(migrator.Migrator.history)
    check = _verb(migrator.Migrator.check)
    revision = _verb(migrator.Migrator.revision)
