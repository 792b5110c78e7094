"""A run of env.py on throwaway databases: its connections lead there, without its knowing.

While a `Redirect` is at work in an environment, a connection that any engine opens to one of the real databases is
opened to the throwaway one instead. One that was open before in a pool is opened anew when it is taken from there,
and one that a program handed in is replaced when env.py gives it to ``configure()``.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from weakref import WeakSet

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import QueuePool

from limbeck import _current, sqla
from limbeck.call_site import caller
from limbeck.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.engine import URL, Connection, Dialect
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

    from limbeck.ddl.scratch_databases import ScratchPlace

_WHERE = frozenset({"host", "port", "unix_socket", "server", "database", "dbname", "db", "dsn", "service_name"})
"""Arguments of drivers that say which database it is."""

_MARK = "limbeck.redirected"
_OPENED_IN = "limbeck.opened_in"
"""The redirect that was at work when a connection of a pool was opened."""

_guard = threading.Lock()
_watching = False


def leads_elsewhere(connection: Connection) -> bool:
    """Whether ``connection`` is to a throwaway database, of which nobody is told."""
    return _MARK in connection.info


class Redirect:
    """Real databases, and the throwaway ones that stand in for them.

    :param places: engines of the real ones, each with its place.
    """

    def __init__(self, places: Iterable[tuple[Engine, ScratchPlace]]) -> None:
        self._places = [(engine.url, engine.dialect.default_schema_name, place) for engine, place in places]
        self._dialects: WeakSet[Dialect] = WeakSet()
        self._entries: WeakSet[ConnectionPoolEntry] = WeakSet()
        self._opened: list[Connection] = []
        watch()

    def connection(self, given: Connection) -> Connection:
        """``given`` where it leads to a place, else one that does.

        :raises CommandError: where the database is none of those that are known, and where its engine opens connections
            in a way of its own.
        """
        found: ScratchPlace | None = given.info.get(_MARK)
        if found is None or found.default_schema not in {None, given.dialect.default_schema_name}:
            given = self._opened_anew(given)
        place: ScratchPlace = given.info[_MARK]
        if place.outside is not None:
            event.listen(given, "before_cursor_execute", _Guard(place))
        return given

    def _opened_anew(self, given: Connection) -> Connection:
        options = dict(given.get_execution_options())
        schema = next((place.default_schema for url, _, place in self._places if url == given.engine.url), None)
        opened = sqla.with_default_schema(given.engine, schema).connect()
        if opened.info.get(_MARK) is None:
            opened.close()
            shown = given.engine.url.render_as_string(hide_password=True)
            raise CommandError(
                f"env.py connects to {shown} in a way that cannot be led to a scratch database",
                code="scratch-unreachable",
                hint="let its engine connect by its URL and connect_args, without creator=",
            )
        self._opened.append(opened)
        return opened.execution_options(**options)

    def connect(
        self, dialect: Dialect, entry: ConnectionPoolEntry, args: Sequence[object], options: dict[str, object]
    ) -> DBAPIConnection | None:
        """A connection to the place of the database that the driver's arguments name; None where it is no real one."""
        for url, _, place in self._places:
            if dialect.name == url.get_backend_name() and _leads_to(dialect, url, args, options):
                there_args, there_options = dialect.create_connect_args(place.url)
                here_options = dialect.create_connect_args(url)[1]
                changed = {name: value for name, value in there_options.items() if here_options.get(name) != value}
                given = {**options, **changed}
                arguments: list[object] = list(there_args)
                opened = _by_other_listeners(dialect, entry, arguments, given) or dialect.connect(*arguments, **given)
                _begin(opened, place)
                entry.info[_MARK] = place
                self._entries.add(entry)
                self._dialects.add(dialect)
                return opened
        return None

    def end(self) -> None:
        """Close what was opened here, and have pools connect anew: to the real databases."""
        for opened in self._opened:
            if not opened.dialect.is_async or sqla.in_asyncio_bridge():
                opened.close()
        self._opened = []
        schemas: dict[str | None, str | None] = {place.default_schema: real for _, real, place in self._places}
        for dialect in self._dialects:  # of which some saw the throwaway database first
            here = dialect.default_schema_name
            if here is not None:
                dialect.default_schema_name = schemas.get(here, here)
        for entry in list(self._entries):
            if entry.dbapi_connection is not None:
                entry.invalidate(soft=True)


class _Guard:
    """Refuses statements that would touch what is outside of a place.

    :param place: the place.
    """

    def __init__(self, place: ScratchPlace) -> None:
        self._place = place

    def __call__(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        """Called by SQLAlchemy before each statement."""
        found = self._place.outside and self._place.outside.search(statement)
        if found:
            file, line = caller()
            raise CommandError(
                f"A statement reaches outside of the scratch database: {' '.join(found[0].split())}",
                code="outside-scratch",
                hint="name no database or schema that the connection is in by default; a scratch database cannot be "
                "used for this history as it is",
                file=file,
                line=line,
            )


def watch() -> None:
    """Listen to the connections of all engines, once a process."""
    global _watching  # noqa: PLW0603 the listener is registered for the process, and so is the fact
    with _guard:
        if not _watching:
            event.listen(Engine, "do_connect", _connecting)
            event.listen(QueuePool, "checkout", _taking)
            _watching = True


def _connecting(
    dialect: Dialect, entry: ConnectionPoolEntry, args: Sequence[object], options: dict[str, object]
) -> DBAPIConnection | None:
    if (redirect := _at_work()) is None:
        return None
    entry.info[_OPENED_IN] = redirect
    return redirect.connect(dialect, entry, args, options)


def _taking(_driver: DBAPIConnection, entry: ConnectionPoolEntry, _given: object) -> None:
    """Have a pool open a connection anew that was opened while another redirect was at work, or none.

    Other pools than queues have no connection for two runs, or a database in memory, which ends with its connection.

    :raises DisconnectionError: the word of pools for it.
    """
    if entry.info.get(_OPENED_IN) is not _at_work():
        raise DisconnectionError


def _at_work() -> Redirect | None:
    redirect: Redirect | None = getattr(_current.environment.own(), "redirect", None)
    return redirect


def _leads_to(dialect: Dialect, url: URL, args: Sequence[object], options: dict[str, object]) -> bool:
    """Whether the arguments of a driver name the database of ``url``."""
    here_args, here_options = dialect.create_connect_args(url)
    named = {name: value for name, value in here_options.items() if name in _WHERE}
    return list(here_args) == list(args) and all(options.get(name) == value for name, value in named.items())


def _by_other_listeners(
    dialect: Dialect, entry: ConnectionPoolEntry, args: list[object], options: dict[str, object]
) -> DBAPIConnection | None:
    """What another listener connects by; it may also only have changed the arguments, as for a password."""
    for listener in dialect.dispatch.do_connect:
        if listener is not _connecting:
            opened: DBAPIConnection | None = listener(dialect, entry, args, options)
            if opened is not None:
                return opened
    return None


def _begin(opened: DBAPIConnection, place: ScratchPlace) -> None:
    """Execute what begins each session of ``place``."""
    if place.on_connect:
        cursor = opened.cursor()
        for statement in place.on_connect:
            cursor.execute(statement)
        cursor.close()
        opened.commit()
