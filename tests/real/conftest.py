"""Environments with projects from PyPI, for `make campaign`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from projects import PROJECTS

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
        install(made["limbeck"], "--editable", f"{ROOT}[lint]", str(ROOT / "compat"))
        install(made["limbeck"], *(line for line in frozen if not line.startswith("alembic==")))
        installed.touch()
    return made


def install(bin_: Path, *packages: str) -> None:
    """Install ``packages`` into the environment at ``bin_``."""
    pip = ("-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    subprocess.run([bin_ / "python", *pip, *packages], check=True)
