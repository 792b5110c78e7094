"""Where dialects and plugins are found: those of Limbeck by name, others by entry point."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.metadata import EntryPoint

DIALECTS = {
    "sqlite": "limbeck.dialects.sqlite",
    "postgresql": "limbeck.dialects.postgresql",
    "mysql": "limbeck.dialects.mysql",
    "mariadb": "limbeck.dialects.mysql",
    "mssql": "limbeck.dialects.mssql",
    "oracle": "limbeck.dialects.oracle",
}


def entry_points(*groups: str) -> Iterator[EntryPoint]:
    """The installed entry points of ``groups``, in the order of their names."""
    from importlib.metadata import entry_points as installed

    for group in groups:
        yield from sorted(installed(group=group), key=lambda point: point.name)


def load_dialect(name: str) -> bool:
    """Import the module that registers the impl of dialect ``name``; False where there is none."""
    if name in DIALECTS:
        import_module(DIALECTS[name])
        return True
    for point in entry_points("limbeck.dialects"):
        if point.name == name:
            point.load()
            return True
    return False
