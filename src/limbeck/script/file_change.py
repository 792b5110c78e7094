"""What becomes of a file, and the two ways of it: to what it is to hold, and back."""

from __future__ import annotations

import os
from typing import NamedTuple

from limbeck.errors import CommandError

from .write import write_whole


class FileChange(NamedTuple):
    """What becomes of a file.

    :param path: the file. :param before: what it holds; None where it is new.
    :param after: what it is to hold; None where it goes.
    """

    path: str
    before: bytes | None
    after: bytes | None


def content(path: str) -> bytes | None:
    """What a file holds; None where there is none."""
    try:
        with open(path, "rb") as stream:
            return stream.read()
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
            raise CommandError(
                f"Can't delete: {error.strerror}",
                code="not-writable",
                hint="see that this user may write there",
                file=path,
            ) from error


def missing_folders(path: str) -> list[str]:
    """The folders that have to be made for a file, the outermost first."""
    missing = []
    folder = os.path.dirname(path)
    while not os.path.isdir(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    return missing[::-1]
