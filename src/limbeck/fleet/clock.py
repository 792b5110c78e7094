"""Times as campaigns have them."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> str:
    """The time: UTC, in whole seconds, as text."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
