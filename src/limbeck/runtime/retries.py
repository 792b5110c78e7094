"""Retries: a revision, or a statement that stands alone, is run again when a lock is not obtained.

Between two attempts nothing is held, so that those that wait behind the run come first. A revision is run again as a
whole, from a transaction that was rolled back as a whole. A statement stands alone where its refusal leaves everything
as it was before: outside transactions, and where each DDL statement is a transaction of its own.
"""

from __future__ import annotations

import logging
import random
import re
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

from sqlalchemy import event

from limbeck import sqla
from limbeck.events import Wait

from .database_errors import LOCKED, lock_refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy.engine import Connection
    from sqlalchemy.engine.interfaces import DBAPICursor, ExecutionContext

    from limbeck.ddl.impl import DefaultImpl

    Parameters = Sequence[object] | Mapping[str, object] | None

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 10.0
"""Seconds: each pause is twice the one before, and shortened by up to a half at random."""

_MANY = re.compile(r"\s*(?:CALL|DO|EXEC(?:UTE)?)\b|;\s*\S", re.IGNORECASE)
"""What may do several things one after the other, and commit in between."""

log = logging.getLogger("alembic.runtime.migration")


class Retries:
    """The retries of one run.

    :param impl: the impl. :param connection: the run's connection.
    :param holder: says who holds the lock; empty where that is not known.
    """

    def __init__(self, impl: DefaultImpl, connection: Connection | None, holder: Callable[[], str]) -> None:
        self._impl = impl
        self._connection = connection
        self._holder = holder
        self._limit = 0
        self._waits: Callable[[Wait], None] = lambda _wait: None

    # --- a revision ---------------------------------------------------------------------------------------------------

    def run(
        self,
        attempt: Callable[[int], None],
        may_repeat: Callable[[], bool],
        waits: Callable[[Wait], None],
    ) -> None:
        """Call ``attempt`` with the number of the attempt until it gets its locks.

        :param may_repeat: whether all is as it was before the attempt that failed. :param waits: is told of pauses.
        """
        self._again(attempt, lambda error: lock_refused(error) and may_repeat(), waits)

    def _again(
        self, attempt: Callable[[int], None], may_repeat: Callable[[Exception], bool], waits: Callable[[Wait], None]
    ) -> None:
        limit = self._limit
        for number in count(1):
            try:
                attempt(number)
            except Exception as error:
                if number > limit or not may_repeat(error):
                    if number > 1:
                        error.add_note(f"that was attempt {number} of {limit + 1}")
                    raise
                self._pause(number, limit, waits)
            else:
                return

    def _pause(self, number: int, limit: int, waits: Callable[[Wait], None]) -> None:
        seconds = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (number - 1)) * random.uniform(0.5, 1.0)  # noqa: S311 a pause
        holder = self._holder()
        held = f", held by {holder}" if holder else ""
        log.info("Lock not obtained%s; attempt %d of %d follows in %.1f s", held, number + 1, limit + 1, seconds)
        waits(Wait(reason="retry", holder=holder, attempt=number, pause=seconds))
        sqla.sleep(seconds)

    # --- a statement --------------------------------------------------------------------------------------------------

    @contextmanager
    def of_step(self, limit: int, waits: Callable[[Wait], None]) -> Iterator[None]:
        """Have statements of the block that stand alone run again.

        :param limit: number of retries. :param waits: is told of pauses.
        """
        connection = self._connection
        if not limit or connection is None:
            yield
            return
        self._limit, self._waits = limit, waits
        event.listen(connection.engine, "do_execute", self._execute)
        event.listen(connection.engine, "do_execute_no_params", self._execute_bare)
        try:
            yield
        finally:
            self._limit = 0
            event.remove(connection.engine, "do_execute", self._execute)
            event.remove(connection.engine, "do_execute_no_params", self._execute_bare)

    def _execute(
        self, cursor: DBAPICursor, statement: str, parameters: Parameters, context: ExecutionContext
    ) -> bool | None:
        return self._send(lambda: cursor.execute(statement, parameters), statement, context)

    def _execute_bare(self, cursor: DBAPICursor, statement: str, context: ExecutionContext) -> bool | None:
        return self._send(lambda: cursor.execute(statement), statement, context)

    def _send(self, execute: Callable[[], object], statement: str, context: ExecutionContext) -> bool | None:
        """Execute in place of the dialect, again and again; None where the dialect has to."""
        connection = self._connection
        if context.root_connection is not connection or connection is None or _MANY.search(statement):
            return None

        def attempt(_number: int) -> None:
            execute()

        def stands_alone(error: Exception) -> bool:
            is_drivers = isinstance(error, connection.dialect.loaded_dbapi.Error)
            return is_drivers and LOCKED.fits(error) and self._impl.may_be_sent_again(connection, statement, error)

        self._again(attempt, stands_alone, self._waits)
        return True
