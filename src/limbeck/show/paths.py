"""Paths as they are shown."""

from __future__ import annotations

import os


def from_here(path: str) -> str:
    """A path from the current folder, where it is in there: what a repository calls the file."""
    here = os.path.relpath(path)
    return path if here.startswith(os.pardir) else here.replace(os.sep, "/")


def in_repository(path: str) -> str:
    """A path from the root of its git repository, as services for code review take it; without one as `from_here`."""
    folder = os.path.dirname(os.path.abspath(path))
    while not os.path.exists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return from_here(path)
        folder = above
    return os.path.relpath(path, folder).replace(os.sep, "/")
