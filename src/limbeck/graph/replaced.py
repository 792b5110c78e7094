"""Squashes: revisions that stand in the place of several, which a database inside of them still needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .graph import Graph
    from .revision import Revision


def squashes_around(graph: Graph, rows: Iterable[str]) -> list[str]:
    """Ids of the squashes that some rows stand inside of, in load order.

    :param rows: ids in a version table. One that a revision of the graph has is not inside of any.
    """
    inside = {row for row in rows if row not in graph.nodes}
    return [name for name, node in graph.nodes.items() if node.replaces and not inside.isdisjoint(node.replaces)]


def with_originals(revisions: Iterable[Revision], originals: Mapping[str, Sequence[Revision]]) -> Iterator[Revision]:
    """The revisions, in the place of some squashes those that they replace.

    :param revisions: in load order. :param originals: what squashes replace, by the id of each.
    """
    for revision in revisions:
        yield from originals.get(revision.revision, (revision,))
