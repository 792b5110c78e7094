"""Where a syntax error of SQLite is: it names the word that it could not read, and not where that stands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_NAMED = re.compile(r"near \"(?P<word>.*)\": syntax error|unrecognized token: \"(?P<token>.*)\"?", re.DOTALL)


def position_of(message: str, statement: str, said: Callable[[str], str | None]) -> int | None:
    """The character of ``statement`` that SQLite complains about, from 1; None where that cannot be told.

    A word may stand in several places. SQLite reads from left to right, so the first one at which the beginning of the
    statement fails in the same way is meant.

    :param said: what SQLite says of a text, without executing it; None where it takes it.
    """
    if message.endswith("incomplete input"):
        return len(statement)
    named = _NAMED.search(message)
    if named is None:
        return None
    word = named["word"] if named["word"] is not None else named["token"].removesuffix('"')
    if not word:
        return None
    for place in re.finditer(re.escape(word), statement):
        end = place.end()
        inside = word[-1].isalnum() and statement[end : end + 1].isalnum()
        if not inside and _same(said(f"EXPLAIN {statement[:end]}"), message):
            return place.start() + 1
    return None


def _same(said: str | None, message: str) -> bool:
    return said is not None and (said in message or message in said)
