"""Version locations: which folders there are, which files in them are candidates, in which order (behaviour 2.2, 2.5)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple, cast

from limbeck.errors import CommandError, warn

from . import cache, header
from .files import candidates, stem
from .script import Script

if TYPE_CHECKING:
    from .files import Listing

LEGACY_NAME = frozenset("0123456789abcdef")


class BrokenFile(NamedTuple):
    """A revision file that is left out of the graph because its header cannot be made out."""

    path: str
    line: int | None
    problem: str


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
    :param sourceless: accept compiled files that have no source beside them.

    After `scripts` has run, ``broken`` lists the files that had to be left out.
    """

    def __init__(self, folders: list[str], *, recursive: bool = False, sourceless: bool = False) -> None:
        self.folders = folders
        self.recursive = recursive
        self.sourceless = sourceless
        self.broken: list[BrokenFile] = []

    def scripts(self) -> list[Script]:
        """Every revision script, by location and name; a file that is no revision is named in a warning."""
        self.broken = []
        found: list[Script] = []
        for folder in dict.fromkeys(map(os.path.realpath, self.folders)):
            found += self._scripts_in(folder, {script.path for script in found})
        return found

    def _scripts_in(self, folder: str, seen: set[str]) -> list[Script]:
        """The scripts of one location, those of the files in ``seen`` left out."""
        kept = cache.load(folder)
        listing = candidates(
            folder, recursive=self.recursive, sourceless=self.sourceless, order=[] if kept is None else kept.names
        )
        if kept is None or kept.stamps != listing.stamps or kept.names != listing.names:
            kept = _renewed(kept, listing)
            if listing.names:
                cache.store(folder, kept)
        scripts = Script.of_shelf(listing.paths, kept)
        for position, fields in kept.doubtful.items():
            scripts[position] = self._doubtful(listing.paths[position], header.Header(*fields))
        whole = [script for script in scripts if script is not None] if kept.doubtful else cast("list[Script]", scripts)
        if self.recursive or seen:
            whole = [script for script in whole if _first_time(script.path, seen)]
        return whole

    def _doubtful(self, path: str, found: header.Header) -> Script | None:
        """The script of a file that takes more than its literal header; None where it is left out, with a warning."""
        module = None
        if found.state == header.DYNAMIC:
            from .load import imported_header

            found, module = imported_header(path)
        if found.state == header.STRAY and stem(path) and LEGACY_NAME.issuperset(stem(path)):
            found = header.checked(found._replace(state=header.LITERAL, revision=stem(path)))
        if found.state == header.STRAY:
            warn(
                f"Could not determine revision id from filename {os.path.basename(path)}: the file is ignored. "
                "Be sure the 'revision' variable is declared inside the script.",
                code="stray-file",
                hint="move a file that is no revision out of the version location",
                file=path,
            )
            return None
        if found.state == header.BROKEN:
            self.broken.append(BrokenFile(path, found.line, str(found.problem)))
            warn(
                f"Revision file can't be read: {found.problem}",
                code="broken-revision-file",
                hint="the revision is left out until the file is repaired",
                file=path,
                line=found.line,
            )
            return None
        if found.problem is not None:
            warn(
                f"Revision {found.revision} can't be run: {found.problem}",
                code="broken-revision-file",
                hint="its header was readable, so the history is whole; repair the file before running it",
                file=path,
                line=found.line,
            )
        script = Script.from_fields(path, found)
        script._module = module
        return script


def _first_time(path: str, seen: set[str]) -> bool:
    """Whether ``path`` is not in ``seen``, where it is afterwards; warns of a file that is there a second time."""
    if path in seen:
        warn(
            f"File {path} loaded twice! ignoring. Please ensure version_locations is unique.",
            code="file-loaded-twice",
            file=path,
        )
        return False
    seen.add(path)
    return True


def _renewed(kept: cache.Shelf | None, listing: Listing) -> cache.Shelf:
    """The headers of ``listing``: those of ``kept`` whose files are the same, and the others read."""
    from time import time_ns

    settled = time_ns() - cache.RACY
    known = {} if kept is None else {name: position for position, name in enumerate(kept.names)}
    shelf = cache.Shelf(listing.names, list(listing.stamps), [], [], {}, {}, [])
    same: dict[str | None, str | None] = {}
    for position, name in enumerate(listing.names):
        stamp = listing.stamps[2 * position : 2 * position + 2]
        before = known.get(name)
        if kept is not None and before is not None and kept.stamps[2 * before : 2 * before + 2] == stamp:
            shelf.copy_row(kept, before)
        else:
            shelf.add_row(_read(listing.paths[position]))
        if stamp[1] > settled:
            shelf.stamps[2 * position] = -2
        shelf.ids[-1] = same.setdefault(shelf.ids[-1], shelf.ids[-1])
        if isinstance(shelf.parents[-1], str):
            shelf.parents[-1] = same.setdefault(shelf.parents[-1], shelf.parents[-1])
    return shelf


def _read(path: str) -> header.Header:
    """The header of the file at ``path``, as far as it can be told without running it."""
    if not path.endswith(".py"):
        return header.Header(header.DYNAMIC)
    try:
        with open(path, "rb") as stream:
            return header.read(stream.read())
    except OSError as error:
        return header.Header(header.BROKEN, problem=str(error.strerror))
