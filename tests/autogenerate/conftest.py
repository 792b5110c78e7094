"""The reference's interpreter, for differential tests; databases, for scripts that are written and run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from running import Database


@pytest.fixture(scope="session")
def oracle(reference: Path) -> Path:
    """A Python in whose environment the reference, Alembic 1.20.1, is installed."""
    return reference


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database on each backend in turn."""
    engine = sa.create_engine(request.getfixturevalue(f"{request.param}_url"), poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield Database(connection)
