"""Limits of a run: how long it waits for a lock on a table, how long a statement may take, how often it tries again.

They are given under these names in the configuration and to ``context.configure()``, and under those of `IN_HEADERS` in
the header of a revision. The timeout of the run lock is another one.
"""

from __future__ import annotations

import re
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

from .errors import WrongValue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OPTIONS = ("table_lock_timeout", "statement_timeout", "lock_retries")
"""The options, in the order of the fields of `Limits`."""

IN_HEADERS = ("lock_timeout", "statement_timeout", "lock_retries")
"""What a revision calls them; the lock of the run is none of its business."""

Place = tuple[str | None, int | None]
"""A file and a line of it."""

_UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "": 1.0}
_DURATION = re.compile(r"\s*(\d+(?:\.\d*)?)\s*(ms|s|min|h|)\s*")
_LONGEST = 24 * 24 * 3600.0
_MOST_RETRIES = 1000


class Limits(NamedTuple):
    """Limits; None where nothing is said.

    :param lock: seconds to wait for a lock on a table; 0: without end.
    :param statement: seconds that a statement may take; 0: without end.
    :param retries: how often a revision, or a statement that stands alone, is run again when a lock is not obtained.
    """

    lock: float | None = None
    statement: float | None = None
    retries: int | None = None

    def over(self, others: Limits) -> Limits:
        """These, and ``others`` where these say nothing."""
        return Limits(
            others.lock if self.lock is None else self.lock,
            others.statement if self.statement is None else self.statement,
            others.retries if self.retries is None else self.retries,
        )


def _nowhere(_name: str) -> Place:
    return None, None


def limits(
    values: Mapping[str, object], names: tuple[str, ...] = OPTIONS, place: Callable[[str], Place] = _nowhere
) -> Limits:
    """The limits that ``values`` give under ``names``; None and missing ones say nothing.

    :param place: where a name has its value, for messages.
    :raises WrongValue: for a value that is no duration, or no number of retries.
    """
    lock, statement, retries = ((name, values.get(name)) for name in names)
    return Limits(_duration(*lock, place), _duration(*statement, place), _count(*retries, place))


def duration(given: str | float | None, name: str = "the timeout") -> float | None:
    """The seconds of a duration, which messages call ``name``; raises `WrongValue`, a ValueError, for what is none."""
    return _duration(name, given, _nowhere)


def _duration(name: str, value: object, place: Callable[[str], Place]) -> float | None:
    if value is None or value == "":
        return None
    found: float | None = None
    if isinstance(value, str):
        match = _DURATION.fullmatch(value)
        found = float(match[1]) * _UNITS[match[2]] if match else None
    elif isinstance(value, int | float) and not isinstance(value, bool):
        found = float(value)
    if found is None or not isfinite(found) or not 0 <= found <= _LONGEST:
        raise _wrong(
            f"{name} = {value!r} is no duration, or one of more than 24 days",
            'write "2s", "500ms", "1min" or a number of seconds',
            place(name),
        )
    return found


def _count(name: str, value: object, place: Callable[[str], Place]) -> int | None:
    if value is None or value == "":
        return None
    text = str(value).strip()
    if isinstance(value, bool | float) or not re.fullmatch(r"[0-9]{1,9}", text) or int(text) > _MOST_RETRIES:
        raise _wrong(f"{name} = {value!r} is no number of retries", f"write 0 to {_MOST_RETRIES}", place(name))
    return int(text)


def _wrong(fact: str, hint: str, place: Place) -> WrongValue:
    file, line = place
    return WrongValue(fact, code="wrong-limit", hint=hint, file=file, line=line)
