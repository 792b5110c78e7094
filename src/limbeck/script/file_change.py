"""What becomes of a file, and the two ways of it: to what it is to hold, and back."""

from __future__ import annotations

import os
from typing import NamedTuple

from .write import not_writable, write_whole


class FileChange(NamedTuple):
    """What becomes of a file.

    :param path: the file. :param before: what it holds; None where it is new.
    :param after: what it is to hold; None where it goes.
    """

    path: str
    before: bytes | None
    after: bytes | None


def read(path: str) -> bytes:
    """What a file holds."""
    with open(path, "rb") as stream:
        return stream.read()


def content(path: str) -> bytes | None:
    """What a file holds; None where there is none."""
    try:
        return read(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def put(path: str, held: bytes | None) -> None:
    """Have a file hold something, or delete it; raises `CommandError` where the system refuses."""
    if held is not None:
        write_whole(path, held)
    elif os.path.exists(path):
        try:
            os.unlink(path)
        except OSError as error:
            raise not_writable("Can't delete", error, path) from error


def missing_folders(path: str) -> list[str]:
    """The folders that have to be made for a file, the outermost first."""
    missing = []
    folder = os.path.dirname(path)
    while not os.path.isdir(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    return missing[::-1]
