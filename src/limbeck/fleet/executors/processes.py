"""A worker process: it is what the driver is, does tasks one after the other, and ends when the driver is gone."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
from functools import cache
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from limbeck.fleet import chunk_size, work
from limbeck.runtime.logging_sections import silenced
from limbeck.runtime.migration import log

if TYPE_CHECKING:
    from collections.abc import Sequence

    from limbeck.fleet.work import Task
    from limbeck.results import FleetTarget

_at_work = threading.Lock()
_orphaned = threading.Event()


def begin(path: tuple[str, ...], stands_in: bool) -> None:
    """Make this process what the driver is.

    Signals of a terminal or a service manager reach it too; the driver alone answers them.

    :param path: where modules are found.
    :param stands_in: whether ``alembic`` means Limbeck.
    """
    sys.path[:] = path
    if stands_in:
        from limbeck.alembic_names import install

        install(front=True)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_watch_driver, name="limbeck-fleet-driver", daemon=True).start()


def carry_out(tasks: Sequence[Task]) -> list[FleetTarget]:
    """As `work.carry_out_all`; nothing is begun any more when the driver is gone."""
    with _at_work, silenced(log):
        found = work.carry_out_all(tasks, lambda: not _orphaned.is_set(), seconds=chunk_size.WORTH)
        _freeze()
        return found


@cache
def _freeze() -> None:
    """Keep what the first chunk has loaded out of the collection of garbage, which takes a third of a target's time."""
    gc.collect()
    gc.freeze()


def _watch_driver() -> None:
    driver = multiprocessing.parent_process()
    if driver is not None:
        wait([driver.sentinel])
        _orphaned.set()
        with _at_work:  # what is at work comes to its end
            os._exit(1)
