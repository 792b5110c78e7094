"""Histories that are cared for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from long_history import History


@pytest.fixture
def history(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], History]:
    """Makes the environment on a database of its kind."""
    return lambda kind="sqlite": History(tmp_path, request.getfixturevalue(f"{kind}_url"))
