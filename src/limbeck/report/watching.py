"""What a report depends on, looked at again and again: files, and where the databases are."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from limbeck import verbs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.databases import Environment

_DATABASES = 2.0
"""Seconds between two looks at the databases."""


class Watch:
    """Notices changes.

    :param applied: look at the databases too, which are connected to every two seconds.
    """

    def __init__(self, environment: Environment, *, applied: bool) -> None:
        self._environment = environment
        self._applied = applied
        self._looked = 0.0
        self._rows: tuple[tuple[str, ...], ...] = ()
        self._seen = self._look()

    def changed(self) -> bool:
        """Whether anything has changed since the last call that said so."""
        before, self._seen = self._seen, self._look()
        return self._seen != before

    def _look(self) -> object:
        if self._applied and time.monotonic() - self._looked > _DATABASES:
            self._looked = time.monotonic()
            self._rows = tuple(one.rows for one in verbs.quiet_positions(self._environment))
        return self._rows, sorted(self._files())

    def _files(self) -> Iterator[tuple[str, int, int]]:
        """The files of env.py's folder and of the version locations, and those of the configuration."""
        config, script = self._environment.config, self._environment.script
        for name in (config.config_file_name, config.toml_file_name):
            yield from _stamp(name)
        for top in {os.path.abspath(script.dir), *script.version_folders}:
            for folder, folders, names in os.walk(top):
                folders[:] = [name for name in folders if name != "__pycache__"]
                for name in names:
                    yield from _stamp(os.path.join(folder, name))


def _stamp(path: str | None) -> Iterator[tuple[str, int, int]]:
    if path is None:
        return
    try:
        status = os.stat(path)
    except OSError:
        return  # it is gone, which is a change too
    yield path, status.st_mtime_ns, status.st_size
