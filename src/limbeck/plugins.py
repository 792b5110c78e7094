"""Where dialects and plugins are found: those of Limbeck by name, others by entry point."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
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


def is_declared(group: str) -> bool:
    """Whether an installed distribution has entry points of ``group``.

    Looks into files beside the packages on `sys.path`, in a tenth of the time that it takes to read all entry points.
    """
    heading = f"[{group}]".encode()
    for folder in sys.path:
        with suppress(OSError), os.scandir(folder or os.curdir) as found:
            for each in found:
                if each.name.endswith((".dist-info", ".egg-info")):
                    with suppress(OSError), open(os.path.join(each.path, "entry_points.txt"), "rb") as file:
                        if heading in file.read():
                            return True
    return False


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
