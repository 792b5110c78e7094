"""Environments to measure in: what each tool's own `init` writes, with histories of a given size and shape."""

from __future__ import annotations

import re
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIMBECK = ROOT / ".venv" / "bin" / "limbeck"
REFERENCE = ROOT / ".venv-reference" / "bin" / "alembic"

FILE = '''"""revision {number}

Revision ID: {revision}
Revises: {revises}
Create Date: 2026-01-01 00:00:00

"""
from typing import Sequence, Union

from {package} import op
import sqlalchemy as sa


# revision identifiers
revision: str = {revision!r}
down_revision: Union[str, Sequence[str], None] = {down!r}
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    {upgrade}


def downgrade() -> None:
    """Downgrade schema."""
    {downgrade}
'''
CREATE = """op.create_table(
        "t{number}",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=50), nullable=True),
        sa.Column("created", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )"""

Parents = tuple[int, ...]


@dataclass(frozen=True)
class Environment:
    """A folder that a tool runs in.

    :param tool: the command.
    :param folder: where its configuration is.
    :param head: the newest revision of its history.
    """

    tool: Path
    folder: Path
    head: str

    @property
    def versions(self) -> Path:
        """The folder of the revision files."""
        return self.folder / "migrations" / "versions"

    def configure(self, name: str, url: str, *lines: str) -> str:
        """Write the configuration ``name`` for the database at ``url`` beside the first one; return the name.

        :param lines: more settings.
        """
        text = (self.folder / "alembic.ini").read_text(encoding="utf-8")
        text = text.replace("[alembic]", "\n".join(["[alembic]", *lines]), 1)
        text = re.sub(r"^sqlalchemy\.url = .*$", lambda _: f"sqlalchemy.url = {url}", text, flags=re.MULTILINE)
        (self.folder / name).write_text(text, encoding="utf-8")
        return name


def line(size: int) -> Iterator[Parents]:
    """``size`` revisions, each on top of the one before."""
    for number in range(size):
        yield (number - 1,) if number else ()


def diamonds(size: int) -> Iterator[Parents]:
    """``size`` revisions: two side by side, then one that merges them, and so on."""
    for number in range(size):
        merge = number - number % 3 - 1
        yield (number - 2, number - 1) if number % 3 == 2 else (merge,) if merge > 0 else ()


def make(tool: Path, folder: Path, history: Iterator[Parents]) -> Environment:
    """Run the ``init`` of ``tool`` in the new ``folder`` and write ``history`` into it."""
    folder.mkdir(parents=True)
    subprocess.run([tool, "init", "migrations"], cwd=folder, check=True, capture_output=True)
    package = "limbeck" if tool == LIMBECK else "alembic"
    number = 0
    for number, parents in enumerate(history):
        down = tuple(map(identifier, parents))
        merges = len(down) > 1
        text = FILE.format(
            number=number,
            revision=identifier(number),
            revises=", ".join(down),
            down=down if merges else down[0] if down else None,
            package=package,
            upgrade="pass" if merges else CREATE.format(number=number),
            downgrade="pass" if merges else f'op.drop_table("t{number}")',
        )
        path = folder / "migrations" / "versions" / f"{identifier(number)}_revision_{number}.py"
        path.write_text(text, encoding="utf-8")
    environment = Environment(tool, folder, identifier(number))
    environment.configure("alembic.ini", "sqlite:///bench.db")
    return environment


def identifier(number: int) -> str:
    """Twelve hexadecimal digits, as tools make them, the same in every run."""
    return f"{(number * 0x9E3779B97F4A7C15 + 0x5DEECE66D) % (1 << 48):012x}"


def stamp(environment: Environment) -> None:
    """Give the environment a SQLite database that is at its head."""
    with sqlite3.connect(environment.folder / "bench.db") as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS alembic_version "
            "(version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
        )
        connection.execute("DELETE FROM alembic_version")
        connection.execute("INSERT INTO alembic_version VALUES (?)", [environment.head])
    connection.close()
