"""Real histories: projects from PyPI, unchanged, under both tools; schema, version rows and log have to be the same.

Some of these histories are ten years old: branches for expand and contract, batches on SQLite, data migrations, scripts
that query the database. It takes minutes to install them, so this runs in `make campaign` only.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest
from projects import MARIADB, POSTGRESQL, PROJECTS, Project
from sqlalchemy import NullPool, create_engine, inspect, make_url

PROGRAM = Path(__file__).with_name("projects.py")

pytestmark = [pytest.mark.campaign, pytest.mark.xdist_group("real")]


def upgrade(project: Project, bin_: Path, url: str, folder: Path) -> list[str]:
    """Upgrade the database at ``url`` to the newest revision, in a process of its own; what it logged of the steps."""
    words = project.words(url, folder)
    first = [bin_ / words[0]] if words else [bin_ / "python", PROGRAM, project.name, url]
    done = subprocess.run([*first, *words[1:]], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    return re.findall(r"Running (?:upgrade|stamp_revision) .*", done.stdout + done.stderr)


def version_rows(url: str) -> dict[str, list[str]]:
    """The rows of the version tables, by table."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        tables = [name for name in inspect(connection).get_table_names() if name.startswith("alembic_version")]
        return {
            name: sorted(connection.exec_driver_sql(f"SELECT version_num FROM {name}").scalars()) for name in tables
        }


def outcome(project: Project, bin_: Path, url: str, folder: Path) -> dict[str, object]:
    """What an upgrade leaves and says."""
    log = upgrade(project, bin_, url, folder)
    return {"log": log, "rows": version_rows(url), "schema": schema(url)}


def schema(url: str) -> list[str]:
    """The schema's own words, a line each, in no order: SQLAlchemy keeps unnamed constraints and indexes in sets."""
    place = make_url(url)
    if place.get_backend_name() == "sqlite":
        with sqlite3.connect(str(place.database)) as connection:
            text = "\n".join(
                row[0] for row in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
            )
    else:
        postgresql = place.get_backend_name() == "postgresql"
        program, *words = (
            ("pg_dump", "--schema-only", "--no-comments", f"--username={place.username}")
            if postgresql
            else ("mariadb-dump", "--no-data", "--skip-comments", f"--user={place.username}")
        )
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
        where = [f"--host={place.host}", f"--port={place.port}", str(place.database)]
        text = subprocess.run([program, *words, *where], check=True, capture_output=True, text=True).stdout
    lines = (line.strip().rstrip(",") for line in text.splitlines())
    return sorted(line for line in lines if line and not line.startswith(("\\restrict", "\\unrestrict")))


CASES = [(project, kind) for project in PROJECTS for kind in project.kinds]


@pytest.mark.parametrize(("project", "kind"), CASES, ids=[f"{project.name} on {kind}" for project, kind in CASES])
def test_a_real_history_gives_what_the_reference_gives(
    project: Project, kind: str, tools: dict[str, Path], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    found: dict[str, Any] = {}
    for tool, bin_ in tools.items():
        folder = tmp_path / tool
        folder.mkdir()
        if kind == "sqlite":
            url = f"sqlite:///{folder / 'real.db'}"
            found[tool] = outcome(project, bin_, url, folder)
            continue
        server = request.getfixturevalue(f"{kind}_server")
        made = make_url(server.create())
        name = str(made.database)
        try:
            url = made.set(drivername=POSTGRESQL if kind == "postgresql" else MARIADB).render_as_string(False)
            found[tool] = outcome(project, bin_, url, folder)
        finally:
            server.drop(name)
    assert len(found["reference"]["schema"]) > 50
    assert any(found["reference"]["rows"].values())
    assert found["limbeck"] == found["reference"]
