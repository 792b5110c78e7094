"""Connections: transactions, isolation, errors of the driver, and a second session."""

from __future__ import annotations

import copy
import re
import sys
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import event, exc
from sqlalchemy.engine import Engine
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
from sqlalchemy.pool import NullPool, QueuePool, SingletonThreadPool, StaticPool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy.engine import Connection, Dialect, ExecutionContext
    from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import ConnectionPoolEntry


def listen_to_transactions(made: Callable[[Connection], None], begun: Callable[[Connection, bool], None]) -> None:
    """Call ``made`` for every connection, and ``begun`` for every transaction with whether it was begun automatically.

    SQLAlchemy's event does not tell that; the frames above it do, which ``Connection._autobegin`` is one of then.
    """

    def on_begin(connection: Connection) -> None:
        frame = sys._getframe(1)
        while frame is not None and frame.f_globals.get("__name__", "").startswith("sqlalchemy."):
            if frame.f_code.co_name == "_autobegin":
                begun(connection, True)
                return
            frame = frame.f_back  # type: ignore[assignment]  # the outermost frame has none, the loop's condition sees it
        begun(connection, False)

    event.listen(Engine, "engine_connect", made)
    event.listen(Engine, "begin", on_begin)
    event.listen(Engine, "begin_twophase", lambda connection, _xid: begun(connection, False))


def isolation_level(connection: Connection) -> str:
    """The isolation level that was set, ``AUTOCOMMIT`` included, which a database itself does not report."""
    asked = connection.get_execution_options().get("isolation_level") or connection.dialect._on_connect_isolation_level
    return str(asked or connection.get_isolation_level())


def is_autocommit(connection: Connection) -> bool:
    """Whether each statement is a transaction of its own, by SQLAlchemy's word."""
    return bool(connection._is_autocommit_isolation())


def savepoint(connection: Connection) -> AbstractContextManager[Any]:
    """A block whose failing statement leaves the transaction usable; in autocommit mode there is none."""
    return nullcontext() if is_autocommit(connection) else connection.begin_nested()


@contextmanager
def in_transaction(connection: Connection) -> Iterator[None]:
    """A block in a transaction: in the open one, or in one of its own, which is committed at its end.

    The block may end the transaction, and begin another, which is committed then.
    """
    if connection.in_transaction():
        yield
        return
    connection.begin()
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


@contextmanager
def left_as_found(connection: Connection) -> Iterator[None]:
    """End the transaction that the statements of the block begin, where none was open."""
    in_transaction = connection.in_transaction()
    yield
    if not in_transaction:
        connection.rollback()


def side_connection(engine: Engine, *, autocommit: bool = False) -> Connection:
    """A second session of the engine's database, made outside its pool.

    It is made as the pool makes its connections, with the same events. A pool of a single connection, which the run has
    checked out, would wait for itself; one that keeps sessions has any number of them.

    :param autocommit: each statement is a transaction of its own.
    """
    kept = isinstance(engine.pool, _KeptSessions)
    session = (engine if kept else Engine(_no_pool(engine), engine.dialect, engine.url)).connect()
    if autocommit:
        try:
            session.execution_options(isolation_level="AUTOCOMMIT")
        except Exception as error:  # of the driver: the pool would try to roll back a session that is lost
            session.invalidate(error)
            raise
    return session


def is_silent(session: Connection) -> bool:
    """Whether the server has said nothing to an idle session, as it does when it ends one; False with some drivers."""
    from select import select

    fileno = getattr(session.connection.driver_connection, "fileno", None)
    return fileno is not None and not select([fileno()], [], [], 0)[0]


def without_pool(engine: Engine) -> Engine:
    """The engine with its events and options, whose connections do not outlive their use.

    A connection of an asyncio driver belongs to the event loop that made it: one that another loop left in the pool
    would fail. The pool of a database in memory is the database, and is used as it is.
    """
    if isinstance(engine.pool, (SingletonThreadPool, StaticPool)):
        return engine
    return _copy(engine, engine.dialect)


