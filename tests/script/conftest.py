"""An environment in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from written_by_hand import Environment


@pytest.fixture
def env(tmp_path: Path) -> Environment:
    return Environment(tmp_path)
