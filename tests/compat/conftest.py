"""What `import alembic` means: `here` it is Limbeck, by compat/; `either` and `both` ask the reference too."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import servers
from installed import Installed, write
from sqlalchemy import make_url

NAMES = ("limbeck", "reference")


@pytest.fixture
def here(libraries: Path) -> Installed:
    """The libraries on Limbeck."""
    return Installed(libraries)


@pytest.fixture(params=NAMES)
def either(libraries: Path, request: pytest.FixtureRequest) -> Installed:
    """The libraries on Limbeck, then on the reference: a use that passes on both is a real one."""
    return Installed(libraries, request.param)


@pytest.fixture
def both(libraries: Path, tmp_path: Path) -> Callable[..., Any]:
    """Runs a script in the same folder of files on each, and returns the JSON that it printed last, which is the same.

    ``both(script, files)``, or ``both(script, lambda url: files, urls=...)`` with a database for each.
    """

    def run(script: str, files: Any, urls: tuple[str, str] = ("", "")) -> Any:
        found = {}
        for name, url in zip(NAMES, urls, strict=True):
            folder = write(tmp_path / name, files(url) if callable(files) else files)
            said = Installed(libraries, name).passes(script, cwd=folder)
            found[name] = json.loads(said.splitlines()[-1])
        assert found["limbeck"] == found["reference"]
        return found["limbeck"]

    return run


def _two(server: servers.Server) -> Iterator[tuple[str, ...]]:
    urls = server.create(), server.create()
    yield urls
    for url in urls:
        server.drop(str(make_url(url).database))


@pytest.fixture
def two_postgresql_urls(postgresql_server: servers.Server) -> Iterator[tuple[str, ...]]:
    """The URLs of two new PostgreSQL databases."""
    yield from _two(postgresql_server)


@pytest.fixture
def two_mariadb_urls(mariadb_server: servers.Server) -> Iterator[tuple[str, ...]]:
    """The URLs of two new MariaDB databases."""
    yield from _two(mariadb_server)
