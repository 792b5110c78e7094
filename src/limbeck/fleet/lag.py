"""How far the replicas of a server are behind, asked when a target of it is done: too far, and the next ones wait."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from math import isfinite
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from limbeck.databases import Environment
    from limbeck.results import FleetTarget
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script.steps import MigrationStep

LONGEST_REST = 60.0
"""Seconds at most that a server rests before the lag is seen again."""
PATIENCE = 30.0
"""Seconds that the command may take."""


def asked(place: Environment) -> float | None:
    """The lag in seconds, by a session of env.py; None where the server does not know or tell it."""
    found: list[float | None] = []

    def ask(_rows: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
        if context.connection is not None:
            found.append(context.impl.replica_lag(context.connection))
        return []

    with suppress(Exception):  # as for want of a right to ask; that it is not known is told
        place.run(ask, dont_mutate=True)
    return max((each for each in found if each is not None), default=None)


def printed(command: str, server: str | None) -> float | None:
    """The lag that a command of the shell prints, in seconds; None where it fails, or prints something else."""
    variables = os.environ | {"LIMBECK_FLEET_SERVER": server or ""}
    with suppress(OSError, ValueError, subprocess.SubprocessError):
        done = subprocess.run(  # noqa: S602 it is the user's own
            command,
            shell=True,
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=True,
        )
        found = float(done.stdout)
        return found if isfinite(found) else None
    return None


def rest(done: FleetTarget | None, max_lag: float | None) -> float:
    """Seconds before the next target of a server is begun; 0 where replicas are near enough, or nothing is known."""
    if done is None or done.lag is None or max_lag is None or done.lag <= max_lag:
        return 0.0
    return min(done.lag, LONGEST_REST)
