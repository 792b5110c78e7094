"""From a configuration to a connection, by a plain or an asyncio driver, and what runs beside an event loop."""

from __future__ import annotations

import contextvars
import re
import threading
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import (
    URL,
    Engine,
    NullPool,
    SingletonThreadPool,
    StaticPool,
    create_engine,
    engine_from_config,
    make_url,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from limbeck import sqla
from limbeck.errors import CommandError

from .database_errors import ENCODED, advice, first_line, how_to_install, is_of_database, near_dialect

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine, Iterator

    from sqlalchemy.engine import Connection, Dialect

    from limbeck.config import Config

T = TypeVar("T")


def engine_of(config: Config) -> Engine:
    """An engine without a pool from the ``sqlalchemy.*`` keys of the main section.

    Raises `CommandError` where the URL cannot be read, or its dialect or driver is not installed.
    """
    section = config.get_section(config.config_ini_section) or {}
    what, file = config.place_of_url()
    return _engine(
        lambda: engine_from_config(section, prefix="sqlalchemy.", poolclass=NullPool),
        section.get("sqlalchemy.url", ""),
        what,
        file,
    )


def _engine(make: Callable[[], Engine], url: URL | str, what: str, file: str | None) -> Engine:
    """The engine that ``make`` returns.

    :param url: its URL. :param what: what that is called in messages. :param file: the file that has it.
    """
    try:
        make_url(url)
        engine = make()
    except NoSuchModuleError as error:
        near = near_dialect(re.split(r"[:+]", str(url))[0])
        hint = f"did you mean {near}://?" if near else "install the package that has this dialect, or correct its name"
        raise _bad_url(f"{what} cannot be used: {error}", file, hint) from error
    except ArgumentError as error:
        hint = "it reads dialect+driver://user:password@host/database"
        raise _bad_url(f"{what} cannot be used: {error}", file, hint) from error
    except ValueError as error:
        if not str(error).startswith("invalid literal for int()") or isinstance(url, URL):
            raise
        # the text that is no number may be the rest of a password
        hint = f"it reads dialect+driver://user:password@host:port/database; {ENCODED}"
        raise _bad_url(f"{what} cannot be used: its port is not a number", file, hint) from None
    except ModuleNotFoundError as error:
        raise CommandError(
            f"The driver of {what[0].lower()}{what[1:]} is not installed: {error}",
            code="no-driver",
            file=file,
            hint=how_to_install(error) or "install the package that has it, or name another driver in the URL",
        ) from error
    if "@" in (engine.url.host or ""):
        raise _bad_url(f"{what} cannot be used: it has a second '@' before the host", file, ENCODED)
    return engine


def _bad_url(fact: str, file: str | None, hint: str) -> CommandError:
    return CommandError(fact, code="bad-url", file=file, hint=hint)


def connectable(given: sqla.Connectable | URL | str) -> sqla.Connectable:
    """``given``, or an engine without a pool where it is a URL.

    :raises CommandError: where the URL cannot be used, and for a database that is gone with its connection.
    """
    if not isinstance(given, (str, URL)):
        return given
    engine = _engine(lambda: create_engine(given, poolclass=NullPool), given, "The URL", None)
    if issubclass(engine.dialect.get_dialect_pool_class(engine.url), (SingletonThreadPool, StaticPool)):
        raise CommandError(
            f"The database of {engine.url} is in the memory of one connection, and gone when that is closed",
            code="bad-url",
            hint="hand in the engine or the connection that your program uses, or name a file",
        )
    return engine


def run_on(connectable: sqla.Connectable, work: Callable[[Connection], None]) -> None:
    """Call ``work`` with a connection of ``connectable``.

    :param connectable: Connection, Engine, AsyncConnection or AsyncEngine. A connection is used as it is; an engine
        with an asyncio driver in an event loop of its own, which leaves no connection in its pool, or below
        SQLAlchemy's bridge in the loop there.
    :raises CommandError: for the connection of an asyncio driver outside the bridge, and where the database cannot be
        reached.
    """
    plain = sqla.plain(connectable)
    if plain.dialect.is_async and not sqla.in_asyncio_bridge():
        if not isinstance(plain, Engine):
            raise CommandError(
                "An AsyncConnection is used in the event loop that it belongs to, and this call is not awaited",
                code="not-awaited",
                hint="await the method of `limbeck.aio.Migrator`, or call this one by connection.run_sync()",
            )
        in_own_loop(lambda: _through_asyncio(sqla.without_pool(plain), work))
    elif not isinstance(plain, Engine):
        work(plain)
    else:
        with connecting(plain):
            connection = plain.connect()
        with connection:
            work(connection)


@contextmanager
def connecting(engine: Engine) -> Iterator[None]:
    """Raise `CommandError` where the block cannot connect."""
    try:
        yield
    except Exception as error:
        if not isinstance(error, (OSError, DBAPIError)) and not is_of_database(error):
            raise
        raise CommandError(
            f"Can't connect to {engine.url.render_as_string(hide_password=True)}: {first_line(error)}",
            code="database",
            hint=advice(error) or "is the server up, and does the URL name it?",
        ) from error


async def _through_asyncio(engine: Engine, work: Callable[[Connection], None]) -> None:
    from sqlalchemy.ext.asyncio import AsyncEngine

    connection = AsyncEngine(engine).connect()
    with connecting(engine):
        await connection.start()
    async with aclosing(connection):
        await connection.run_sync(work)


class Beside:
    """Where the sessions beside the run's are used: in place, or in a thread with a loop for an asyncio driver.

    They outlive the event loop of env.py there, and can be ended where none runs.

    :param dialect: the dialect of the sessions.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        if dialect.is_async:
            import asyncio

            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, name="limbeck-lock", daemon=True)
            self._thread.start()

    def call(self, work: Callable[[], T]) -> T:
        """Call ``work``, which opens or uses such a session."""
        if self._loop is None:
            return work()
        import asyncio

        return asyncio.run_coroutine_threadsafe(sqla.below_the_bridge(work), self._loop).result()

    def end(self) -> None:
        """Stop the thread, when no session is left."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()


def in_own_loop(make: Callable[[], Coroutine[object, object, object]]) -> None:
    """Run the coroutine that ``make`` returns in an event loop of its own."""

    def drive() -> None:
        import asyncio

        asyncio.run(make())

    beside_a_running_loop(drive)


def beside_a_running_loop(work: Callable[[], T]) -> T:
    """Call ``work``; in a thread of its own where an event loop runs in this one, since env.py may start another.

    Below SQLAlchemy's asyncio bridge it is called in place: a connection that is passed on from there belongs to this
    thread.
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
