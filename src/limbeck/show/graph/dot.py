"""The history as a graph for Graphviz: ``limbeck graph --format dot | dot -Tsvg``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .facts import marks, message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.results import GraphResult, GraphRow

_HEADER = """\
digraph history {
  rankdir=BT
  node [shape=box, style=rounded, fontname="sans-serif", fontsize=10]
  edge [color="#666666", arrowsize=0.6]"""


def dot(found: GraphResult) -> Iterator[str]:
    """A box for each revision, an arrow from each parent, and a dashed one from each dependency.

    Boxes of applied revisions are filled, those of current ones have a thick line.
    """
    yield from _HEADER.splitlines()
    for row in found.rows:
        yield f"  {_quoted(row.revision.revision)} [{', '.join(_attributes(row, found))}]"
    for row in found.rows:
        for line in row.lines:
            dashed = " [style=dashed]" if line.kind == "dependency" else ""
            yield f"  {_quoted(line.revision)} -> {_quoted(row.revision.revision)}{dashed}"
    yield "}"


def _attributes(row: GraphRow, found: GraphResult) -> Iterator[str]:
    special = marks(row, found)
    words = [f"{row.revision.revision}{f' ({special})' if special else ''}", message(row)]
    yield f"label={_quoted(chr(10).join(words))}"
    if row.applied_to:
        yield 'style="rounded,filled", fillcolor="#d4edda", fontcolor="#000000"'
    if row.revision.is_current:
        yield "penwidth=2"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
