"""The reference's interpreter, for differential tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def oracle(request: pytest.FixtureRequest) -> Path:
    """A Python in whose environment the reference, Alembic 1.20.1, is installed."""
    named = os.environ.get("LIMBECK_REFERENCE_PYTHON", "/work/ref/venv/bin/python")
    for python in (Path(named), request.config.rootpath / ".venv-reference" / "bin" / "python"):
        if python.exists():
            return python
    return pytest.skip("no reference: `make reference` makes .venv-reference, or LIMBECK_REFERENCE_PYTHON names one")
