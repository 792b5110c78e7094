"""Revision files and what becomes of them: read, load, write, hooks, steps (behaviour 2.4 to 2.6)."""

from __future__ import annotations

from .directory import ScriptDirectory
from .script import Script

__all__ = ["Script", "ScriptDirectory"]
