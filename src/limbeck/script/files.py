"""The files of a version location: which are candidates for revisions, and in which order."""

from __future__ import annotations

import os
import sys

from limbeck.errors import CommandError


class Listing:
    """The files of one version location, in columns of equal length and in the order in which the system lists them.

    :param names: paths relative to the location, of all files.
    :param sizes: in bytes; None for a file that is no candidate, -1 for one whose status cannot be read.
    :param mtimes: in nanoseconds; None and -1 likewise.
    :param order: positions of the candidates in load order: by name, sub-folders after the files.
    :param paths: absolute paths of the candidates in load order; of a symbolic link, the path of its target.
    """

    __slots__ = ("mtimes", "names", "order", "paths", "sizes")

    def __init__(
        self,
        names: list[str],
        sizes: list[int | None],
        mtimes: list[int | None],
        order: list[int],
        paths: list[str],
    ) -> None:
        self.names = names
        self.sizes = sizes
        self.mtimes = mtimes
        self.order = order
        self.paths = paths

    def stamp(self, position: int) -> tuple[int | None, int | None]:
        """Size and mtime of one file."""
        return self.sizes[position], self.mtimes[position]

    def __add__(self, below: Listing) -> Listing:
        return Listing(
            self.names + below.names,
            self.sizes + below.sizes,
            self.mtimes + below.mtimes,
            self.order + [len(self.names) + position for position in below.order],
            self.paths + below.paths,
        )


def unchanged(folder: str, kept: Listing) -> bool:
    """Whether ``folder`` itself still has the names, sizes and mtimes of ``kept``; sub-folders are not looked at."""
    count = 0
    try:
        with os.scandir(folder) as entries:
            for entry, name, size, mtime in zip(entries, kept.names, kept.sizes, kept.mtimes, strict=True):
                if entry.name != name:
                    return False
                if mtime is not None:
                    status = entry.stat()
                    if status.st_mtime_ns != mtime or status.st_size != size:
                        return False
                count += 1
    except (OSError, ValueError):
        return False
    return count == len(kept.names)


def candidates(folder: str, *, recursive: bool = False, sourceless: bool = False, start: str = "") -> Listing:
    """The listing of ``folder``, empty for one that does not exist.

    :param recursive: include sub-folders, except ``__pycache__``.
    :param sourceless: compiled files without source are candidates too.
    :param start: prefix of every name.

    Raises `CommandError` where the folder cannot be listed.
    """
    entries = {entry.name: entry for entry in _scan(folder)}
    chosen = sorted(
        name for name in entries if name.endswith(".py") and name[0] != "." and not name.startswith("__init__")
    )
    folders = sorted(name for name in entries if name != "__pycache__" and entries[name].is_dir()) if recursive else []
    if sourceless:
        entries, chosen = _with_compiled(chosen, entries, _scan(os.path.join(folder, "__pycache__")))
    positions = {name: position for position, name in enumerate(entries)}
    listing = Listing(
        [start + name for name in entries],
        [None] * len(entries),
        [None] * len(entries),
        [positions[name] for name in chosen],
        [_path(entries[name]) for name in chosen],
    )
    for position in listing.order:
        listing.sizes[position], listing.mtimes[position] = _stamp(entries[listing.names[position][len(start) :]])
    for name in folders:
        below = entries[name].path
        listing += candidates(below, recursive=True, sourceless=sourceless, start=f"{start}{name}/")
    return listing


def stem(path: str) -> str:
    """The name of a file up to its first dot."""
    return os.path.basename(path).partition(".")[0]


def _scan(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as listing:
            return list(listing)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise CommandError(
            f"Can't list version location: {error.strerror}",
            code="location-unreadable",
            hint="a version location is a folder that this user may read",
            file=folder,
        ) from error


def _path(entry: os.DirEntry[str]) -> str:
    return os.path.realpath(entry.path) if entry.is_symlink() else entry.path


def _stamp(entry: os.DirEntry[str]) -> tuple[int, int]:
    try:
        status = entry.stat()
    except OSError:
        return -1, -1
    return status.st_size, status.st_mtime_ns


def _with_compiled(
    names: list[str], entries: dict[str, os.DirEntry[str]], cached: list[os.DirEntry[str]]
) -> tuple[dict[str, os.DirEntry[str]], list[str]]:
    """Entries and candidates with the compiled files without source: ``.pyc`` before ``.pyo``, this Python's first."""
    own = f".{sys.implementation.cache_tag}."
    everything = {entry.name: entry for entry in cached} | entries
    compiled = [
        name for name in everything if name.endswith((".pyc", ".pyo")) and not name.startswith((".", "__init__"))
    ]
    best = {stem(name): name for name in names}
    for name in sorted(
        compiled, key=lambda name: (name.endswith(".pyo"), name not in entries and own not in name, name)
    ):
        best.setdefault(stem(name), name)
    return everything, [best[key] for key in sorted(best, key=lambda key: f"{key}.py")]
