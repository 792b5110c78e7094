"""Where the pages of ``docs/differences`` are: in a wheel within the package, in a checkout two folders up."""

from __future__ import annotations

import os.path

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_CHECKOUT = os.path.join(os.path.dirname(os.path.dirname(_PACKAGE)), "docs")


def page(name: str) -> str:
    """The path of a page, such as ``names.md``."""
    shipped = os.path.join(_PACKAGE, "differences", name)
    return shipped if os.path.exists(shipped) else os.path.join(_CHECKOUT, "differences", name)
