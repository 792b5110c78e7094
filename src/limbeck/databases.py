"""The databases that revision scripts are for, and how they are reached: what verbs and rehearsals are given."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .config import Config
    from .script import ScriptDirectory


class Environment:
    """Revision scripts, and how the databases that they are for are reached.

    :param config: the configuration.
    :param script: the script directory.
    :param run: carries out `run`.
    """

    def __init__(self, config: Config, script: ScriptDirectory, run: Callable[..., None]) -> None:
        self.config = config
        self.script = script
        self._run = run

    def run(self, fn: Callable[..., object], **options: object) -> None:
        """Call ``fn(rows, context)`` for each database, and carry out the steps that it returns.

        With ``dont_mutate``, where the file of a database is missing, it is an empty one, and the file is not made.

        :param options: of `EnvironmentContext`.
        """
        from .runtime.missing_files import as_empty

        with as_empty() if options.get("dont_mutate") else nullcontext():
            self._run(fn, **options)
