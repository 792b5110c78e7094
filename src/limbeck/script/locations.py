"""Version locations: which folders there are, which files in them are candidates, in which order (behaviour 2.2, 2.5)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from limbeck.errors import CommandError, warn

from . import cache, header
from .load import imported_header
from .script import Script

if TYPE_CHECKING:
    from collections.abc import Iterator

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

    def scripts(self) -> Iterator[Script]:
        """Every revision script, by location and name; a file that is no revision is named in a warning."""
        self.broken = []
        seen: set[str] = set()
        for folder in self.folders:
            yield from self._scripts_in(os.path.realpath(folder), seen)

    def _scripts_in(self, folder: str, seen: set[str]) -> Iterator[Script]:
        """The scripts of one location, whose header comes from the cache where that is still true."""
        from time import time_ns

        kept = cache.load(folder)
        fresh: dict[str, cache.Entry] = {}
        started = time_ns()
        for name, path, status in self._files(folder):
            if path in seen:
                warn(
                    f"File {path} loaded twice! ignoring. Please ensure version_locations is unique.",
                    code="file-loaded-twice",
                    file=path,
                )
                continue
            seen.add(path)
            entry = kept.get(name)
            if entry is None or entry[0] != status.st_size or entry[1] != status.st_mtime_ns:
                entry = (status.st_size, status.st_mtime_ns, tuple(_read(path)))
            if entry[1] < started - cache.RACY:
                fresh[name] = entry
            fields = entry[2]
            if fields[0] == header.LITERAL and fields[6] is None:
                yield Script.from_fields(path, fields)
            else:
                script = self._doubtful(path, header.Header(*fields))
                if script is not None:
                    yield script
        if fresh != kept:
            cache.store(folder, fresh)

    def _doubtful(self, path: str, found: header.Header) -> Script | None:
        """The script of a file that takes more than its literal header; None where it is left out, with a warning."""
        module = None
        if found.state == header.DYNAMIC:
            found, module = imported_header(path)
        if found.state == header.STRAY and _stem(path) and LEGACY_NAME.issuperset(_stem(path)):
            found = header.checked(found._replace(state=header.LITERAL, revision=_stem(path)))
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

    def _files(self, folder: str, prefix: str = "") -> Iterator[tuple[str, str, os.stat_result]]:
        """Candidates in ``folder``: relative name, real path, status; sorted by name, sub-folders after the files."""
        try:
            with os.scandir(folder) as listing:
                entries = {entry.name: entry for entry in listing}
        except FileNotFoundError:
            return
        except OSError as error:
            raise CommandError(
                f"Can't list version location: {error.strerror}", code="location-unreadable", file=folder
            ) from error
        found = [entries[name] for name in sorted(entries) if name.endswith(".py")]
        if self.sourceless:
            found = _with_compiled(found, [*entries.values(), *_listing(os.path.join(folder, "__pycache__"))])
        for entry in found:
            name = entry.name
            if name.startswith((".", "__init__")):
                continue
            path = os.path.realpath(entry.path) if entry.is_symlink() else entry.path
            try:
                yield prefix + name, path, entry.stat()
            except OSError as error:
                self.broken.append(BrokenFile(path, None, str(error.strerror)))
                warn(f"Revision file can't be read: {error.strerror}", code="broken-revision-file", file=path)
        if self.recursive:
            for name in sorted(name for name, entry in entries.items() if entry.is_dir() and name != "__pycache__"):
                yield from self._files(entries[name].path, f"{prefix}{name}/")


def _read(path: str) -> header.Header:
    """The header of the file at ``path``, as far as it can be told without running it."""
    if not path.endswith(".py"):
        return header.Header(header.DYNAMIC)
    try:
        with open(path, "rb") as stream:
            return header.read(stream.read())
    except OSError as error:
        return header.Header(header.BROKEN, problem=str(error.strerror))


def _stem(path: str) -> str:
    return os.path.basename(path).partition(".")[0]


def _listing(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as listing:
            return list(listing)
    except OSError:
        return []


def _with_compiled(sources: list[os.DirEntry[str]], others: list[os.DirEntry[str]]) -> list[os.DirEntry[str]]:
    """``sources`` and the compiled files that have none: `.pyc` before `.pyo`, this Python's own before another's."""
    import sys

    tag = sys.implementation.cache_tag
    best = {_stem(entry.name): entry for entry in sources}
    compiled = [entry for entry in others if entry.name.endswith((".pyc", ".pyo"))]
    for entry in sorted(compiled, key=lambda entry: (entry.name.endswith(".pyo"), f".{tag}." not in entry.name)):
        best.setdefault(_stem(entry.name), entry)
    return [best[stem] for stem in sorted(best, key=lambda stem: f"{stem}.py")]
