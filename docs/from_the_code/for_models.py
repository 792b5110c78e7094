"""``llms.txt``: what the documentation has, in a form that language models are given, https://llmstxt.org."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCS = Path(__file__).parents[1]
PARTS = {"tutorial": "Tutorial", "how-to": "How-to", "": "Guides and reference", "reference": "Reference"}
"""Titles by folder, in their order; decisions are left to those who work on Limbeck."""


def index(titles: Mapping[str, str]) -> str:
    """The list.

    :param titles: of the pages, by their names.
    """
    text = "# Limbeck\n\n> Database migrations for Python and SQLAlchemy, which read and write the files of Alembic.\n"
    for folder, title in PARTS.items():
        pages = [page for page in sorted(titles) if page.rpartition("/")[0] == folder and page != "index"]
        lines = [f"- [{titles[page]}]({page}.html): {_first_sentence(page)}" for page in pages]
        text += f"\n## {title}\n\n" + "\n".join(lines) + "\n"
    return text


def _first_sentence(page: str) -> str:
    """What a page begins with, below its title."""
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    paragraphs = text.partition("\n# ")[2].split("\n\n") if text.startswith("<!--") else text.split("\n\n")
    prose = next((part for part in paragraphs[1:] if re.match(r"[A-Z`*]", part)), "")
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", " ".join(prose.split()))
    return re.split(r"(?<=[.:])\s", plain, maxsplit=1)[0].rstrip(":")
