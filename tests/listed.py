"""What `docs/differences.md` lists: the tests that run both tools look their entries up in it."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "differences.md"


def section(heading: str) -> str:
    """The text below a heading, up to the next one of the same level."""
    level, _, _ = heading.partition(" ")
    found = re.search(
        rf"^{re.escape(heading)}\n(.*?)(?=^#{{1,{len(level)}}} |\Z)", PAGE.read_text(), re.DOTALL | re.MULTILINE
    )
    assert found is not None, heading
    return found[1]


def entries(text: str) -> dict[str, str]:
    """The entries of a section: name and text."""
    return dict(re.findall(r"^- \*\*([a-z-]+)\*\*: (.*?)(?=^\S|^$|\Z)", text, re.DOTALL | re.MULTILINE))
