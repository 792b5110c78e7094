"""The commands as functions: each finds or does something, prints it, and returns it.

A program calls them with a `Config`; none of them ends the process. They return what Alembic's functions return, and
where those return None the revisions or steps concerned.
"""

from __future__ import annotations

from .looking import branches as branches
from .looking import current as current
from .looking import doctor as doctor
from .looking import explain as explain
from .looking import heads as heads
from .looking import history as history
from .looking import lint as lint
from .looking import show as show
from .looking import status as status
from .making import check as check
from .making import edit as edit
from .making import init as init
from .making import list_templates as list_templates
from .making import merge as merge
from .making import revision as revision
from .running import downgrade as downgrade
from .running import ensure_version as ensure_version
from .running import plan as plan
from .running import stamp as stamp
from .running import switch as switch
from .running import upgrade as upgrade


def __getattr__(name: str) -> object:
    """``ScriptDirectory`` and ``EnvironmentContext``: commands use the class that a program sets here instead."""
    if name == "ScriptDirectory":
        from limbeck.script import ScriptDirectory

        return ScriptDirectory
    if name == "EnvironmentContext":
        from limbeck.environment import EnvironmentContext

        return EnvironmentContext
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
