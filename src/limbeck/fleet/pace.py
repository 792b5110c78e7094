"""How many targets of a server are at work at once, and how long a target waits before it is tried again."""

from __future__ import annotations

from dataclasses import dataclass, replace

LONGEST_PAUSE = 60.0
"""Seconds between two attempts at most."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How many targets of one server are at work at once.

    Half as many when it is short of locks or connections; one more when as many as are at work have ended well.

    :param most: how many there are at most.
    :param width: how many there are.
    :param calm: how many ended well since that was changed.
    """

    most: int
    width: int
    calm: int = 0

    def after(self, *, is_short: bool) -> Pace:
        """The pace when one more target has ended.

        :param is_short: whether for want of a lock or a connection.
        """
        if is_short:
            return Pace(self.most, max(1, self.width // 2))
        if self.calm + 1 < self.width or self.width == self.most:
            return replace(self, calm=min(self.calm + 1, self.most))
        return Pace(self.most, self.width + 1)


def pause(attempt: int, share: float) -> float:
    """Seconds before a target is begun again: 1, 2, 4 and so on, a part of it at random.

    :param attempt: the number of the attempt that failed, from 1. :param share: at random, from 0 to 1.
    """
    return min(LONGEST_PAUSE, 2.0 ** min(attempt - 1, 10)) * (0.5 + share / 2)
