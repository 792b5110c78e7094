"""A watch over the statement at work: who holds the lock that it waits for, and how far it is when it takes long.

A thread looks from time to time, on a session of its own that it opens when a statement takes long. A look that fails
is left out, and the next one comes later: a run that may not see other sessions runs as it would without a watch.
"""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager, suppress
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError

from limbeck import events, sqla
from limbeck.events import Wait

from .connections import Beside
from .database_errors import lock_refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy.engine import Connection, Engine, ExceptionContext

    from limbeck.ddl.blockers import Blocker, Blockers
    from limbeck.ddl.progress import ServerProgress

    from .publisher import Publisher
    from .record import StatementRecord

T = TypeVar("T")

TICK = 0.1
"""Seconds between two looks at the run."""

FIRST_LOOK = 0.25
"""Seconds after which a statement counts as one that may be waiting."""

PATIENCE = 5.0
"""Most seconds between two questions to the server."""

SHORT_TIMEOUT = 3.0
"""Seconds of a timeout for locks up to which the session is opened ahead: on a busy machine that takes a while."""

LONG = 2.0
"""Seconds after which a statement counts as one that takes long."""

TOLD_EVERY = 1.0
"""Seconds between two events about such a statement."""

FIRST_REST, LONGEST_REST = 0.25, 60.0
"""Seconds without a question after one that failed: twice as many after each."""

LEAVE = 2.0
"""Most seconds that a run waits for an answer to the watch, and does without it then."""

log = logging.getLogger("alembic.runtime.migration")


class _Statement(NamedTuple):
    text: str
    began: float


