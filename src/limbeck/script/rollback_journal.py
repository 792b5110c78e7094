"""The rollback journal of files that are rewritten together: what they held before, kept until all are written.

A process that is killed half-way leaves it behind, and the next one that reads the revisions takes back what was
written. The writer holds a lock on it, which the operating system releases with the process.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from limbeck.errors import CommandError, warn
from limbeck.file_lock import lock_handle

from .file_change import FileChange, content, missing_folders, put
from .write import not_writable

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = ".limbeck-rollback"


class Rewriting(NamedTuple):
    """Files that are being rewritten.

    :param changes: what becomes of them. :param folders: those that are made for them, the outermost first.
    """

    changes: tuple[FileChange, ...]
    folders: tuple[str, ...]

    @classmethod
    def of(cls, changes: Sequence[FileChange]) -> Rewriting:
        """Nothing of it is written yet."""
        kept = [change for change in changes if change.after is not None]
        return cls(tuple(changes), tuple(dict.fromkeys(each for one in kept for each in missing_folders(one.path))))

    def take_back(self) -> None:
        """Have all files hold what they held; raises `CommandError` where the system refuses."""
        for change in self.changes:
            if content(change.path) != change.before:
                put(change.path, change.before)
        for folder in reversed(self.folders):
            with suppress(OSError):  # never made, or other files are in it
                os.rmdir(folder)


class Journal:
    """The journal of a rewriting that is at work.

    :param folder: where it is. :param rewriting: what it is about.
    :raises CommandError: where another process rewrites files there, and where the system refuses.
    """

    def __init__(self, folder: str, rewriting: Rewriting) -> None:
        self._path = os.path.join(folder, NAME)
        try:
            self._handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            raise CommandError(
                "Another process is rewriting revision files",
                code="being-rewritten",
                hint="run the command again when it has ended",
                file=self._path,
            ) from None
        except OSError as error:
            raise not_writable("Can't write", error, self._path) from error
        lock_handle(self._handle)
        with open(self._handle, "wb", closefd=False) as stream:
            stream.write(_document(folder, rewriting))

    def end(self) -> None:
        """Remove it: the files are as they were, or as they are to be."""
        _remove(self._path, self._handle)


def take_back(folder: str) -> None:
    """Take back what a killed process has written half-way, with a warning; nothing where none was.

    :param folder: where its journal would be.
    :raises CommandError: where a file has been changed since, and where the system refuses.
    """
    path = os.path.join(folder, NAME)
    try:
        handle = os.open(path, os.O_RDWR)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise CommandError(
            f"A command that rewrites revision files was killed half-way, and cannot be taken back: {error.strerror}",
            code="half-rewritten",
            hint="any command takes it back where it may write there",
            file=path,
        ) from error
    if not lock_handle(handle):  # its writer is at work
        os.close(handle)
        return
    with open(handle, "rb", closefd=False) as stream:
        found = _rewriting(folder, stream.read())
    if found is not None:
        _demand_known(found, path)
        found.take_back()
    _remove(path, handle)
    if found is not None:
        warn(
            "A command that rewrites revision files was killed half-way: they are as they were before",
            code="taken-back",
            hint="run that command again",
            file=path,
        )


def _remove(path: str, handle: int) -> None:
    """Remove a journal that says nothing any more; Windows removes no file that is open."""
    os.ftruncate(handle, 0)
    os.close(handle)
    with suppress(FileNotFoundError):
        os.unlink(path)


def _demand_known(rewriting: Rewriting, journal: str) -> None:
    """Raise `CommandError` where a file is neither as it was nor as it was to be; a new one may have met a hook."""
    for change in rewriting.changes:
        if change.before is not None and content(change.path) not in (change.before, change.after):
            raise CommandError(
                "A command that rewrites revision files was killed half-way, and this one has been changed since",
                code="half-rewritten",
                hint=f"restore the files by git, and delete {journal}",
                file=change.path,
            )


def _document(folder: str, rewriting: Rewriting) -> bytes:
    """A rewriting as bytes; paths are relative, since the folder may be copied."""
    import json
    from base64 import b64encode

    def text(held: bytes | None) -> str | None:
        return None if held is None else b64encode(held).decode()

    files = [[os.path.relpath(path, folder), text(before), text(after)] for path, before, after in rewriting.changes]
    folders = [os.path.relpath(each, folder) for each in rewriting.folders]
    return json.dumps({"files": files, "folders": folders}).encode()


def _rewriting(folder: str, document: bytes) -> Rewriting | None:
    """A rewriting from its bytes; None where these end half-way: nothing else was written then."""
    import json
    from base64 import b64decode

    def held(text: str | None) -> bytes | None:
        return None if text is None else b64decode(text)

    def path(name: str) -> str:
        return os.path.normpath(os.path.join(folder, name))

    try:
        found = json.loads(document)
    except ValueError:
        return None
    files = tuple(FileChange(path(name), held(before), held(after)) for name, before, after in found["files"])
    return Rewriting(files, tuple(path(each) for each in found["folders"]))
