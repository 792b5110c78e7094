"""The commands as functions: each finds or does something, prints it, and returns it.

A program calls them with a `Config`; none of them ends the process. They return what Alembic's functions return, and
where those return None the revisions or steps concerned.
"""

from __future__ import annotations

from .branching import rebase
from .looking import branches, current, doctor, explain, heads, history, lint, show, status
from .making import check, edit, init, list_templates, merge, revision
from .picturing import graph, report, schema
from .running import downgrade, ensure_version, plan, stamp, switch, upgrade
from .shortening import prune, squash
from .testing import test
from .tracing import blame, diff, freeze

__all__ = [
    "blame",
    "branches",
    "check",
    "current",
    "diff",
    "doctor",
    "downgrade",
    "edit",
    "ensure_version",
    "explain",
    "freeze",
    "graph",
    "heads",
    "history",
    "init",
    "lint",
    "list_templates",
    "merge",
    "plan",
    "prune",
    "rebase",
    "report",
    "revision",
    "schema",
    "show",
    "squash",
    "stamp",
    "status",
    "switch",
    "test",
    "upgrade",
]


def __getattr__(name: str) -> object:
    """``ScriptDirectory`` and ``EnvironmentContext``: commands use the class that a program sets here instead."""
    if name == "ScriptDirectory":
        from limbeck.script import ScriptDirectory

        return ScriptDirectory
    if name == "EnvironmentContext":
        from limbeck.environment import EnvironmentContext

        return EnvironmentContext
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
