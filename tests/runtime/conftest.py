"""Projects for the tests of the runtime, on each backend that is there."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from project import Project

BACKENDS = ("sqlite", "postgresql", "mariadb")


@pytest.fixture
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Project]:
    """Makes a project: ``make("postgresql", edition=2026)``, on a database of its own."""

    def made(backend: str, edition: int | None = None, driver: str | None = None) -> Project:
        url = request.getfixturevalue(f"{backend}_url")
        if driver is not None:
            url = url.replace(url.partition(":")[0], driver, 1)
        return Project(tmp_path / "project", url, edition)

    return made


@pytest.fixture
def lite(make: Callable[..., Project]) -> Project:
    """A project on SQLite, without an edition."""
    return make("sqlite")


@pytest.fixture
def postgres(make: Callable[..., Project]) -> Project:
    """A project on PostgreSQL, without an edition."""
    return make("postgresql")


@pytest.fixture
def maria(make: Callable[..., Project]) -> Project:
    """A project on MariaDB, without an edition."""
    return make("mariadb")


@pytest.fixture(params=BACKENDS)
def project(request: pytest.FixtureRequest, make: Callable[..., Project]) -> Project:
    """A project on each backend, without an edition."""
    return make(request.param)


@pytest.fixture(params=BACKENDS)
def modern(request: pytest.FixtureRequest, make: Callable[..., Project]) -> Project:
    """A project on each backend, with ``edition = 2026``."""
    return make(request.param, edition=2026)


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of 256 KiB, where this machine lets us mount one."""
    place = Path(tempfile.mkdtemp(prefix="limbeck-disk-"))
    mount = shutil.which("mount")
    done = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=256k", "tmpfs", place], check=False, capture_output=True
    )
    if not done or done.returncode != 0:
        place.rmdir()
        pytest.skip("no right to mount a tmpfs here")
    yield place
    subprocess.run(["umount", place], check=True)
    place.rmdir()
