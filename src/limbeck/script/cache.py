"""Headers once read are kept: one file a version location, under its `__pycache__`.

An entry counts while path, size and mtime of its revision file are the same. The cache is a convenience and no
more: where it cannot be read, is damaged or was written by another version it is ignored, where it cannot be
written the work goes on without.
"""

from __future__ import annotations

import marshal
import os
import sys
from typing import Any

from limbeck import __version__

Entry = tuple[int, int, tuple[Any, ...]]
"""Size in bytes, mtime in nanoseconds, the fields of the `Header`."""

_STAMP = ("headers", 1, __version__, sys.version)
RACY = 50_000_000
"""A file that changed within this many nanoseconds before it was read is not kept: it may change once more
within the same tick of the file system's clock."""


def path_for(folder: str) -> str:
    """Where the headers of version location ``folder`` are kept."""
    name = f"limbeck.{sys.implementation.cache_tag}.headers"
    if sys.pycache_prefix is not None:
        return os.path.join(sys.pycache_prefix, os.path.splitdrive(folder)[1].lstrip("/\\"), name)
    return os.path.join(folder, "__pycache__", name)


def load(folder: str) -> dict[str, Entry]:
    """What is kept for ``folder``: relative path to entry; empty where there is nothing of use."""
    try:
        with open(path_for(folder), "rb") as stream:
            data = stream.read()
        stamp, checksum, body = marshal.loads(data)
        if stamp != _STAMP or checksum != _checksum(body):
            return {}
        entries: dict[str, Entry] = marshal.loads(body)
    except (OSError, ValueError, EOFError, TypeError):
        return {}
    return entries


def store(folder: str, entries: dict[str, Entry]) -> None:
    """Keep ``entries`` for ``folder``: the file is replaced as a whole, so that a reader sees all or nothing."""
    if sys.dont_write_bytecode:
        return
    target = path_for(folder)
    temporary = f"{target}.{os.getpid()}"
    body = marshal.dumps(entries)
    try:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(temporary, "wb") as stream:
            stream.write(marshal.dumps((_STAMP, _checksum(body), body)))
        os.replace(temporary, target)
    except OSError:
        _forget(temporary)


def _checksum(data: bytes) -> int:
    from binascii import crc32

    return crc32(data)


def _forget(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return
