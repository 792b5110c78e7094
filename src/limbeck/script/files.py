"""Which files of a version location are candidates, and in which order (behaviour 2.5)."""

from __future__ import annotations

import os
import sys

from limbeck.errors import CommandError


class Listing:
    """The candidates of one version location, in columns of equal length.

    :param names: paths relative to the location, in load order: by name, sub-folders after the files.
    :param paths: absolute paths; of a symbolic link, the file that it leads to.
    :param sizes: in bytes; -1 where a file cannot be asked.
    :param mtimes: in nanoseconds; -1 where a file cannot be asked.
    :param others: names of what else lies in the location.
    """

    __slots__ = ("mtimes", "names", "others", "paths", "sizes")

    def __init__(
        self, names: list[str], paths: list[str], sizes: list[int], mtimes: list[int], others: list[str]
    ) -> None:
        self.names = names
        self.paths = paths
        self.sizes = sizes
        self.mtimes = mtimes
        self.others = others

    def stamp(self, position: int) -> tuple[int, int]:
        """Size and mtime of one file."""
        return self.sizes[position], self.mtimes[position]


def unchanged(folder: str, kept: Listing) -> bool:
    """Whether ``folder`` holds just the files of ``kept``, with their sizes and mtimes, and none by a link."""
    rows = {name: row for row, name in enumerate(kept.names)}
    sizes, mtimes, others = kept.sizes, kept.mtimes, set(kept.others)
    left = len(rows)
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                row = rows.get(entry.name)
                if row is not None:
                    status = entry.stat()
                    if status.st_mtime_ns != mtimes[row] or status.st_size != sizes[row] or entry.is_symlink():
                        return False
                    left -= 1
                elif entry.name not in others:
                    return False
    except OSError:
        return False
    return left == 0


def candidates(folder: str, *, recursive: bool = False, sourceless: bool = False) -> Listing:
    """The files in ``folder`` that may be revisions; a folder that is missing holds none.

    :param recursive: look into sub-folders too, but for `__pycache__`.
    :param sourceless: take compiled files that have no source.

    Raises `CommandError` where the folder cannot be listed.
    """
    entries = {entry.name: entry for entry in _scan(folder)}
    names = sorted(
        name for name in entries if name.endswith(".py") and name[0] != "." and not name.startswith("__init__")
    )
    folders = sorted(name for name in entries if name != "__pycache__" and entries[name].is_dir()) if recursive else []
    if sourceless:
        entries, names = _with_compiled(names, entries, _scan(os.path.join(folder, "__pycache__")))
    found = [entries[name] for name in names]
    paths = [os.path.realpath(entry.path) if entry.is_symlink() else entry.path for entry in found]
    listing = Listing(names, paths, *_stamps(found), list(entries.keys() - set(names)))
    for name in folders:
        below = candidates(entries[name].path, recursive=True, sourceless=sourceless)
        listing.names += [f"{name}/{inner}" for inner in below.names]
        listing.paths += below.paths
        listing.sizes += below.sizes
        listing.mtimes += below.mtimes
    return listing


def stem(path: str) -> str:
    """The name of a file without what follows its first dot."""
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


def _stamps(entries: list[os.DirEntry[str]]) -> tuple[list[int], list[int]]:
    """Sizes and mtimes; -1 for an entry that cannot be asked."""
    sizes: list[int] = []
    mtimes: list[int] = []
    for entry in entries:
        try:
            status = entry.stat()
        except OSError:
            sizes.append(-1)
            mtimes.append(-1)
        else:
            sizes.append(status.st_size)
            mtimes.append(status.st_mtime_ns)
    return sizes, mtimes


def _with_compiled(
    names: list[str], entries: dict[str, os.DirEntry[str]], cached: list[os.DirEntry[str]]
) -> tuple[dict[str, os.DirEntry[str]], list[str]]:
    """Entries and names with the compiled files that have no source: `.pyc` before `.pyo`, this Python's own first."""
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
