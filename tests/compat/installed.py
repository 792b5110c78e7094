"""The environment with other people's libraries, on Limbeck or, for comparison, on the reference."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent


@dataclass
class Installed:
    """An environment and what `import alembic` means in it.

    :param folder: the virtual environment.
    :param name: ``limbeck``; or ``reference``, whose package is put in front of everything.
    :param site: folder with further packages.
    """

    folder: Path
    name: str = "limbeck"
    site: Path | None = None

    def run(self, *words: object, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the environment in ``cwd``, whatever it returns."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("ALEMBIC_", "LIMBECK_", "PYTEST_", "FLASK_", "VIRTUAL_ENV"))
        }
        bin_folder = self.folder / "bin"
        kept["PATH"] = f"{bin_folder}{os.pathsep}{kept['PATH']}"
        front = self.folder / "reference" if self.name == "reference" else None
        kept["PYTHONPATH"] = os.pathsep.join(str(path) for path in (front, self.site) if path is not None)
        program, *rest = [str(word) for word in words]
        return subprocess.run(
            [str(bin_folder / program), *rest],
            cwd=cwd,
            env={**kept, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def passes(self, script: str, *arguments: object, cwd: Path, **variables: str) -> str:
        """Run a Python script that has to succeed, and return what it printed."""
        done = self.run("python", "-c", dedent(script), *arguments, cwd=cwd, **variables)
        assert done.returncode == 0, f"{done.stdout}\n{self._shown(done.stderr)}"
        return done.stdout

    def _shown(self, stderr: str) -> str:
        """What may be read of an error: of the reference's no traceback, which quotes its source."""
        return "\n".join(stderr.splitlines()[-1 if self.name == "reference" else -30 :])


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write ``files``, by their paths below ``folder``, and return ``folder``."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
    return folder
