"""Random Python text: what the machines are given to compare."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

WRONG = ("None", "''", "5", "[]", "['a', 'b']", "'nothing'", "object", "True")
"""What stands in place of an argument in a call that is slightly wrong."""


class Chance(random.Random):
    """A seeded source of text. Names of arguments whose value is None are left out of calls."""

    def maybe(self, text: Any, share: float = 0.3) -> Any:
        """``text``, or None; of a function its value."""
        return self.one(text) if self.random() < share else None

    def one(self, *options: Any) -> Any:
        """One of the options, called if it is a function."""
        option = self.choice(options)
        return option() if callable(option) else option

    def several(self, make: Callable[[], str], least: int, most: int) -> list[str]:
        """What a function gives, some times over."""
        return [make() for _ in range(self.randint(least, most))]

    def listed(self, options: Sequence[str], least: int = 1, most: int = 2) -> str:
        """Some of the options as a Python list of strings."""
        return repr(self.sample(options, self.randint(least, min(most, len(options)))))

    def call(self, name: str, /, *positional: str | None, **keywords: str | None) -> str:
        """A call as text."""
        words = [text for text in positional if text is not None]
        words += [f"{key}={text}" for key, text in keywords.items() if text is not None]
        return f"{name}({', '.join(words)})"

    def wrong(self, name: str, /, *positional: str | None, **keywords: str | None) -> str:
        """The same call with something amiss: an argument is missing, of another kind, or unknown."""
        given = [text for text in positional if text is not None]
        words = {key: text for key, text in keywords.items() if text is not None}
        place = self.randrange(len(given) + len(words) + 1)
        if place < len(given):
            given[place : place + 1] = [] if self.random() < 0.2 else [self.choice(WRONG)]
        elif place < len(given) + len(words):
            words[list(words)[place - len(given)]] = self.choice(WRONG)
        else:
            words[self.choice(("tabel", "schema", "if_exist", "comments"))] = self.choice(WRONG)
        return self.call(name, *given, **words)
