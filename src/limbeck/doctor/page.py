"""Where ``docs/differences.md`` is: in a wheel within the package, in a checkout two folders up."""

from __future__ import annotations

import os.path

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_SHIPPED = os.path.join(_PACKAGE, "differences.md")
_CHECKED_OUT = os.path.join(os.path.dirname(os.path.dirname(_PACKAGE)), "docs", "differences.md")

DIFFERENCES = _SHIPPED if os.path.exists(_SHIPPED) else _CHECKED_OUT
"""The path of the page that lists what differs from Alembic."""
