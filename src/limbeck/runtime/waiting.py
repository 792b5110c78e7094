"""Waiting for databases that another process brings to their heads."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from limbeck import sqla
from limbeck.errors import CommandError, DatabaseNotAtHead, UsageError

from .database_errors import first_line, is_of_database
from .logging_sections import silenced

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger("alembic.runtime.migration")

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
"""Seconds between two looks."""

_MAY_COME_UP = ("database", "no-database-file")
"""Codes of errors of a database that is not there yet."""


def until_there(where: Callable[[], str | None], seconds: float) -> None:
    """Look again and again, until all databases are at the heads; the log says once what is waited for.

    A database that cannot be reached may come up, and is waited for too.

    :param where: says which databases are elsewhere; None where there are none.
    :param seconds: how long, at most.
    :raises DatabaseNotAtHead: when the time is up; where a look failed, what it raised.
    :raises UsageError: for a number that is not one of seconds.
    """
    if not seconds >= 0:  # so that NaN is refused too
        raise UsageError(f"There is no waiting for {seconds:g} seconds", hint="write a number of 0 or more")
    deadline = time.monotonic() + seconds
    pause, told = FIRST_PAUSE, False
    while True:
        elsewhere, failure = _look(where)
        if elsewhere is None:
            return
        left = deadline - time.monotonic()
        if left <= 0:
            raise failure or DatabaseNotAtHead(
                f"Not at the heads after {seconds:g} seconds: {elsewhere}",
                hint="does `limbeck upgrade heads` run meanwhile? `limbeck status` says who is at work",
            )
        if not told:
            log.info("Waiting for the heads, %g seconds at most: %s", seconds, elsewhere)
            told = True
        sqla.sleep(min(pause, left))
        pause = min(pause * 1.5, LONGEST_PAUSE)


def _look(where: Callable[[], str | None]) -> tuple[str | None, Exception | None]:
    """What is elsewhere, and the error that a look failed with."""
    try:
        with silenced(log):
            return where(), None
    except Exception as error:
        if not (error.code in _MAY_COME_UP if isinstance(error, CommandError) else is_of_database(error)):
            raise
        return first_line(error), error
