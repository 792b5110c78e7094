"""A question to a person that a run waits for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from limbeck import console

if TYPE_CHECKING:
    from collections.abc import Iterable


def confirmed(lines: Iterable[str]) -> bool:
    """Show ``lines``, the first as their title, and ask whether to go on."""
    title, *rest = lines
    console.write(sys.stderr, "\n".join([title, *(f"  {line}" for line in rest)]) + "\n")
    return console.confirm("Go on?")
