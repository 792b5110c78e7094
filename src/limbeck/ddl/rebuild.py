"""A table made anew: its rows copied into a changed copy, which takes its place (behaviour 6.5)."""

from __future__ import annotations

from typing import Any


class ApplyBatchImpl:
    """stand-in."""


class Rebuild:
    """stand-in."""

    def __init__(self, *args: Any, **kw: Any) -> None: ...

    def run(self, changes: Any) -> None:
        raise NotImplementedError
