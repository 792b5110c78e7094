"""Environments with projects from PyPI, for `make campaign`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
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
def told(tools: dict[str, Path], tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[Path, Project, str], Any]:
    """Runs a program of this folder on an empty database for a project; gives the JSON that it prints."""

    def run(program: Path, project: Project, kind: str) -> Any:
        (tmp_path / "real.db").touch()
        url = f"sqlite:///{tmp_path / 'real.db'}"
        server = None if kind == "sqlite" else request.getfixturevalue(f"{kind}_server")
        if server is not None:
            driver = POSTGRESQL if kind == "postgresql" else MARIADB
            url = make_url(server.create()).set(drivername=driver).render_as_string(hide_password=False)
        try:
            words = [tools["limbeck"] / "python", program, project.name, url, *project.words(url, tmp_path)]
            done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
        finally:
            if server is not None:
                server.drop(str(make_url(url).database))
        assert done.returncode == 0, done.stderr[-2_000:]
        return json.loads(done.stdout)

    return run


def install(bin_: Path, *packages: str) -> None:
    """Install ``packages`` into the environment at ``bin_``."""
    pip = ("-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    subprocess.run([bin_ / "python", *pip, *packages], check=True)
