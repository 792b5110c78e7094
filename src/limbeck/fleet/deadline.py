"""A time within which the run on one target has to end.

After that the server is asked to give up the statement at work, and the step is rolled back.
"""

from __future__ import annotations

from contextlib import suppress
from threading import Event, Thread
from typing import TYPE_CHECKING

from sqlalchemy import event

from limbeck.errors import CommandError
from limbeck.runtime.cancel import canceller

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Self

    from limbeck.runtime.migration import MigrationContext
    from limbeck.script.steps import MigrationStep
    from limbeck.verbs import Consent

AGAIN_AFTER = 0.5
"""Seconds after which a statement that is still at work is cancelled again."""


class Deadline:
    """Consent to a run, for so many seconds.

    :param seconds: from the beginning of the first step; None: without end.
    :param consent: what has to agree to the run besides.
    """

    def __init__(self, seconds: float | None, consent: Consent | None) -> None:
        self._seconds = seconds
        self._consent = consent
        self._ended = Event()
        self._threads: list[Thread] = []
        self.is_over = False

    def __call__(self, context: MigrationContext, steps: Sequence[MigrationStep]) -> None:
        """Let steps begin, and the time with them."""
        if self._consent is not None:
            self._consent(context, steps)
        connection = context.connection
        if self._seconds is None or connection is None or not steps:
            return

        def check(*_: object) -> None:
            if self.is_over and not self._ended.is_set():
                raise self.error()

        event.listen(connection, "before_cursor_execute", check)
        self._threads.append(Thread(target=self._watch, args=(canceller(connection, context.impl),), daemon=True))
        self._threads[-1].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def error(self) -> CommandError:
        """What is said of a run that took longer."""
        return CommandError(
            f"This target took longer than {self._seconds:g} s, and its step was rolled back",
            code="target-timeout",
            hint="give it more time by --target-timeout, or see what it waits for",
        )

    def _watch(self, cancel: Callable[[], None] | None) -> None:
        if self._ended.wait(self._seconds):
            return
        self.is_over = True
        while not self._ended.wait(AGAIN_AFTER):
            if cancel is not None:
                with suppress(Exception):  # the server may be gone; the run finds out by itself
                    cancel()
