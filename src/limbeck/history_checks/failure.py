"""A function of a revision that failed, as a finding."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from limbeck.results import HistoryFinding

from .subject import first_line

if TYPE_CHECKING:
    from limbeck.script import Script


def failed(script: Script, what: str, error: Exception) -> HistoryFinding:
    """The finding that a function of a revision failed, with the line of its file.

    :param script: the revision. :param what: the fact: ``upgrade() fails on an empty database``.
    """
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == script.path]
    return HistoryFinding(script.revision, what, (first_line(error),), script.path, lines[-1] if lines else None)
