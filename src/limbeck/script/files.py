"""Which files of a version location are candidates, and in which order (behaviour 2.5)."""

from __future__ import annotations

import os
import sys

from limbeck.errors import CommandError


class Listing:
    """The candidates of one version location, in columns of equal length.

    :param names: paths relative to the location, in load order: by name, sub-folders after the files.
    :param paths: absolute paths; of a symbolic link, the file that it leads to.
    :param stamps: size in bytes and mtime in nanoseconds, one after the other: twice as long; -1 where unreadable.
    """

    __slots__ = ("names", "paths", "stamps")

    def __init__(self, names: list[str], paths: list[str], stamps: list[int]) -> None:
        self.names = names
        self.paths = paths
        self.stamps = stamps


def candidates(folder: str, *, recursive: bool, sourceless: bool, order: list[str]) -> Listing:
    """The files in ``folder`` that may be revisions; a folder that is missing holds none.

    :param recursive: look into sub-folders too, but for `__pycache__`.
    :param sourceless: take compiled files that have no source.
    :param order: names in their order as they were the last time, which saves sorting them again.

    Raises `CommandError` where the folder cannot be listed.
    """
    entries = {entry.name: entry for entry in _scan(folder)}
    sources = {name: entry for name, entry in entries.items() if name.endswith(".py")}
    if len(order) == len(sources) and all(map(sources.__contains__, order)):
        found = [sources[name] for name in order]
    else:
        found = [sources[name] for name in sorted(sources)]
    if sourceless:
        found = _with_compiled(found, [*entries.values(), *_scan(os.path.join(folder, "__pycache__"))])
    found = [entry for entry in found if not entry.name.startswith((".", "__init__"))]
    names = [entry.name for entry in found]
    paths = [os.path.realpath(entry.path) if entry.is_symlink() else entry.path for entry in found]
    stamps = [number for entry in found for number in _stamp(entry)]
    if recursive:
        for name in sorted(name for name, entry in entries.items() if entry.is_dir() and name != "__pycache__"):
            below = candidates(entries[name].path, recursive=True, sourceless=sourceless, order=[])
            names += [f"{name}/{inner}" for inner in below.names]
            paths += below.paths
            stamps += below.stamps
    return Listing(names, paths, stamps)


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
            f"Can't list version location: {error.strerror}", code="location-unreadable", file=folder
        ) from error


def _stamp(entry: os.DirEntry[str]) -> tuple[int, int]:
    try:
        status = entry.stat()
    except OSError:
        return -1, -1
    return status.st_size, status.st_mtime_ns


def _with_compiled(sources: list[os.DirEntry[str]], others: list[os.DirEntry[str]]) -> list[os.DirEntry[str]]:
    """``sources`` and the compiled files that have none: `.pyc` before `.pyo`, this Python's own before another's."""
    tag = sys.implementation.cache_tag
    best = {stem(entry.name): entry for entry in sources}
    compiled = [entry for entry in others if entry.name.endswith((".pyc", ".pyo"))]
    for entry in sorted(compiled, key=lambda entry: (entry.name.endswith(".pyo"), f".{tag}." not in entry.name)):
        best.setdefault(stem(entry.name), entry)
    return [best[name] for name in sorted(best, key=lambda name: f"{name}.py")]
