"""Pages that the index does not name yet, so that a new one is never without a place."""

from __future__ import annotations

from pathlib import Path

DOCS = Path(__file__).parents[1]


def other_pages() -> str:
    """The names of the pages of this folder that are in no list of the index, a line each."""
    named = set((DOCS / "index.md").read_text(encoding="utf-8").split())
    return "\n".join(sorted(page.stem for page in DOCS.glob("*.md") if page.stem not in {"index", *named}))
