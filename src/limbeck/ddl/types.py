"""The text of a type, split into words and arguments, which the classic comparison compares."""

from __future__ import annotations

import re
from typing import NamedTuple

# a word, or what stands in parentheses, where quoted strings may hold parentheses of their own
_TOKEN = re.compile(r"""[\w\-]+|\((?:'(?:[^']|'')*'|[^()'])*\)""")
_ARGUMENT = re.compile(r"""'(?:[^']|'')*'|[^,']+""")


class Params(NamedTuple):
    """A type in pieces: ``numeric(10, 2) unsigned`` is ``numeric``, ``[unsigned]``, ``[10, 2]``.

    ``kwargs`` are arguments of the form ``name=value``.
    """

    token0: str
    tokens: list[str]
    args: list[str]
    kwargs: dict[str, str]

    @property
    def words(self) -> str:
        """All words, arguments left out: ``double precision``."""
        return " ".join([self.token0, *self.tokens])


def tokenise(text: str) -> Params:
    """``text``, a type as a dialect writes it, in pieces; words are in lower case, arguments as they are."""
    words: list[str] = []
    arguments: list[str] = []
    named: dict[str, str] = {}
    for token in _TOKEN.findall(text):
        if not token.startswith("("):
            words.append(token.lower())
            continue
        for argument in (found.strip() for found in _ARGUMENT.findall(token[1:-1])):
            name, equals, value = argument.partition("=")
            if equals and not argument.startswith("'"):
                named[name.strip()] = value.strip()
            elif argument:
                arguments.append(argument)
    return Params(words[0] if words else "", words[1:], arguments, named)
