"""Stopping a run from outside: its statement is cancelled at the server, and it ends in order.

The command hears signals, and tells `INTERRUPTION`. A statement that the server can be asked to give up is
not broken off in the driver, which would lose its answer: it is cancelled, and the run ends when the answer is there.
Where signals are not heard, Python raises ``KeyboardInterrupt`` wherever the program is, and the statement that it
broke off is cancelled afterwards.
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager, suppress
from time import sleep
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Connection

AGAIN_AFTER = 0.5
"""Seconds after which a statement that is still at work is cancelled again."""


class Interrupted(KeyboardInterrupt):
    """A signal asked the process to stop.

    :param number: the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.number = number


class Statement:
    """The statement that one run has at work, if it has.

    :param cancel: has the server give it up; None where that cannot be asked for.
    """

    def __init__(self, cancel: Callable[[], None] | None) -> None:
        self.cancel = cancel
        self.thread = threading.get_ident()
        self.is_at_work = False


class Interruption:
    """What signals ask of the runs of this process."""

    def __init__(self) -> None:
        #: the signal that asked to stop; None: none has
        self.number: int | None = None
        #: whether it has been raised: what a run executes after that is its clean-up
        self.is_raised = False
        #: whether signals are heard
        self.is_heard = False
        self._statements: list[Statement] = []
        self._cancelling = threading.Lock()

    # --- for those that hear signals --------------------------------------------------------------------------------

    def cancel(self, number: int) -> None:
        """Cancel the statements that are at work, until their runs have noticed; called in a thread of its own.

        The first time may be too early: a statement that is about to be sent is not there yet.
        """
        self.number = number
        while not self.is_raised:
            with self._cancelling:
                at_work = [statement for statement in self._statements if statement.is_at_work]
                for statement in at_work if not self.is_raised else ():
                    if statement.cancel is not None:
                        with suppress(Exception):  # the server may be gone; the second signal ends the process
                            statement.cancel()
            if not at_work:
                return
            sleep(AGAIN_AFTER)

    def stop(self, number: int) -> None:
        """Stop this thread's run; called in the main thread.

        Raises `Interrupted`, unless a run has a statement at work that `cancel` ends, or is in another thread: it
        raises this itself then.
        """
        self.number = number
        here = threading.get_ident()
        for statement in self._statements:
            if statement.thread != here or (statement.is_at_work and statement.cancel is not None):
                return
        self.is_raised = True
        raise Interrupted(number)

    # --- for runs -------------------------------------------------------------------------------------------------

    def hear(self) -> None:
        """Signals are heard from now on."""
        self.number, self.is_raised, self.is_heard = None, False, True

    def check(self) -> None:
        """Raise `Interrupted`, once, where a signal has asked to stop and no cancelling is under way any more."""
        if self.number is not None and not self.is_raised:
            self.is_raised = True
            with self._cancelling:
                raise Interrupted(self.number)

    def caused(self, error: Exception | KeyboardInterrupt) -> Exception | KeyboardInterrupt:
        """``error`` of a run; or `Interrupted`, where it is that of a statement that was cancelled for a signal."""
        if self.number is None or self.is_raised or not isinstance(error, Exception):
            return error
        self.is_raised = True
        with self._cancelling:  # which may still be under way
            interrupted = Interrupted(self.number)
        interrupted.__cause__ = error
        return interrupted

    @contextmanager
    def at_work(self, cancel: Callable[[], None] | None) -> Iterator[None]:
        """Let signals cancel the statements of the block, which are sent without SQLAlchemy's events."""
        statement = Statement(cancel)
        statement.is_at_work = True
        self._statements.append(statement)
        try:
            self.check()
            yield
        finally:
            self._statements.remove(statement)

    @contextmanager
    def of(self, connection: Connection | None, cancel: Callable[[], None] | None) -> Iterator[None]:
        """Let signals stop what ``connection`` executes in the block."""
        if connection is None or not self.is_heard:
            yield
            return
        from sqlalchemy import event

        statement = Statement(cancel)

        def begins(*_: object) -> None:
            statement.is_at_work = True  # before the check: what comes between them is cancelled
            self.check()

        def ends(*_: object) -> None:
            statement.is_at_work = False

        event.listen(connection, "before_cursor_execute", begins)
        event.listen(connection, "after_cursor_execute", ends)
        self._statements.append(statement)
        try:
            yield
            self.check()
        finally:
            self._statements.remove(statement)
            event.remove(connection, "before_cursor_execute", begins)
            event.remove(connection, "after_cursor_execute", ends)


INTERRUPTION = Interruption()
"""Of this process: signals know no runs."""
