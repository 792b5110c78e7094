"""How many targets a worker is given at once: as many as it does in two seconds, and one where each takes long.

What goes to a worker and back, and what is written into the ledger, costs a chunk and not a target then, and the
sessions of a worker are used again within it.
"""

from __future__ import annotations

WORTH = 2.0
"""Seconds of work in a chunk; a worker begins no further target of it after that.

A longer chunk makes a drain take longer, lets other workers go on for longer after one failure too many, and leaves
more to be begun again where the driver is killed.
"""
MOST = 250
"""Targets in a chunk at most: as many are begun again where its worker dies."""
GROWTH = 8
"""How many times the size of the chunk before it a chunk may have."""
SHARE = 4
"""The last chunks are at least one part in so many of the others: each begins with a run in full, which costs as much
as ten repetitions."""


class ChunkSize:
    """The size of the next chunk: one at first, then by how long targets took.

    :param jobs: chunks at work at once, which share what is left.
    """

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._size = 1

    def of(self, waiting: int) -> int:
        """How many of ``waiting`` tasks are the next chunk: the last ones are spread over all workers."""
        share = max(waiting // (2 * self._jobs), min(self._size // SHARE, waiting // self._jobs))
        return max(1, min(self._size, share))

    def learn(self, targets: int, seconds: float) -> None:
        """A chunk has taken ``seconds``."""
        fit = MOST if seconds * MOST <= WORTH * targets else int(WORTH * targets / seconds)
        self._size = max(1, min(fit, GROWTH * max(self._size, targets), MOST))
