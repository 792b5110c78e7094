"""The commands as functions: each finds or does something, prints it, and returns it.

A program calls them with a `Config`; none of them ends the process. They return what Alembic's functions return, and
where those return None the revisions or steps concerned.
"""

from __future__ import annotations

from . import looking, making, running
from .looking import *  # noqa: F403
from .making import *  # noqa: F403
from .running import *  # noqa: F403

__all__: list[str] = []
__all__ += looking.__all__
__all__ += making.__all__
__all__ += running.__all__


def __getattr__(name: str) -> object:
    """``ScriptDirectory`` and ``EnvironmentContext``: commands use the class that a program sets here instead."""
    if name == "ScriptDirectory":
        from limbeck.script import ScriptDirectory

        return ScriptDirectory
    if name == "EnvironmentContext":
        from limbeck.environment import EnvironmentContext

        return EnvironmentContext
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
