"""How many failures are suffered: a number, or per cent of the targets."""

from __future__ import annotations

import re

from limbeck.errors import UsageError


def allowed(max_failures: int | str | None, total: int) -> float:
    """How many of ``total`` targets may fail.

    :param max_failures: a number, per cent (``"5%"``), or None for any number.
    :raises UsageError: for another text.
    """
    if max_failures is None:
        return float("inf")
    found = re.fullmatch(r"(\d+)(%?)", str(max_failures))
    if found is None:
        raise UsageError(f"max-failures is '{max_failures}'", hint="as in 10, or 5% of the targets")
    return total * int(found[1]) / 100 if found[2] else int(found[1])
