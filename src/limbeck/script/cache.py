"""Headers once read are kept: one file a version location, under its `__pycache__`.

A header counts while path, size and mtime of its revision file are the same. The cache is a convenience and no
more: where it cannot be read, is damaged or was written by another version it is ignored, where it cannot be
written the work goes on without.

It is kept by columns, and the messages apart from the rest: ten thousand revisions are there in a few milliseconds.
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

_STAMP = ("limbeck headers", 4, __version__, sys.version)

Mode = tuple[bool, bool]
"""How a location is read: with its sub-folders, with compiled files."""

RACY = 50_000_000
"""A file that changed less than this many nanoseconds before it was read is read again the next time: it may have
changed once more within the same tick of the file system's clock."""


class HeaderCache:
    """The headers of one version location, in columns of equal length.

    :param listing: the files; rows are in its load order. Its paths are kept only where there are links among them.
    :param ids: revision ids; None where the header is not literal.
    :param parents: down revisions, as `Revision` keeps them.
    :param more: by position, dependencies and own labels where there are any.
    :param doubtful: by position, the fields of a `Header` that takes more than reading, or has a problem.
    :param texts: the first paragraphs of the docstrings; or these packed, to be unpacked when the first is wanted.
    """

    __slots__ = ("_by_id", "_texts", "doubtful", "ids", "listing", "more", "parents")

    def __init__(
        self,
        listing: Listing,
        ids: list[str | None],
        parents: list[Any],
        more: dict[int, tuple[Any, tuple[str, ...]]],
        doubtful: dict[int, tuple[Any, ...]],
        texts: list[str] | bytes,
    ) -> None:
        self.listing = listing
        self.ids = ids
        self.parents = parents
        self.more = more
        self.doubtful = doubtful
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
        """Whether the files are still those of ``listing``."""
        mine = self.listing
        return mine.mtimes == listing.mtimes and mine.sizes == listing.sizes and mine.names == listing.names

    def add_row(self, found: Header) -> None:
        """Put the header of the next file on the shelf."""
        from .header import LITERAL

        position = len(self.ids)
        literal = found.state == LITERAL and found.problem is None
        node = Revision(found.revision, found.down_revision, found.depends_on, found.branch_labels) if literal else None
        self.ids.append(None if node is None else node.revision)
        self.parents.append(None if node is None else node.down_revision)
        self.texts.append(found.doc)
        if node is None:
            self.doubtful[position] = found.fields()
        elif node.dependencies is not None or node.own_labels:
            self.more[position] = (node.dependencies, node.own_labels)

    def copy_row(self, other: HeaderCache, row: int) -> None:
        """Put row ``row`` of ``other`` on the shelf."""
        position = len(self.ids)
        self.ids.append(other.ids[row])
        self.parents.append(other.parents[row])
        self.texts.append(other.texts[row])
        if row in other.more:
            self.more[position] = other.more[row]
        if row in other.doubtful:
            self.doubtful[position] = other.doubtful[row]


def path_for(folder: str) -> str:
    """Where the headers of version location ``folder`` are kept."""
    name = f"limbeck.{sys.implementation.cache_tag}.headers"
    if sys.pycache_prefix is not None:
        return os.path.join(sys.pycache_prefix, os.path.splitdrive(folder)[1].lstrip("/\\"), name)
    return os.path.join(folder, "__pycache__", name)


def make_place(folder: str) -> bool:
    """Make the folder that the cache of ``folder`` needs; True where it was not there."""
    try:
        os.makedirs(os.path.dirname(path_for(folder)))
    except OSError:
        return False
    return True


def plain_paths(folder: str, listing: Listing) -> list[str]:
    """The paths of the candidates in ``folder``, in load order, as long as none is a link."""
    start = os.path.join(folder, "")
    return [start + listing.names[position] for position in listing.order]


def load(folder: str, mode: Mode) -> HeaderCache | None:
    """What is kept for ``folder`` read in ``mode``; None where there is nothing of use."""
    try:
        with open(path_for(folder), "rb") as stream:
            stamp, checksum, body, texts = marshal.loads(stream.read())  # noqa: S302 as Python's own bytecode there
        if stamp != (_STAMP, mode) or checksum != _checksum(body, texts):
            return None
        files, ids, parents, more, doubtful = marshal.loads(body)  # noqa: S302 checked by its checksum
    except (OSError, ValueError, EOFError, TypeError):
        return None
    return HeaderCache(Listing(*files), ids, parents, more, doubtful, texts)


def store(folder: str, mode: Mode, shelf: HeaderCache) -> None:
    """Keep ``shelf`` for ``folder`` read in ``mode``: replaced as a whole, so that a reader sees all or nothing."""
    target = path_for(folder)
    temporary = f"{target}.{os.getpid()}.{get_ident()}"
    files = shelf.listing
    plain = files.paths == plain_paths(folder, files)
    body = marshal.dumps(
        (
            (files.names, files.sizes, files.mtimes, files.order, [] if plain else files.paths),
            shelf.ids,
            shelf.parents,
            shelf.more,
            shelf.doubtful,
        )
    )
    texts = marshal.dumps(shelf.texts)
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