class Watch:
    """Watches one run.

    :param connection: the run's connection.
    :param blockers: asks the server who holds a lock; None where it cannot tell, and where nobody is to ask.
    :param progress: asks the server how far a statement is; None where it cannot tell.
    :param publisher: is told that the present statement waits, or is at work still; in the thread of the watch, while
        that of the run is in the database.
    :param is_pooled: tells whether each transaction may have another session: who is in its way is not known then.
    :param record: tells which statements are the runtime's own, and may be sent just before one of the step.
    """

    def __init__(
        self,
        connection: Connection,
        blockers: Blockers | None,
        progress: ServerProgress | None,
        publisher: Publisher,
        record: StatementRecord,
        is_pooled: Callable[[Connection], bool],
    ) -> None:
        self._connection = connection
        self._is_pooled = is_pooled
        self._record = record
        self._blockers = blockers
        self._progress = progress
        self._publisher = publisher
        self._statements: list[_Statement] = []
        self._refused: _Statement | None = None
        self._found: list[Blocker] = []
        self._found_for: _Statement | None = None
        self._told_at = 0.0
        self._stop = threading.Event()
        self._answered = threading.Event()  # set while no question for a lock is under way
        self._answered.set()
        self._side = _Side(connection)

    @property
    def holder(self) -> str:
        """Who held the lock that the last statement waited for, in words; empty where that is not known."""
        return _named(self._holders())

    @contextmanager
    def of_run(self, lock_timeout: float | None) -> Iterator[None]:
        """Watch what the connection executes in the block.

        :param lock_timeout: seconds that a statement waits; the watch has to look before.
        """
        connection, tells = self._connection, events.is_work_followed()
        asked = self._blockers or (self._progress if tells else None)
        if self._blockers is None and not tells:
            yield
            return
        own = 0
        if asked is not None and asked.own_session and not self._is_pooled(connection):
            own = _own_session(connection, asked.own_session)
        arguments = (own, lock_timeout, tells)
        thread = threading.Thread(target=self._go, args=arguments, name="limbeck-watch", daemon=True)
        listeners: tuple[tuple[Connection | Engine, str, Callable[..., None]], ...] = ()
        if self._blockers is not None:  # they rule out that a statement is sent before the one before is answered
            listeners = (
                (connection, "before_cursor_execute", self._executing),
                (connection, "after_cursor_execute", self._executed),
                (connection.engine, "handle_error", self._failed),
            )
        for listener in listeners:
            event.listen(*listener)
        thread.start()
        try:
            yield
        finally:
            for listener in listeners:
                event.remove(*listener)
            self._stop.set()
            thread.join(LEAVE)

    def explain(self, error: Exception) -> None:
        """Add to the error of a lock that was not obtained who held it, and how to end that session."""
        if not lock_refused(error):
            return
        for one in self._holders():
            error.add_note(f"the lock {'is' if one.sure else 'may be'} held by {str(one).removeprefix('perhaps ')}")
            if one.end:
                error.add_note(f"this ends it: {one.end}")

    # --- the run's thread ---------------------------------------------------------------------------------------------

    def _executing(self, _connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if not self._record.is_paused:
            self._statements = []
        self._refused = None
        self._statements.append(_Statement(statement, monotonic()))

    def _executed(self, *_: object) -> None:
        self._statements[-1:] = []
        self._found = []

    def _failed(self, context: ExceptionContext) -> None:
        if context.connection is self._connection:
            self._refused = self._statement
            self._statements[-1:] = []

    @property
    def _statement(self) -> _Statement | None:
        """The statement at work: the last that has begun and not ended."""
        at_work = self._statements[-1:]
        return at_work[0] if at_work else None

    def _holders(self) -> list[Blocker]:
        """Those that were found; a question that is under way was asked while the statement waited."""
        if not self._found:
            self._answered.wait(LEAVE)
        return self._found

    # --- the watch's thread -------------------------------------------------------------------------------------------

    def _go(self, own: int, lock_timeout: float | None, tells: bool) -> None:
        first = min(FIRST_LOOK, lock_timeout / 3) if lock_timeout else FIRST_LOOK
        longest = min(PATIENCE, lock_timeout / 2) if lock_timeout else PATIENCE
        if self._blockers is not None and lock_timeout and lock_timeout <= SHORT_TIMEOUT:
            self._side.ask(lambda _session: None)
        looked: _Statement | None = None
        pause, due = first, 0.0
        while not self._stop.wait(min(TICK, first)):
            statement, now = self._statement, monotonic()
            if statement is not looked:
                looked, pause, due = statement, first, 0.0 if statement is None else statement.began + first
            if self._blockers is not None and statement is not None and now >= due:
                self._look(self._blockers, own, statement)
                due, pause = monotonic() + pause, min(pause * 1.5, longest)
            if tells:
                self._tell(own)
        self._side.close()

    def _look(self, blockers: Blockers, own: int, statement: _Statement) -> None:
        """Ask who is in the way."""
        self._answered.clear()
        try:
            found = self._side.ask(lambda session: blockers.find(session, own)) or []
            waits = self._statement is statement
            if found and (waits or self._refused is statement):
                self._found = found
        finally:
            self._answered.set()
        if found and waits and self._found_for is not statement:
            self._found_for = statement
            log.info("Waiting for a lock, held by %s", _named(found))
            for one in found:
                log.info("This ends that session: %s", one.end)
            self._publisher.statement_waits(Wait(reason="table-lock", holder=_named(found)))

    def _tell(self, own: int) -> None:
        """Say how far a statement is that takes long."""
        elapsed = self._publisher.statement_elapsed()
        if elapsed is None or elapsed < LONG or monotonic() - self._told_at < TOLD_EVERY:
            return
        self._told_at = monotonic()
        progress = self._progress
        known: events.Progress | None = None
        if progress is not None and not progress.own_session:
            known = progress.of(self._connection, own)
        elif progress is not None:
            known = self._side.ask(lambda session: progress.of(session, own))
        self._publisher.statement_works(known)


class _Side:
    """The session of the watch: opened by the first question, and anew after one that failed.

    :param connection: the run's connection.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._beside: Beside | None = None
        self._session: Connection | None = None
        self._rests_until = 0.0
        self._rest = FIRST_REST

    def ask(self, question: Callable[[Connection], T]) -> T | None:
        """The answer to ``question``; None where it fails, and for a while after that."""
        if monotonic() < self._rests_until:
            return None
        try:
            answer = self._ask(question)
        except Exception as error:  # noqa: BLE001 whatever it is, the run does not depend on it
            log.debug("The server cannot be asked about the statement at work: %s", error)
            self.close()
            self._rests_until = monotonic() + self._rest
            self._rest = min(self._rest * 2, LONGEST_REST)
            return None
        self._rest = FIRST_REST
        return answer

    def _ask(self, question: Callable[[Connection], T]) -> T:
        if self._beside is None:
            self._beside = Beside(self._connection.dialect)
        if self._session is None:
            engine = self._connection.engine
            self._session = self._beside.call(partial(sqla.side_connection, engine, autocommit=True))
        session = self._session
        return self._beside.call(lambda: question(session))

    def close(self) -> None:
        """Close the session, where one is open."""
        beside, session = self._beside, self._session
        self._beside = self._session = None
        if session is not None and beside is not None:
            with suppress(SQLAlchemyError, OSError):
                beside.call(session.close)
        if beside is not None:
            beside.end()


def _own_session(connection: Connection, statement: str) -> int:
    """The number of the connection's session, which it has until it ends."""
    if _OWN_SESSION not in connection.info:
        with sqla.left_as_found(connection):
            connection.info[_OWN_SESSION] = int(connection.exec_driver_sql(statement).scalar() or 0)
    return int(connection.info[_OWN_SESSION])


_OWN_SESSION = "limbeck.own-session"
"""Where a connection keeps it."""


def _named(blockers: Iterable[Blocker]) -> str:
    return "; ".join(str(one) for one in blockers)
