"""SIGTERM and SIGINT drain a campaign: nothing more is begun, and what is at work comes to its end.

A second signal does what it does elsewhere: the statements at work are cancelled, and their runs rolled back.
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HEARD = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def draining() -> Iterator[threading.Event]:
    """A block in whose event a signal is told; it never comes outside the main thread.

    Programs may set the event too.
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    handlers = {number: signal.getsignal(number) for number in HEARD}
    heard = [number for number, handler in handlers.items() if handler not in {signal.SIG_IGN, None}]
    ears = signal.set_wakeup_fd(-1)  # of the command line, which would cancel what is at work

    def back() -> None:
        for number in heard:
            signal.signal(number, handlers[number])
        signal.set_wakeup_fd(ears)

    def drain(_number: int, _frame: object) -> None:
        asked.set()
        back()

    for number in heard:
        signal.signal(number, drain)
    try:
        yield asked
    finally:
        back()
