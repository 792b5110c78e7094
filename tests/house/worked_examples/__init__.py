"""The worked examples of docs/architecture.md, "To add X": each is carried out in a copy of the package and used.

A module here is one example. It says what it adds to which file of ``src/limbeck``, and has a program that uses it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).parents[3] / "src" / "limbeck"


@dataclass(frozen=True)
class Change:
    """Text put before or after, or in place of, a text that stands in the file exactly once."""

    old: str
    new: str

    def applied(self, text: str) -> str:
        assert text.count(self.old) == 1, f"{text.count(self.old)} times in the file, not once: {self.old!r}"
        return text.replace(self.old, self.new)


def before(anchor: str, new: str) -> Change:
    return Change(anchor, new + anchor)


def after(anchor: str, new: str) -> Change:
    return Change(anchor, anchor + new)


@dataclass(frozen=True)
class Example:
    """Something added to Limbeck.

    :param adds: what, as the table in docs/architecture.md calls it.
    :param files: path below ``src/limbeck`` to the text of a new file, or to the changes of one that is there.
    :param program: Python that uses what was added, run in an empty folder; it fails where something is amiss.
    :param prints: what it writes to stdout.
    :param needs: the server that it needs, of which ``DATABASE_URL`` names an empty database.
    """

    adds: str
    files: Mapping[str, str | tuple[Change, ...]]
    program: str
    prints: str = ""
    needs: str | None = None

    def carry_out(self, folder: Path) -> Path:
        """Copy the package into ``folder``, add to the copy, and return the folder to import it from."""
        package = folder / "limbeck"
        shutil.copytree(SOURCE, package, ignore=shutil.ignore_patterns("__pycache__"))
        for name, change in self.files.items():
            path = package / name
            if isinstance(change, str):
                assert not path.exists(), f"{name} is there already"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(change, encoding="utf-8")
                continue
            text = path.read_text(encoding="utf-8")
            for each in change:
                text = each.applied(text)
            path.write_text(text, encoding="utf-8")
        return folder

    def use(self, library: Path, folder: Path, url: str = "") -> subprocess.CompletedProcess[str]:
        """Run the program on the copy in ``library``, with the database at ``url``."""
        environment = {**os.environ, "PYTHONPATH": str(library), "DATABASE_URL": url}
        line = [sys.executable, "-c", self.program]
        return subprocess.run(
            line, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
        )
