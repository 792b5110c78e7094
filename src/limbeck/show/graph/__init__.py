"""The history as a picture: of characters, and as Mermaid, DOT and SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.results import GraphResult


def lines(found: GraphResult, format: str, encoding: str | None = None) -> Iterator[str]:
    """The picture in a format: ``text``, ``mermaid``, ``dot`` or ``svg``.

    :param encoding: of the stream that text goes to.
    """
    if format == "mermaid":
        from .mermaid import mermaid

        return mermaid(found)
    if format == "dot":
        from .dot import dot

        return dot(found)
    if format == "svg":
        from .svg import svg

        return svg(found)
    from .text import text

    return text(found, encoding)
