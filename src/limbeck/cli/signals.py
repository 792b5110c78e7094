"""SIGINT, SIGTERM and SIGHUP end the command in order: what is at work is cancelled and rolled back.

A second one ends it at once.

Python calls its handlers between two bytecodes of the main thread, and not while a driver waits within C. So a thread
reads the signals too, from the pipe into which they are written at once, and has the servers cancel what is at work.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from limbeck import console
from limbeck.interruption import INTERRUPTION

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

HEARD = [each for each in signal.Signals if each.name in ("SIGINT", "SIGTERM", "SIGHUP")]
"""The signals that ask a command to end; Windows has no SIGHUP."""

EXIT = 128
"""Added to the number of a signal, it is the exit code of the process that it ended, as shells have it."""


@contextmanager
def heard() -> Iterator[None]:
    """Hear signals in the block, which is in the main thread of a process of its own; elsewhere without effect.

    A signal that the process was told to ignore, as by nohup, stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [number for number in HEARD if signal.getsignal(number) not in (signal.SIG_IGN, None)]
    ears = _Ears(numbers)
    before = {number: signal.signal(number, ears.handle) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        ears.close()


class _Ears:
    """Hears signals until `close`.

    :param numbers: the signals to hear.
    """

    def __init__(self, numbers: Sequence[int]) -> None:
        INTERRUPTION.hear()
        self._numbers = numbers
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        self._before = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        threading.Thread(target=self._read, name="limbeck-signals", daemon=True).start()

    def _read(self) -> None:
        """Have what is at work cancelled at the first signal, and end the process at the second."""
        is_second = False
        while received := os.read(self._reader, 1):
            if received[0] not in self._numbers:
                continue
            if is_second:
                _end_now(received[0])
            threading.Thread(
                target=INTERRUPTION.cancel, args=(received[0],), name="limbeck-cancel", daemon=True
            ).start()
            is_second = True
        os.close(self._reader)

    def handle(self, number: int, _frame: FrameType | None) -> None:
        """Python's handler, in the main thread."""
        if signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False) != self._writer:
            os.write(self._writer, bytes([number]))  # an event loop had taken the place, and the thread knows nothing
        INTERRUPTION.stop(number)

    def close(self) -> None:
        """Hear no more."""
        signal.set_wakeup_fd(self._before)
        INTERRUPTION.is_heard = False
        os.close(self._writer)


def _end_now(number: int) -> None:
    console.write(sys.stderr, "ended at once; the server may still be at work\n")
    os._exit(EXIT + number)
