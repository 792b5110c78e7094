"""The call site: the line of the user's own files that called Limbeck."""

from __future__ import annotations

import contextlib
import os
import sys
from functools import cache
from pathlib import Path
from types import FrameType, TracebackType

import sqlalchemy


def caller() -> tuple[str | None, int | None]:
    """File and line of the innermost frame outside Limbeck and SQLAlchemy; (None, None) if there is none."""
    frame = _frame()
    return (None, None) if frame is None else (frame.f_code.co_filename, frame.f_lineno)


def called() -> str:
    """Qualified name of the function of Limbeck that the user's file called; empty where there is none."""
    frame: FrameType | None = sys._getframe(2)
    name = ""
    while frame is not None and frame.f_code.co_filename.startswith(_library_paths()):
        name = frame.f_code.co_qualname
        frame = frame.f_back
    return name


def trace() -> TracebackType | None:
    """The same as a traceback, to be attached to an error that is raised after the call has returned."""
    frame = _frame()
    return None if frame is None else TracebackType(None, frame, frame.f_lasti, frame.f_lineno)


def _frame() -> FrameType | None:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename.startswith(_library_paths()):
        frame = frame.f_back
    return frame


@cache
def _library_paths() -> tuple[str, ...]:
    """Beginnings of the paths of files that are not the user's; ``<`` is that of code without a file."""
    folders = (Path(__file__).parents[1], Path(sqlalchemy.__file__).parent)
    return (*(f"{folder}{os.sep}" for folder in folders), contextlib.__file__, "<")
