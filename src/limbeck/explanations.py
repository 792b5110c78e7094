"""What codes of errors and warnings mean: `docs/errors.md`, in a wheel within the package, in a checkout above it."""

from __future__ import annotations

import os.path
import re
from typing import NamedTuple

_PACKAGE = os.path.dirname(os.path.abspath(__file__))
_SHIPPED = os.path.join(_PACKAGE, "errors.md")
PAGE = _SHIPPED if os.path.exists(_SHIPPED) else os.path.join(_PACKAGE, "..", "..", "docs", "errors.md")
"""The path of the page."""

DOCUMENTATION = "https://github.com/limbeck/limbeck/blob/main/docs"
"""Where the documentation is: what leads there from a terminal or a file begins with it."""

_SECTION = re.compile(
    r"^## ([a-z0-9-]+)\n\n(.+?)\n\n- Cause: (.+?)\n- Do: (.+?)\n(?=\n## |\Z)", re.MULTILINE | re.DOTALL
)


class Explanation(NamedTuple):
    """What a code means.

    :param code: the code.
    :param meaning: what it says.
    :param cause: how it comes about.
    :param way_out: what to do.
    """

    code: str
    meaning: str
    cause: str
    way_out: str

    @property
    def address(self) -> str:
        """Where the page has the section of the code."""
        return f"{DOCUMENTATION}/errors.md#{self.code}"


def explanations() -> dict[str, Explanation]:
    """All explanations, by code."""
    with open(PAGE, encoding="utf-8") as stream:
        return {found[1]: Explanation(*map(_line, found.groups())) for found in _SECTION.finditer(stream.read())}


def _line(text: str) -> str:
    """A paragraph as one line."""
    return " ".join(text.split())
