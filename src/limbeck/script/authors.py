"""Who wrote revision files, by git."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_PATIENCE = 10.0


def authors(paths: Iterable[str]) -> dict[str, str]:
    """The authors of files, by path: who added each to its repository; none where there is no git or no repository.

    :param paths: absolute paths.
    """
    wanted = set(paths)
    found: dict[str, str] = {}
    for folder in {os.path.dirname(path) for path in wanted}:
        author = ""
        for line in _log(folder):
            if line.startswith("\x00"):
                author = line[1:]
            elif line and (path := os.path.join(folder, os.path.basename(line))) in wanted:
                found[path] = author  # the log begins with the newest commit: the last one to add it counts
    return found


def _log(folder: str) -> list[str]:
    words = [
        "git",
        "log",
        "--diff-filter=A",
        "--no-renames",
        "--name-only",
        "--relative",
        "--format=%x00%an",
        "--",
        ".",
    ]
    try:
        done = subprocess.run(  # noqa: S603 no word of it is anybody's input
            words,
            cwd=folder,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return done.stdout.splitlines() if done.returncode == 0 else []
