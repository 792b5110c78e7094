"""The reference's interpreter, for differential tests."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def oracle(reference: Path) -> Path:
    """A Python in whose environment the reference, Alembic 1.20.1, is installed."""
    return reference
