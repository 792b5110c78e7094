"""Version locations: the folders that settings name, and the scripts in them."""

from __future__ import annotations

import gc
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from limbeck.errors import CommandError, warn

from . import cache
from .files import Listing, candidates, unchanged
from .script import Script

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .irregular import BrokenFile

UNSETTLED = -2
"""In place of the mtime of a file that has just changed, and so will be read again."""


def resolve(value: str) -> str:
    """The folder that a setting names: a path as it is, or ``package.module:folder`` as the folder in that package.

    Raises `CommandError` where the package cannot be found.
    """
    if os.path.isabs(value) or ":" not in value:
        return value
    from importlib.resources import files

    package, *parts = value.split(":")
    try:
        found = files(package).joinpath(*parts)
    except (ImportError, TypeError) as error:
        raise CommandError(
            f"Can't find package resource '{value}': {error}",
            code="package-resource",
            hint="package.module:folder names a folder in a package that can be imported; see prepend_sys_path",
        ) from error
    return os.fspath(found) if isinstance(found, os.PathLike) else str(found)


class Locations:
    """The revision files of several version locations.

    :param folders: the version locations; one that is missing holds nothing.
    :param recursive: look into sub-folders too.
    :param sourceless: accept compiled files without source.
    :param strict: take no id from the name of a file that seems to misspell 'revision'.

    After `scripts` has run, ``broken`` lists the files that it left out.
    """

    def __init__(
        self, folders: list[str], *, recursive: bool = False, sourceless: bool = False, strict: bool = False
    ) -> None:
        self.folders = folders
        self.recursive = recursive
        self.sourceless = sourceless
        self.strict = strict
        self.broken: list[BrokenFile] = []

    def scripts(self) -> list[Script]:
        """Every revision script, by location and name; warns of each file that is no revision."""
        self.broken = []
        found: list[Script] = []
        with _no_collection():
            for folder in dict.fromkeys(map(os.path.realpath, self.folders)):
                found += self._scripts_in(folder, {script.path for script in found})
        return found

    def _scripts_in(self, folder: str, seen: set[str]) -> list[Script]:
        """The scripts of one location without those of the files in ``seen``."""
        paths, headers = self._headers_in(folder)
        scripts = Script.of_cache(paths, headers)
        whole = cast("list[Script]", scripts)
        if headers.irregular:
            from .irregular import script_of

            for row, fields in headers.irregular.items():
                scripts[row] = script_of(paths[row], fields, self.broken, strict=self.strict)
            whole = [script for script in scripts if script is not None]
        if self.recursive or seen:
            whole = [script for script in whole if _first_time(script.path, seen)]
        return whole

    def _headers_in(self, folder: str) -> tuple[list[str], cache.HeaderCache]:
        """The paths of the files of one location, and their headers: from the cache as far as it is valid."""
        mode = (self.recursive, self.sourceless)
        kept = cache.load(folder, mode)
        if not any(mode) and kept is not None and unchanged(folder, kept.listing):
            return kept.listing.paths or cache.plain_paths(folder, kept.listing), kept
        listing = candidates(folder, recursive=self.recursive, sourceless=self.sourceless)
        if kept is None and listing.order and cache.make_folder(folder):  # which is listed from now on
            listing = candidates(folder, recursive=self.recursive, sourceless=self.sourceless)
        if kept is None or not kept.holds(listing):
            kept = _renewed(kept, listing)
            if listing.paths:
                cache.store(folder, mode, kept)
        return listing.paths, kept


@contextmanager
def _no_collection() -> Iterator[None]:
    """Switch the garbage collector off while many objects are made that all stay."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _first_time(path: str, seen: set[str]) -> bool:
    """Add ``path`` to ``seen``; False, with a warning, for one that is in it already."""
    if path in seen:
        warn(
            f"File {path} loaded twice! ignoring. Please ensure version_locations is unique.",
            code="file-loaded-twice",
            hint="name each folder once; a link counts as what it leads to",
            file=path,
        )
        return False
    seen.add(path)
    return True


def _renewed(kept: cache.HeaderCache | None, listing: Listing) -> cache.HeaderCache:
    """The headers of ``listing``: taken from ``kept`` where the file is the same, otherwise read."""
    from time import time_ns

    from .header import read_file

    settled = time_ns() - cache.RACY
    rows = {} if kept is None else {kept.listing.names[place]: row for row, place in enumerate(kept.listing.order)}
    mtimes = [UNSETTLED if mtime is not None and mtime > settled else mtime for mtime in listing.mtimes]
    read = Listing(listing.names, listing.sizes, mtimes, listing.order, listing.paths)
    headers = cache.HeaderCache(read, [], [], {}, {}, [])
    same: dict[str | None, str | None] = {}
    for place, path in zip(listing.order, listing.paths, strict=True):
        row = rows.get(listing.names[place])
        if kept is not None and row is not None and kept.listing.stamp(kept.listing.order[row]) == listing.stamp(place):
            headers.copy_row(kept, row)
        else:
            headers.add_row(read_file(path))
        # one object for an id and for each mention of it: marshal stores it once
        headers.ids[-1] = same.setdefault(headers.ids[-1], headers.ids[-1])
        if isinstance(headers.parents[-1], str):
            headers.parents[-1] = same.setdefault(headers.parents[-1], headers.parents[-1])
    return headers
