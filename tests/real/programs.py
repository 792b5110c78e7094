"""Programs of this folder, run in an environment with projects."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path


def printed(bin_: Path, words: Iterable[str | Path], folder: Path) -> str:
    """What a program of an environment prints in a folder."""
    done = subprocess.run([bin_ / "python", *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stdout
