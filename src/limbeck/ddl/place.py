"""Where in the user's own files we were called from."""

from __future__ import annotations

import contextlib
import os
import sys
from functools import cache
from pathlib import Path

import sqlalchemy


@cache
def _houses() -> tuple[str, ...]:
    ours = Path(__file__).parents[1]
    return (f"{ours}{os.sep}", f"{Path(sqlalchemy.__file__).parent}{os.sep}", contextlib.__file__, "<")


def caller() -> tuple[str | None, int | None]:
    """File and line of the innermost frame that is neither ours nor SQLAlchemy's; (None, None) where there is none."""
    frame = sys._getframe(1)
    while frame is not None:
        path = frame.f_code.co_filename
        if not path.startswith(_houses()):
            return path, frame.f_lineno
        if frame.f_back is None:
            break
        frame = frame.f_back
    return None, None
