"""Both command lines, side by side."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from side_by_side import Tool


@pytest.fixture(scope="session")
def limbeck() -> Iterator[Tool]:
    """Our command line."""
    tool = Tool(sys.executable, "limbeck")
    yield tool
    tool.end()


@pytest.fixture(scope="session")
def alembic(reference: Path) -> Iterator[Tool]:
    """The reference's command line."""
    tool = Tool(str(reference), "alembic")
    yield tool
    tool.end()
