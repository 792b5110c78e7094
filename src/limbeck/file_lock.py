"""The operating system's lock on an open file, which is released with the process that holds it."""

from __future__ import annotations

import os

if os.name == "nt":

    def lock_handle(handle: int) -> bool:
        """Take the lock on a file if it is free; whether it was taken."""
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]  # there on Windows only
        except OSError:
            return False
        return True

else:

    def lock_handle(handle: int) -> bool:
        """Take the lock on a file if it is free; whether it was taken."""
        import fcntl

        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
