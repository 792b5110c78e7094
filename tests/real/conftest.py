"""Environments with projects from PyPI, for `make campaign`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from programs import printed
from projects import MARIADB, POSTGRESQL, PROJECTS, Project
from sqlalchemy import make_url

ROOT = Path(__file__).parents[2]
REFERENCE = "alembic==1.20.1"


@pytest.fixture(scope="session")
def tools() -> dict[str, Path]:
    """Two environments with the same projects, kept for the next run: Limbeck has the reference's name in its own."""
    made = {tool: ROOT / ".venv-real" / tool / "bin" for tool in ("reference", "limbeck")}
    installed = ROOT / ".venv-real" / ".installed"
    if not installed.exists():
        for bin_ in made.values():
            subprocess.run([sys.executable, "-m", "venv", bin_.parent], check=True)
        names = [project.name for project in PROJECTS]
        install(made["reference"], REFERENCE, *names, "psycopg2-binary", "PyMySQL")
        listed = [made["reference"] / "python", "-m", "pip", "freeze"]
        frozen = subprocess.run(listed, check=True, capture_output=True, text=True).stdout.splitlines()
        install(made["limbeck"], "pip>=25.1")  # older ones look on the index for what is given as a folder
        install(made["limbeck"], "--editable", f"{ROOT}[lint]", str(ROOT / "compat"))
        install(made["limbeck"], *(line for line in frozen if not line.startswith("alembic==")))
        installed.touch()
    return made


@pytest.fixture
def new_url(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[str], str]]:
    """Makes an empty database of a kind, which is dropped after the test; gives its URL with the driver of projects."""
    with ExitStack() as stack:
        numbers = count()

        def make(kind: str) -> str:
            if kind == "sqlite":
                file = tmp_path / f"real{next(numbers)}.db"
                file.touch()
                return f"sqlite:///{file}"
            server = request.getfixturevalue(f"{kind}_server")
            url = make_url(server.create())
            stack.callback(server.drop, str(url.database))
            driver = POSTGRESQL if kind == "postgresql" else MARIADB
            return url.set(drivername=driver).render_as_string(hide_password=False)

        yield make


@pytest.fixture
def told(tools: dict[str, Path], tmp_path: Path, new_url: Callable[[str], str]) -> Callable[[Path, Project, str], Any]:
    """Runs a program of this folder on an empty database for a project; gives the JSON that it prints."""

    def run(program: Path, project: Project, kind: str) -> Any:
        url = new_url(kind)
        words = [program, project.name, url, *project.words(url, tmp_path)]
        return json.loads(printed(tools["limbeck"], words, tmp_path))

    return run


def install(bin_: Path, *packages: str) -> None:
    """Install ``packages`` into the environment at ``bin_``."""
    pip = ("-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    subprocess.run([bin_ / "python", *pip, *packages], check=True)
