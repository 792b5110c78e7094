"""The real command in a process of its own, and a folder for it to run in."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

REVISION = '''"""{about}"""
import sqlalchemy as sa
from limbeck import op

revision = {revision!r}
down_revision = {down!r}
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("t_{revision}", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("t_{revision}")
'''


@dataclass
class Environment:
    """A folder made by `limbeck init migrations`, with a SQLite URL and two revisions, a1 <- a2.

    :param root: the folder with `alembic.ini` in it.
    """

    root: Path

    @property
    def versions(self) -> Path:
        return self.root / "migrations" / "versions"

    def limbeck(self, *arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run the command here."""
        return limbeck(self.root, *arguments, environment=environment)

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.root / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def configure(self, key: str, value: str) -> None:
        """Set a key of the main section."""
        path = self.root / "alembic.ini"
        text = path.read_text(encoding="utf-8")
        text = re.sub(rf"^#? ?{re.escape(key)} = .*\n", "", text, flags=re.MULTILINE)
        path.write_text(text.replace("[alembic]\n", f"[alembic]\n{key} = {value}\n", 1), encoding="utf-8")

    def files(self) -> dict[str, bytes]:
        """Every file here but caches and databases, with its content."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            name = path.relative_to(self.root).as_posix()
            if path.is_file() and "__pycache__" not in name and path.suffix != ".db":
                found[name] = path.read_bytes()
        return found


def limbeck(
    folder: Path, *arguments: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `python -m limbeck` in ``folder``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ALEMBIC_", "LIMBECK_"))}
    return subprocess.run(
        [sys.executable, "-m", "limbeck", *arguments],
        check=False,
        cwd=folder,
        env={**kept, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
