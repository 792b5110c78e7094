"""The names of scratch databases, which say who made them and when."""

from __future__ import annotations

import os
import re
import socket
import time
from hashlib import sha256
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PREFIX = "limbeck_scratch_"
"""Begins the names of all scratch databases."""

ANOTHER_HOST = 24 * 3600
"""Seconds after which a scratch database of another machine, whose processes cannot be seen, is dropped."""

_NAME = re.compile(rf"{PREFIX}(?P<host>[0-9a-f]{{8}})_(?P<process>\d+)_(?P<second>\d+)_\d+")

_numbers = count(1)


def new_name(process: int | None = None) -> str:
    """A name that no other database has.

    :param process: the process that the database lives as long as, on this machine; default: this one.
    """
    number = next(_numbers)
    if process is None:
        process = os.getpid()
    else:  # whose name others give too
        number += os.getpid() * 1_000_000
    return f"{PREFIX}{_host()}_{process}_{int(time.time())}_{number}"


def leftovers(names: Sequence[str]) -> list[str]:
    """Those of ``names`` that are scratch databases whose process has ended."""
    return [name for name in names if (found := _NAME.fullmatch(name)) and not _lives(found)]


def is_there(process: int) -> bool:
    """Whether a process of this machine is at work."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it is another account's
    return True


def _host() -> str:
    return sha256(socket.gethostname().encode()).hexdigest()[:8]


def _lives(name: re.Match[str]) -> bool:
    """Whether the process that a name tells of may still be at work."""
    made = int(name["second"])
    if name["host"] != _host():
        return time.time() - made < ANOTHER_HOST
    process = int(name["process"])
    if not is_there(process):
        return False
    begun = _begin_of(process)
    return begun is None or begun <= made + 1  # a process that began later has the number of a dead one


def _begin_of(process: int) -> float | None:
    """When a process began, as seconds since 1970; None where the system does not tell."""
    try:
        with open(f"/proc/{process}/stat", encoding="ascii", errors="replace") as file:
            ticks = int(file.read().rpartition(")")[2].split()[19])
        with open("/proc/stat", encoding="ascii") as file:
            booted = next(int(line.split()[1]) for line in file if line.startswith("btime "))
    except (OSError, StopIteration, ValueError, IndexError):
        return None
    return booted + ticks / os.sysconf("SC_CLK_TCK")
