"""Sizes of tables: how they are written in a configuration, and told to people.

As PostgreSQL counts, a kB has 1,024 bytes, and each further unit 1,024 times as many.
"""

from __future__ import annotations

import re

_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_STEP = 1024
_TENS = 10  # from which on no digit stands behind the point
_MANY = 1_000_000
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", re.IGNORECASE)


def size(text: str) -> int:
    """The bytes of a size as ``1GB``, ``500 MB`` or ``1024``.

    :raises ValueError: for what is none.
    """
    names = {name.lower(): _STEP**power for power, name in enumerate(_UNITS)} | {"": 1, "b": 1}
    found = _SIZE.fullmatch(text)
    if found is None or found[2].lower() not in names:
        raise ValueError(text)
    return int(float(found[1]) * names[found[2].lower()])


def in_words(rows: int, bytes: int | None = None, *, is_estimate: bool = False) -> str:
    """How large a table is: ``about 41 M rows, 12 GB``.

    :param rows: number of rows. :param bytes: its size; None where that is not known.
    :param is_estimate: whether the number of rows is one: then it is rounded.
    """
    counted = f"about {_rounded(rows)}" if is_estimate else f"{rows:,}"
    return f"{counted} row{'' if rows == 1 else 's'}" + ("" if bytes is None else f", {_in_units(bytes)}")


def _rounded(number: int) -> str:
    return f"{number:,}" if number < _MANY else f"{_short(number / _MANY)} M"


def _in_units(number: float) -> str:
    unit = 0
    while number >= _STEP and unit < len(_UNITS) - 1:
        number, unit = number / _STEP, unit + 1
    return f"{number if unit == 0 else _short(number)} {_UNITS[unit]}"


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= _TENS else f"{number:.1f}".removesuffix(".0")
