"""Paths as they are shown."""

from __future__ import annotations

import os


def from_here(path: str) -> str:
    """A path from the current folder, where it is in there: what a repository calls the file."""
    here = os.path.relpath(path)
    return path if here.startswith(os.pardir) else here.replace(os.sep, "/")
