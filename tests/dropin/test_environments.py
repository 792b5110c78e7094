"""Existing environments under `limbeck`: every command but `init`, with the lines and files that the reference gives.

Both tools get the same environment, each in a folder and on a database of its own, and the same commands. After each
command exit code, stdout, log lines, revision files, version rows and schema are compared.
"""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
import servers
import sqlalchemy as sa
from environments import BY_HAND, TEMPLATES, make
from side_by_side import Tool, seen, state

# Command lines, and what MODELS is meanwhile: the models as they are at that time.
STORY = [
    ("revision --autogenerate -m books --rev-id a1", 1),
    ("heads", 1),
    ("upgrade a1", 1),
    ("current", 1),
    ("current -v", 1),
    ("check", 1),
    ("revision --autogenerate -m more --rev-id a2", 2),
    ("history -v -i", 2),
    ("upgrade head", 2),
    ("downgrade -1", 2),
    ("upgrade +1", 2),
    ("revision -m side --rev-id b1 --head a1 --splice", 2),
    ("heads -v", 2),
    ("branches -v", 2),
    ("upgrade heads", 2),
    ("merge heads -m both --rev-id m1", 2),
    ("upgrade head", 2),
    ("show m1", 2),
    ("stamp a1", 2),
    ("current", 2),
    ("stamp m1", 2),
    ("upgrade a1:a2 --sql", 2),
    ("downgrade a2:a1 --sql", 2),
    ("revision --autogenerate -m loans --rev-id c1", 3),
    ("upgrade head", 3),
    ("check", 3),
    ("history", 3),
    ("ensure_version", 3),
    ("edit c1", 3),
    ("downgrade a1", 3),
]

UNFIT = {
    "multidb": {"history -v -i": "the reference prints the history again for every database"},
    "style-1.8": {"downgrade a2:a1 --sql": "a batch that drops a column has to read the table, on both sides"},
}


def compare(alembic: Tool, limbeck: Tool, kind: str, tmp_path: Path, urls: dict[str, str]) -> None:
    """Tell `STORY` to both tools."""
    folders = {tool: tmp_path / tool.name for tool in (alembic, limbeck)}
    for tool, folder in folders.items():
        make(alembic, kind, folder, urls[tool.name])
    for line, models in STORY:
        if line in UNFIT.get(kind, {}):
            continue
        told = {}
        for tool, folder in folders.items():
            done = tool.succeeds(folder, *line.split(), EDITOR="true", MODELS=str(models))
            told[tool.name] = seen(done, folder, urls[tool.name])
        differing = "\n".join(difflib.unified_diff(told["alembic"], told["limbeck"], "alembic", "limbeck", n=1))
        assert differing == "", f"{line}\n{differing}"
    assert any(part.startswith("rows: ['a1']") for part in told["limbeck"])


@pytest.mark.parametrize("kind", [*TEMPLATES, *BY_HAND])
def test_on_sqlite(alembic: Tool, limbeck: Tool, kind: str, tmp_path: Path) -> None:
    urls = {tool.name: f"sqlite:///{tmp_path / tool.name / 'one.db'}" for tool in (alembic, limbeck)}
    compare(alembic, limbeck, kind, tmp_path, urls)


@pytest.mark.parametrize("kind", ["generic", "style-1.8"])
def test_on_postgresql(
    alembic: Tool, limbeck: Tool, kind: str, tmp_path: Path, postgresql_server: servers.Server
) -> None:
    urls = {tool.name: postgresql_server.create() for tool in (alembic, limbeck)}
    try:
        compare(alembic, limbeck, kind, tmp_path, urls)
    finally:
        for url in urls.values():
            postgresql_server.drop(str(sa.make_url(url).database))


def test_a_transaction_that_env_py_begins_after_configure(alembic: Tool, limbeck: Tool, tmp_path: Path) -> None:
    """The oldest documented shape; the reference has come to fail on it, after the first revision was committed."""
    url = f"sqlite:///{tmp_path / 'env' / 'one.db'}"
    folder = tmp_path / "env"
    make(alembic, "style-0.7", folder, url)
    env = folder / "history" / "env.py"
    begin, configure = "    transaction = connection.begin()\n", "target_metadata=metadata)\n"
    text = env.read_text()
    assert begin in text
    env.write_text(text.replace(begin, "").replace(configure, f"{configure}    {begin.lstrip()}"))
    for line in ("revision -m one --rev-id a1", "revision -m two --rev-id a2", "upgrade head", "downgrade a1"):
        limbeck.succeeds(folder, *line.split())
    assert state(url)["rows"] == ["a1"]
