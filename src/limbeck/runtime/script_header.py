"""Comments of a SQL script under an edition: its range, dialect and date, what wrote it, and that it is cut off."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from limbeck.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable

    from limbeck.script import ScriptDirectory

CUT_OFF = "-- NOT COMPLETE: an error ended this script here. Do not run it."
"""The last line of a script that could not be written whole, since a file of it looks like any other."""


def header(start: tuple[str, ...], target: str | tuple[str, ...], dialect: str, script: ScriptDirectory | None) -> str:
    """The comment.

    :param start: the version rows that the script starts from.
    :param target: the target or targets as they were given; symbols get their ids.
    :param dialect: name of the dialect.
    :param script: tells what symbols mean; without one they stay as they are.
    """
    given = (target,) if isinstance(target, str) else target
    found = [] if script is None else [script.as_revision_number(one) for one in given]
    ids = [name for one in found if one is not None for name in ((one,) if isinstance(one, str) else one)]
    end = _names(given) if not ids or list(given) == ids else f"{_names(given)} ({_names(ids)})"
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return f"-- From {_names(start)} to {end}\n-- Written by Limbeck {__version__} for {dialect}, {now}"


def _names(names: Iterable[str]) -> str:
    return ", ".join(names) or "base"
