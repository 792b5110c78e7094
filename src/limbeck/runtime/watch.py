"""A watch over the statement at work: where it waits for a lock, who holds that.

A thread looks from time to time, on a session of its own that it opens when a statement takes long. Whatever fails
there is left out: a run that may not see other sessions runs as it would without a watch.
"""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError

from limbeck import sqla
from limbeck.events import Wait

from .connections import Beside
from .database_errors import lock_refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Connection, ExceptionContext

    from limbeck.ddl.blockers import Blocker, Blockers

TICK = 0.1
"""Seconds between two looks at the run."""

FIRST_LOOK = 0.25
"""Seconds after which a statement counts as one that may be waiting."""

PATIENCE = 5.0
"""Most seconds between two questions to the server."""

LEAVE = 2.0
"""Most seconds that the end of a run waits for an answer to the watch, which does without it then."""

log = logging.getLogger("alembic.runtime.migration")


class _Statement(NamedTuple):
    text: str
    began: float


class Watch:
    """Watches one run.

    :param connection: the run's connection. :param blockers: asks the server; None where it cannot tell.
    :param waits: is told that the present statement waits; in the thread of the watch, while that of the run is
        in the database.
    """

    def __init__(self, connection: Connection, blockers: Blockers | None, waits: Callable[[Wait], None]) -> None:
        self._connection = connection
        self._blockers = blockers
        self._waits = waits
        self._statement: _Statement | None = None
        self._found: list[Blocker] = []
        self._found_for: _Statement | None = None
        self._stop = threading.Event()
        self._beside: Beside | None = None
        self._session: Connection | None = None

    @property
    def holder(self) -> str:
        """Who held the lock that the last statement waited for, in words; empty where that is not known."""
        return "; ".join(str(one) for one in self._found)

    @contextmanager
    def of_run(self, lock_timeout: float | None) -> Iterator[None]:
        """Watch what the connection executes in the block.

        :param lock_timeout: seconds that a statement waits; the watch has to look before.
        """
        blockers, connection = self._blockers, self._connection
        if blockers is None:
            yield
            return
        with sqla.left_as_found(connection):
            own = int(connection.exec_driver_sql(blockers.own_session).scalar() or 0)
        first = min(FIRST_LOOK, lock_timeout / 3) if lock_timeout else FIRST_LOOK
        longest = min(PATIENCE, lock_timeout / 2) if lock_timeout else PATIENCE
        arguments = (blockers, own, first, longest)
        thread = threading.Thread(target=self._go, args=arguments, name="limbeck-watch", daemon=True)
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
        for one in self._found:
            error.add_note(f"the lock {'is' if one.sure else 'may be'} held by {str(one).removeprefix('perhaps ')}")
            if one.end:
                error.add_note(f"this ends it: {one.end}")

    # --- the run's thread ---------------------------------------------------------------------------------------------

    def _executing(self, _connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        self._statement = _Statement(statement, monotonic())

    def _executed(self, *_: object) -> None:
        self._statement = None
        self._found = []

    def _failed(self, context: ExceptionContext) -> None:
        if context.connection is self._connection:
            self._statement = None

    # --- the watch's thread -------------------------------------------------------------------------------------------

    def _go(self, blockers: Blockers, own: int, first: float, longest: float) -> None:
        looked: _Statement | None = None
        pause, due = first, 0.0
        while not self._stop.wait(min(TICK, first)):
            statement, now = self._statement, monotonic()
            if statement is not looked:
                looked, pause, due = statement, first, 0.0 if statement is None else statement.began + first
            if statement is None or now < due:
                continue
            if not self._look(blockers, own, statement):
                break
            due, pause = monotonic() + pause, min(pause * 1.5, longest)
        self._close()

    def _look(self, blockers: Blockers, own: int, statement: _Statement) -> bool:
        """Ask who is in the way; False where the server does not tell."""
        try:
            found = self._ask(blockers, own)
        except Exception as error:  # noqa: BLE001 whatever it is, the run does not depend on it
            log.debug("Who holds a lock cannot be asked: %s", error)
            return False
        if found and self._statement is statement:
            self._found = found
            if self._found_for is not statement:
                self._found_for = statement
                log.info("Waiting for a lock, held by %s", self.holder)
                for one in found:
                    log.info("This ends that session: %s", one.end)
                self._waits(Wait(reason="table-lock", holder=self.holder))
        return True

    def _ask(self, blockers: Blockers, own: int) -> list[Blocker]:
        if self._beside is None:
            self._beside = Beside(self._connection.dialect)
        if self._session is None:
            engine = self._connection.engine
            self._session = self._beside.call(
                lambda: sqla.side_connection(engine).execution_options(isolation_level="AUTOCOMMIT")
            )
        session = self._session
        return self._beside.call(lambda: blockers.find(session, own))

    def _close(self) -> None:
        if self._session is not None and self._beside is not None:
            with suppress(SQLAlchemyError):
                self._beside.call(self._session.close)
        if self._beside is not None:
            self._beside.end()
        self._beside = self._session = None
