"""Revision files rewritten together: tried in copies of their folders, and then written, all of them or none."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from limbeck.errors import CommandError

from . import heads_file
from .file_change import FileChange, content, put
from .rollback_journal import NAME, Journal, Rewriting
from .write import make_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .directory import ScriptDirectory


@contextmanager
def rewritten(script: ScriptDirectory, changes: Sequence[FileChange]) -> Iterator[ScriptDirectory]:
    """The history as it would be after some changes, in copies of the version locations; nothing else is written."""
    folders = [os.path.realpath(folder) for folder in script.version_folders]
    with tempfile.TemporaryDirectory(prefix="limbeck_rewritten_") as place:
        copies = [os.path.join(place, str(number)) for number in range(len(folders))]
        for folder, copy in zip(folders, copies, strict=True):
            if os.path.isdir(folder):
                _copy(folder, copy)
        for change in changes:
            path = os.path.realpath(change.path)
            number = next(n for n, folder in enumerate(folders) if path.startswith(os.path.join(folder, "")))
            path = os.path.join(copies[number], os.path.relpath(path, folders[number]))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            put(path, change.after)
        yield script.elsewhere(copies)


def _copy(folder: str, copy: str) -> None:
    """Copy a folder, into one that may be written to though the other may not."""
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("__pycache__", NAME))
    for each, _folders, _files in os.walk(copy):
        os.chmod(each, 0o700)


def heads_change(script: ScriptDirectory, then: ScriptDirectory) -> list[FileChange]:
    """What becomes of the file of the heads, where one is kept and its heads will be others.

    :param then: the history as it will be.
    """
    if not script.heads_file:
        return []
    path = heads_file.path(script.version_folders[0])
    before, after = content(path), heads_file.text(then.get_revisions("heads")).encode()
    return [] if before == after else [FileChange(path, before, after)]


def rewrite(script: ScriptDirectory, changes: Sequence[FileChange], then: Callable[[], None] | None = None) -> None:
    """Write, make and delete files; where one of them fails, or what follows does, all are as they were.

    Files that are new come first, those that go last. Folders are made for them, and taken back with them. What a
    process has written that is killed half-way, the next one that reads the revisions takes back.

    :param script: the environment of the files. :param then: called once all is written.
    :raises CommandError: where a file does not hold what it is to hold before, and where the system refuses.
    """
    for change in changes:
        if content(change.path) != change.before:
            raise CommandError(
                "The file has been changed meanwhile, and nothing was written",
                code="fix-outdated",
                hint="run the command again",
                file=change.path,
            )
    rewriting = Rewriting.of(changes)
    journal = Journal(next(filter(os.path.isdir, script.version_folders)), rewriting)
    try:
        for folder in rewriting.folders:
            make_folder(folder, quiet=True)
        for change in sorted(changes, key=lambda one: (one.after is None, one.before is not None)):
            put(change.path, change.after)
        if then is not None:
            then()
    except BaseException:
        rewriting.take_back()
        journal.end()
        raise
    journal.end()
