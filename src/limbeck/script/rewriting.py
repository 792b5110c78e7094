"""Revision files rewritten together: tried in copies of their folders, and then written, all of them or none."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from limbeck.errors import CommandError

from . import heads_file
from .write import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .directory import ScriptDirectory


class FileChange(NamedTuple):
    """What becomes of a file.

    :param path: the file. :param before: what it holds; None where it is new.
    :param after: what it is to hold; None where it goes.
    """

    path: str
    before: bytes | None
    after: bytes | None


@contextmanager
def rewritten(script: ScriptDirectory, changes: Sequence[FileChange]) -> Iterator[ScriptDirectory]:
    """The history as it would be after some changes, in copies of the version locations; nothing else is written."""
    folders = [os.path.realpath(folder) for folder in script.version_folders]
    with tempfile.TemporaryDirectory(prefix="limbeck_rewritten_") as place:
        copies = [os.path.join(place, str(number)) for number in range(len(folders))]
        for folder, copy in zip(folders, copies, strict=True):
            if os.path.isdir(folder):
                shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("__pycache__"))
        for change in changes:
            path = os.path.realpath(change.path)
            number = next(n for n, folder in enumerate(folders) if path.startswith(os.path.join(folder, "")))
            path = os.path.join(copies[number], os.path.relpath(path, folders[number]))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            _put(path, change.after)
        yield script.elsewhere(copies)


def heads_change(script: ScriptDirectory, then: ScriptDirectory) -> list[FileChange]:
    """What becomes of the file of the heads, where one is kept and its heads will be others.

    :param then: the history as it will be.
    """
    if not script.heads_file:
        return []
    path = os.path.join(script.version_folders[0], heads_file.NAME)
    before, after = _content(path), heads_file.text(then.get_revisions("heads")).encode()
    return [] if before == after else [FileChange(path, before, after)]


def rewrite(changes: Sequence[FileChange], then: Callable[[], None] | None = None) -> None:
    """Write, make and delete files; where one of them fails, or what follows does, all are as they were.

    Files that are new come first, those that go last. Folders are made for them, and taken back with them.

    :param then: called once all is written.
    :raises CommandError: where a file does not hold what it is to hold before, and where the system refuses.
    """
    for change in changes:
        if _content(change.path) != change.before:
            raise CommandError(
                "The file has been changed meanwhile, and nothing was written",
                code="fix-outdated",
                hint="run the command again",
                file=change.path,
            )
    begun: list[FileChange] = []
    folders: list[str] = []
    try:
        for change in sorted(changes, key=lambda one: (one.after is None, one.before is not None)):
            begun.append(change)
            folders += _make_folders(os.path.dirname(change.path))
            _put(change.path, change.after)
        if then is not None:
            then()
    except BaseException:
        for change in reversed(begun):
            _put(change.path, change.before)
        for folder in reversed(folders):
            os.rmdir(folder)
        raise


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def _make_folders(folder: str) -> list[str]:
    """The folders that had to be made for one to be there, the outermost first."""
    missing = []
    while not os.path.isdir(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    for each in reversed(missing):
        os.mkdir(each)
    return missing[::-1]


def _put(path: str, content: bytes | None) -> None:
    if content is not None:
        write_whole(path, content)
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
