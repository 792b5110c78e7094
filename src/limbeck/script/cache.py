"""The cache of headers: one file for each version location, in its ``__pycache__``.

A header is valid as long as path, size and mtime of its revision file are the same. The cache is an optimization only:
one that cannot be read, is damaged or was written by another version is ignored, and so is a failure to write it.

Headers are stored in columns, the messages apart from the rest, so ten thousand of them load in a few milliseconds.
"""

from __future__ import annotations

import marshal
import os
import sys
from _thread import get_ident
from typing import TYPE_CHECKING, Any, cast

from limbeck.graph.revision import Revision
from limbeck.version import __version__

from .files import Listing

if TYPE_CHECKING:
    from .header import Header

    Parents = str | tuple[str, ...] | None

_STAMP = ("limbeck headers", 5, __version__, sys.version)

Mode = tuple[bool, bool]
"""How a location is read: with its sub-folders, with compiled files."""

RACY = 50_000_000
"""A file that changed less than this many nanoseconds before it was read is read again the next time: it may change
once more within the same tick of the file system's clock."""


class HeaderCache:
    """The headers of one version location, in columns of equal length.

    :param listing: the files; rows are in its load order. Its paths are stored only where some are links.
    :param ids: revision ids; None where the header is irregular.
    :param parents: down revisions, as `Revision` has them.
    :param extras: by row, dependencies, own labels and the ids that it replaces, where there are any.
    :param irregular: by row, the fields of a `Header` that is not literal or has a problem.
    :param texts: the first paragraphs of the docstrings; or these marshalled, to be loaded when the first is needed.
    """

    __slots__ = ("_by_id", "_texts", "extras", "ids", "irregular", "listing", "parents")

    def __init__(
        self,
        listing: Listing,
        ids: list[str | None],
        parents: list[Parents],
        extras: dict[int, tuple[Parents, tuple[str, ...], tuple[str, ...]]],
        irregular: dict[int, tuple[Any, ...]],
        texts: list[str] | bytes,
    ) -> None:
        self.listing = listing
        self.ids = ids
        self.parents = parents
        self.extras = extras
        self.irregular = irregular
        self._texts = texts
        self._by_id: dict[str | None, str] | None = None

    @property
    def texts(self) -> list[str]:
        """The column of messages."""
        if isinstance(self._texts, bytes):
            self._texts = cast("list[str]", marshal.loads(self._texts))  # noqa: S302 checked by its checksum
        return self._texts

    def message(self, revision: str) -> str:
        """The message of a revision."""
        if self._by_id is None:
            self._by_id = dict(zip(self.ids, self.texts, strict=True))
        return self._by_id[revision]

    def holds(self, listing: Listing) -> bool:
        """Whether the headers are those of the files in ``listing``."""
        read = self.listing
        return read.mtimes == listing.mtimes and read.sizes == listing.sizes and read.names == listing.names

    def add_row(self, found: Header) -> None:
        """Append the header of the next file."""
        from .header import LITERAL

        row = len(self.ids)
        literal = found.state == LITERAL and found.problem is None
        node = Revision(found.revision, found.down_revision, found.depends_on, found.branch_labels) if literal else None
        self.ids.append(None if node is None else node.revision)
        self.parents.append(None if node is None else node.down_revision)
        self.texts.append(found.doc)
        if node is None:
            self.irregular[row] = tuple(found)
        elif node.dependencies is not None or node.own_labels or found.replaces:
            self.extras[row] = (node.dependencies, node.own_labels, found.replaces)

    def copy_row(self, other: HeaderCache, row: int) -> None:
        """Append row ``row`` of ``other``."""
        position = len(self.ids)
        self.ids.append(other.ids[row])
        self.parents.append(other.parents[row])
        self.texts.append(other.texts[row])
        if row in other.extras:
            self.extras[position] = other.extras[row]
        if row in other.irregular:
            self.irregular[position] = other.irregular[row]


def path_for(folder: str) -> str:
    """Path of the cache of version location ``folder``."""
    name = f"limbeck.{sys.implementation.cache_tag}.headers"
    if sys.pycache_prefix is not None:
        return os.path.join(sys.pycache_prefix, os.path.splitdrive(folder)[1].lstrip("/\\"), name)
    return os.path.join(folder, "__pycache__", name)


def make_folder(folder: str) -> bool:
    """Make the folder of the cache of ``folder``; False where it exists or cannot be made."""
    try:
        os.makedirs(os.path.dirname(path_for(folder)))
    except OSError:
        return False
    return True


def plain_paths(folder: str, listing: Listing) -> list[str]:
    """Paths of the candidates in ``folder``, in load order, where none is a link."""
    start = os.path.join(folder, "")
    return [start + listing.names[position] for position in listing.order]


def load(folder: str, mode: Mode) -> HeaderCache | None:
    """The cache of ``folder`` read in ``mode``; None where there is none that is valid."""
    try:
        with open(path_for(folder), "rb") as stream:
            stamp, checksum, body, texts = marshal.loads(stream.read())  # noqa: S302 as trusted as the bytecode beside it
        if stamp != (_STAMP, mode) or checksum != _checksum(body, texts):
            return None
        files, ids, parents, extras, irregular = marshal.loads(body)  # noqa: S302 checked by its checksum
    except (OSError, ValueError, EOFError, TypeError):
        return None
    return HeaderCache(Listing(*files), ids, parents, extras, irregular, texts)


def store(folder: str, mode: Mode, headers: HeaderCache) -> None:
    """Store the headers of ``folder`` read in ``mode``, in one move, so that no half-written cache is ever read."""
    target = path_for(folder)
    temporary = f"{target}.{os.getpid()}.{get_ident()}"
    files = headers.listing
    plain = files.paths == plain_paths(folder, files)
    body = marshal.dumps(
        (
            (files.names, files.sizes, files.mtimes, files.order, [] if plain else files.paths),
            headers.ids,
            headers.parents,
            headers.extras,
            headers.irregular,
        )
    )
    texts = marshal.dumps(headers.texts)
    try:
        with open(temporary, "wb") as stream:
            stream.write(marshal.dumps(((_STAMP, mode), _checksum(body, texts), body, texts)))
        os.replace(temporary, target)
    except OSError:
        _forget(temporary)


def _checksum(*parts: bytes) -> int:
    from binascii import crc32

    total = 0
    for part in parts:
        total = crc32(part, total)
    return total


def _forget(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return
