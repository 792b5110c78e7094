"""The call site: the line of the user's own files that called Limbeck."""

from __future__ import annotations

import contextlib
import os
import sys
from functools import cache
from pathlib import Path
from types import FrameType, TracebackType
from typing import Literal

import sqlalchemy


def caller() -> tuple[str | None, int | None]:
    """File and line of the innermost frame outside Limbeck and SQLAlchemy; (None, None) if there is none."""
    frame = _frame()
    return (None, None) if frame is None else (frame.f_code.co_filename, frame.f_lineno)


def revision() -> tuple[str, str] | None:
    """File and id of the revision script at work, however its function came here; None where none is.

    A revision script is a module that sets ``revision`` and ``down_revision``.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        names = frame.f_globals
        if isinstance(names.get("revision"), str) and "down_revision" in names and "__file__" in names:
            return str(names["__file__"]), names["revision"]
        frame = frame.f_back
    return None


def called() -> str:
    """Qualified name of the function of Limbeck that the user's file called; empty where there is none."""
    frame: FrameType | None = sys._getframe(2)
    name = ""
    while frame is not None and frame.f_code.co_filename.startswith(_library_paths()):
        name = frame.f_code.co_qualname
        frame = frame.f_back
    return name


def is_library(file: str) -> bool:
    """Whether ``file`` is one of Limbeck or SQLAlchemy, or no file at all."""
    return file.startswith(_library_paths())


def trace() -> TracebackType | None:
    """The same as a traceback, to be attached to an error that is raised after the call has returned."""
    frame = _frame()
    return None if frame is None else TracebackType(None, frame, frame.f_lasti, frame.f_lineno)


def taker_of_result() -> Literal["operation", "script", "run"] | None:
    """Who takes the result of the statement that SQLAlchemy is executing.

    An operation, the user's files, the run, as for its timeouts, or nobody. To be called by a listener to SQLAlchemy's
    events. A flush of the ORM takes results for the user's objects.
    """
    limbeck, sqlalchemys = f"{Path(__file__).parent}{os.sep}", f"{Path(sqlalchemy.__file__).parent}{os.sep}"
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not frame.f_code.co_filename.startswith(sqlalchemys):
        frame = frame.f_back
    orm = f"{sqlalchemys}orm{os.sep}"
    through_orm = False
    while frame is not None and frame.f_code.co_filename.startswith((sqlalchemys, contextlib.__file__, "<")):
        through_orm = through_orm or frame.f_code.co_filename.startswith(orm)
        frame = frame.f_back
    if frame is None:
        return "script"
    if frame.f_code.co_filename.startswith(limbeck):
        while frame is not None and frame.f_code.co_filename.startswith(limbeck):
            if frame.f_code.co_qualname == "Execution.execute":  # returns nothing
                return None
            if frame.f_code.co_filename.startswith(f"{limbeck}runtime{os.sep}"):
                return "run"
            frame = frame.f_back
        return "operation"
    return None if not through_orm and _discards(frame) else "script"


def executes() -> bool:
    """Whether Limbeck executes the statement that SQLAlchemy is executing.

    To be called by a listener to SQLAlchemy's events.
    """
    limbeck, sqlalchemys = f"{Path(__file__).parent}{os.sep}", f"{Path(sqlalchemy.__file__).parent}{os.sep}"
    frame: FrameType | None = sys._getframe(2)  # behind the listener
    while frame is not None and frame.f_code.co_filename.startswith((sqlalchemys, contextlib.__file__, "<")):
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename.startswith(limbeck)


def _discards(frame: FrameType) -> bool:
    """Whether the value of the call that ``frame`` is at is thrown away, as that of a statement by itself."""
    from dis import get_instructions

    after = next((each for each in get_instructions(frame.f_code) if each.offset > frame.f_lasti), None)
    return after is not None and after.opname == "POP_TOP"


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
