"""The databases that revision scripts are for, and how they are reached: what verbs and rehearsals are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .config import Config
    from .script import ScriptDirectory


class Environment:
    """Revision scripts, and how the databases that they are for are reached.

    :param config: the configuration.
    :param script: the script directory.
    :param run: takes ``fn(rows, context)``, calls it for each database and carries out the steps that it returns;
        its keywords are those of `EnvironmentContext`.
    """

    def __init__(self, config: Config, script: ScriptDirectory, run: Callable[..., None]) -> None:
        self.config = config
        self.script = script
        self.run = run
