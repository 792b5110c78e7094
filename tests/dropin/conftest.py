"""Both command lines, side by side."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import servers
from side_by_side import Both, Tool
from sqlalchemy import make_url


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


@pytest.fixture
def both(alembic: Tool, limbeck: Tool, tmp_path: Path) -> Both:
    """Asks both tools the same, in folders of their own."""
    return Both((alembic, limbeck), tmp_path)


def _on(server: servers.Server, tools: tuple[Tool, Tool], folder: Path) -> Iterator[Both]:
    urls = server.create(), server.create()
    yield Both(tools, folder, urls)
    for url in urls:
        server.drop(str(make_url(url).database))


@pytest.fixture
def both_postgresql(alembic: Tool, limbeck: Tool, tmp_path: Path, postgresql_server: servers.Server) -> Iterator[Both]:
    """The same with a PostgreSQL database for each."""
    yield from _on(postgresql_server, (alembic, limbeck), tmp_path)


@pytest.fixture
def both_mariadb(alembic: Tool, limbeck: Tool, tmp_path: Path, mariadb_server: servers.Server) -> Iterator[Both]:
    """The same with a MariaDB database for each."""
    yield from _on(mariadb_server, (alembic, limbeck), tmp_path)


@pytest.fixture(params=["both", "both_postgresql", "both_mariadb"], ids=["sqlite", "postgresql", "mariadb"])
def both_anywhere(request: pytest.FixtureRequest) -> Both:
    """The same on each of these databases in turn."""
    found: Both = request.getfixturevalue(request.param)
    return found
