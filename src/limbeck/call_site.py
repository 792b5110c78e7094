"""Where in the user's own files we were called from."""

from __future__ import annotations

import contextlib
import os
import sys
from functools import cache
from pathlib import Path
from types import FrameType, TracebackType

import sqlalchemy


@cache
def _houses() -> tuple[str, ...]:
    ours = Path(__file__).parents[1]
    return (f"{ours}{os.sep}", f"{Path(sqlalchemy.__file__).parent}{os.sep}", contextlib.__file__, "<")


def caller() -> tuple[str | None, int | None]:
    """File and line of the innermost frame that is neither ours nor SQLAlchemy's; (None, None) where there is none."""
    frame = _frame()
    return (None, None) if frame is None else (frame.f_code.co_filename, frame.f_lineno)


def trace() -> TracebackType | None:
    """The same as a traceback, for an error that comes when we are no longer there."""
    frame = _frame()
    return None if frame is None else TracebackType(None, frame, frame.f_lasti, frame.f_lineno)


def _frame() -> FrameType | None:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename.startswith(_houses()):
        frame = frame.f_back
    return frame
