"""The environment that a command works in, of its configuration."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from limbeck.databases import Environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from limbeck.config import Config
    from limbeck.script import ScriptDirectory


def environment_of(config: Config, read: ScriptDirectory | None = None) -> Environment:
    """The environment of a configuration, whose databases are reached through its env.py.

    :param read: its revisions, where they have been read already.
    """
    script: ScriptDirectory = _place().ScriptDirectory.from_config(config) if read is None else read
    return Environment(config, script, partial(_run_env, config, script))


def _run_env(config: Config, script: ScriptDirectory, fn: Callable[..., object], **options: object) -> None:
    from limbeck.runtime import connections, origin

    def run() -> None:
        with _place().EnvironmentContext(config, script, fn=fn, **options):
            script.run_env()

    origin.watch()
    connections.beside_a_running_loop(run)


def _place() -> Any:
    """`limbeck.command`, where a program may have set classes of its own."""
    return sys.modules[__package__ or ""]