def keep_sessions(engine: Engine, reset: Callable[[DBAPIConnection], None]) -> None:
    """Have an engine without a pool use its sessions again, any number of them at once.

    :param reset: puts a session back to how it began; one of which it raises the driver's error is ended.
    """

    def put_back(session: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        if session is not None:
            try:
                reset(session)
            except engine.dialect.loaded_dbapi.Error as error:
                record.invalidate(error)

    kept = engine.pool
    engine.pool = _KeptSessions(kept._creator, pool_size=0, dialect=engine.dialect, _dispatch=kept.dispatch)
    event.listen(engine.pool, "checkin", put_back)


class _KeptSessions(QueuePool):
    """The pool of `keep_sessions`."""


def keeps_sessions(engine: Engine) -> bool:
    """Whether `keep_sessions` was called for it."""
    return isinstance(engine.pool, _KeptSessions)


def has_set_up(engine: Engine) -> bool:
    """Whether anybody but the dialect is told of each connection that is made, and may set its session up."""
    return any(_module_of(told) not in _OF_ENGINES for told in engine.pool.dispatch.connect)


_OF_ENGINES = frozenset({"sqlalchemy.engine.create", "sqlalchemy.util.langhelpers"})
"""Modules of the functions by which SQLAlchemy has the dialect told: others of its own wrap those of users."""


def has_listeners(engine: Engine) -> bool:
    """Whether statements are logged, or listeners that are not Limbeck's are called for statements or transactions."""
    calls, replaced = engine.dispatch, engine.dialect.dispatch
    listeners = (
        *(calls.engine_connect, calls.begin, calls.commit, calls.before_execute, calls.after_execute),
        *(calls.before_cursor_execute, calls.after_cursor_execute, replaced.do_execute, replaced.do_execute_no_params),
    )
    has_others = any(not _module_of(told).startswith("limbeck.") for event_ in listeners for told in event_)
    return has_others or engine._should_log_info()


def sent(connection: Connection, statement: str, parameters: object = None) -> DBAPICursor:
    """Execute ``statement`` by the driver, without SQLAlchemy's events, and return the driver's cursor.

    :param parameters: as the driver takes them.
    :raises sqlalchemy.exc.DBAPIError: as an execution by SQLAlchemy.
    """
    cursor = connection.connection.cursor()
    try:
        cursor.execute(statement, parameters or {})  # type: ignore[arg-type]
    except connection.dialect.loaded_dbapi.Error as error:
        raise refusal(connection, statement, parameters, error) from error
    return cursor


def _module_of(function: object) -> str:
    return str(getattr(function, "__module__", None))


def with_default_schema(engine: Engine, schema: str | None) -> Engine:
    """The engine with its events and options, without a pool, whose dialect has another ``default_schema_name``.

    :param schema: None: that of the engine.
    """
    dialect = engine.dialect
    if schema is not None:
        dialect = copy.copy(dialect)
        dialect.default_schema_name = schema
    return _copy(engine, dialect)


def _copy(engine: Engine, dialect: Dialect) -> Engine:
    found = Engine(
        _no_pool(engine),
        dialect,
        engine.url,
        logging_name=engine.logging_name,
        echo=cast("bool | None", engine.echo),  # or "debug"
        hide_parameters=engine.hide_parameters,
        execution_options=engine.get_execution_options(),
    )
    found.dispatch = found.dispatch._join(engine.dispatch)  # pyright: ignore[reportAttributeAccessIssue]
    found._has_events = engine._has_events  # both as in Engine.execution_options()
    return found


def _no_pool(engine: Engine) -> NullPool:
    """A pool that keeps nothing, whose connections are made as the engine's are; as Pool.recreate() does."""
    return NullPool(engine.pool._creator, dialect=engine.dialect, _dispatch=engine.pool.dispatch)


def is_watched(connection: Connection) -> bool:
    """Whether statements are logged, or a listener sends them or is called after one or for its error."""
    heard = connection.dialect.dispatch
    listeners = (heard.do_execute, heard.handle_error, connection.dispatch.after_cursor_execute)
    return connection.engine._should_log_info() or any(map(bool, listeners))


def refusal(connection: Connection, statement: str, parameters: Any, error: Exception) -> DBAPIError:
    """The exception that SQLAlchemy raises for ``error`` of the driver, for a ``statement`` that it counts as done."""
    dialect, pooled = connection.dialect, connection.connection
    lost = dialect.is_disconnect(error, pooled.dbapi_connection, None)  # type: ignore[arg-type]
    if lost:
        connection.engine.pool._invalidate(pooled, error)  # as SQLAlchemy itself does
        connection.invalidate(error)
    wrapped = exc.DBAPIError.instance(
        statement,
        parameters,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=connection.engine.hide_parameters,
        connection_invalidated=lost,
        dialect=dialect,
        ismulti=False,
    )
    return cast("DBAPIError", wrapped)


def sqlstate(error: DBAPIError) -> str | None:
    """The SQLSTATE of ``error``, whatever the driver calls it; None where it has none."""
    for name in ("sqlstate", "pgcode"):
        if found := getattr(error.orig, name, None):
            return str(found)
    return None


def give_rows(context: ExecutionContext, rows: Sequence[tuple[object, ...]], names: Sequence[str]) -> None:
    """Have the result of the statement that ``context`` executes consist of ``rows``, whatever its cursor has.

    :param names: of the columns; none for a statement that returns no rows. Where they are those of the cursor, the
        types that the driver tells stay, by which SQLAlchemy reads numbers.
    """
    known = () if context.cursor is None else context.cursor.description or ()
    described = [(name, None, None, None, None, None, None) for name in names]
    if [column[0] for column in known] == list(names):
        described = list(known)  # type: ignore[arg-type]
    context.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(  # type: ignore[attr-defined]
        context.cursor, alternate_description=described, initial_buffer=list(rows)
    )


_AT_LINE = re.compile(r" at line (\d+)\W*\Z")


def error_line(error: DBAPIError) -> int | None:
    """The line of the statement that the database complains about, from 1; None where it does not say."""
    statement, diagnosis = error.statement, getattr(error.orig, "diag", None)
    if diagnosis is not None and statement is not None:
        statement = statement.replace("%%", "%")  # as psycopg sends it
    diagnosis = diagnosis or getattr(error.orig, "__cause__", None)
    position = getattr(diagnosis, "statement_position", None) or getattr(diagnosis, "position", None)
    if position is not None and statement is not None:
        return statement.count("\n", 0, int(position) - 1) + 1
    found = _AT_LINE.search(str(error.orig))
    return None if found is None else int(found[1])
