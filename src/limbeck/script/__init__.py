"""Revision files: found, read, imported, written, and turned into the steps of a run."""

from __future__ import annotations

from .directory import ScriptDirectory
from .script import Script

__all__ = ["Script", "ScriptDirectory"]
