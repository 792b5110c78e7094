"""An environment in a folder of its own, and files that a person might have written."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

from limbeck.config import Config
from limbeck.errors import LimbeckWarning
from limbeck.script import ScriptDirectory

TEMPLATE = '''"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date}

"""
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade():
    ${upgrades if upgrades else "pass"}


def downgrade():
    ${downgrades if downgrades else "pass"}
'''


class Environment:
    """A folder with env.py, script.py.mako and revisions."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.dir = root / "m"
        self.versions = self.dir / "versions"
        self.versions.mkdir(parents=True)
        self.template = self.dir / "script.py.mako"
        self.template.write_text(TEMPLATE)

    def write(self, name: str, text: str | bytes, folder: Path | None = None) -> Path:
        """A file in the version location; old enough for the cache to trust it."""
        path = (folder or self.versions) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        os.utime(path, ns=(0, path.stat().st_mtime_ns - 10**9))
        return path

    def revision(self, rev: str, down: Any = None, *, doc: str = "", folder: Path | None = None, **more: Any) -> Path:
        """A revision file."""
        lines = [f'"""{doc or "about " + rev}"""', f"revision = {rev!r}", f"down_revision = {down!r}"]
        lines += [f"{name} = {value!r}" for name, value in more.items()]
        lines += ["def upgrade(): pass", "def downgrade(): pass", ""]
        return self.write(f"{rev}_.py", "\n".join(lines), folder)

    def scripts(self, **options: Any) -> ScriptDirectory:
        return ScriptDirectory(self.dir, **options)

    def config(self, ini: str = "") -> Config:
        file = self.root / "alembic.ini"
        file.write_text(f"[alembic]\nscript_location = {self.dir}\npath_separator = os\n{ini}\n")
        return Config(file)

    def heads(self, **options: Any) -> tuple[list[str], list[str]]:
        """The heads, and the codes of the warnings on the way."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = self.scripts(**options).get_heads()
        return found, [item.message.code for item in caught if isinstance(item.message, LimbeckWarning)]
