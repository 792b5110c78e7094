"""The run lock of a dialect as plain data, which `limbeck.runtime.lock` carries out."""

from __future__ import annotations

from typing import NamedTuple


class SessionLock(NamedTuple):
    """A lock that the server holds for a session and releases when the session ends.

    :param acquire: statement whose first column is 1 (or true) where the lock was obtained; it never waits.
    :param release: statement that releases it; of a transaction it is never sent.
    :param holder: statement whose first column says who holds it and since when; no row where it is free.
    :param prepare: statements that keep the server from ending the session while it is idle.
    :param of_transaction: a transaction holds it, and its end releases it, since a pooler gives the session to others.
    :param at_work: a second lock, which the run's own session holds. Where the server finishes the statement of a
        killed process, this lock is not free before.
    """

    acquire: str
    release: str
    holder: str
    prepare: tuple[str, ...] = ()
    of_transaction: bool = False
    at_work: SessionLock | None = None


class FileLock(NamedTuple):
    """A lock on a file; the operating system releases it when the process ends.

    :param path: path of the lock file.
    """

    path: str
