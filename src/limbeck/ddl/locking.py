"""What a dialect says of its run lock: plain data, carried out by ``limbeck.runtime.lock``."""

from __future__ import annotations

from typing import NamedTuple


class SessionLock(NamedTuple):
    """A lock that the server keeps for a session and frees when the session ends.

    :param acquire: statement whose first column is 1 (or true) where the lock was obtained; it never waits.
    :param release: statement that gives it back.
    :param holder: statement whose first column tells a person who holds it and since when; no row where it is free.
    :param prepare: statements that keep the session alive while it idles.
    :param at_work: a second lock, which the run's own session holds: where the server goes on with the statement of a
        killed process, it is free when that statement has ended.
    """

    acquire: str
    release: str
    holder: str
    prepare: tuple[str, ...] = ()
    at_work: SessionLock | None = None


class FileLock(NamedTuple):
    """A lock on a file beside the database file; the operating system frees it when the process ends.

    :param path: path of the lock file.
    """

    path: str
