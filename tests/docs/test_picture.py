"""The moving picture of the README shows what its commands print now, plays by itself, and leads nowhere."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from walkthrough import same

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs"))

from pictures import terminal  # noqa: E402 found by the path above

SVG = "{http://www.w3.org/2000/svg}"


def texts(picture: str) -> list[str]:
    """The lines of a picture."""
    return ["".join(text.itertext()) for text in ET.fromstring(picture).iter(f"{SVG}text")]  # noqa: S314 our own file


def test_the_picture_of_the_readme() -> None:
    picture = terminal.PICTURE.read_text(encoding="utf-8")
    assert [line.removeprefix("$ ") for line in texts(picture) if line.startswith("$ ")] == [*terminal.COMMANDS]
    assert len(re.findall("@keyframes l", picture)) == len(texts(picture)), "each line comes at its time"
    assert "prefers-reduced-motion" in picture
    assert not re.search(r"<script|<image|href|url\(", picture), "nothing is loaded"
    assert f"({terminal.PICTURE.relative_to(ROOT)})" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.campaign
def test_the_picture_is_what_the_commands_print() -> None:
    """Otherwise: ``make picture``."""
    made = terminal.svg(list(terminal.lines(terminal.runs())))
    kept = terminal.PICTURE.read_text(encoding="utf-8")
    assert same("\n".join(texts(made))) == same("\n".join(texts(kept)))
