"""Questions to a person that have several answers."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from limbeck import console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from limbeck.script.project import Models


def chosen_models(found: Sequence[Models]) -> list[Models]:
    """Those of several MetaData that the person at the terminal means."""
    for number, one in enumerate(found, 1):
        count = len(one.modules)
        models = f"models in {count} module{'' if count == 1 else 's'}"
        console.write(sys.stderr, f"  {number}  {one.expression} of {one.module} ({models})\n")
    while True:
        reply = console.ask("Which MetaData shall migrations be made of? Numbers, 'all', or nothing for none")
        if not reply or reply == "all":
            return list(found) if reply else []
        words = reply.replace(",", " ").split()
        if all(word.isdecimal() and 0 < int(word) <= len(found) for word in words):
            return [found[int(word) - 1] for word in words]
