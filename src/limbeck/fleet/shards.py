"""Shards: a part of the targets for each of several jobs, which know nothing of each other."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from limbeck.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .targets import Target

INDEX = "JOB_COMPLETION_INDEX"
"""What Kubernetes tells each pod of an indexed job, from 0."""


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several parts.

    :param number: which, from 1. :param of: how many there are.
    """

    number: int
    of: int

    @classmethod
    def of_text(cls, text: str) -> Shard:
        """That of ``2/8``; of ``8`` the one that ``JOB_COMPLETION_INDEX`` names.

        :raises UsageError: for another text, and where the variable is not set, or too high.
        """
        found = re.fullmatch(r"(?:(\d+)/)?(\d+)", text)
        if found is None:
            raise UsageError(f"shard is '{text}'", hint=f"as in 2/8, from 1; or 8, and {INDEX} says which, from 0")
        number, of = found[1], int(found[2])
        if number is None:
            index = os.environ.get(INDEX, "")
            if not index.isdecimal():
                hint = "give 2/8, or run in a job of Kubernetes with completionMode: Indexed"
                raise UsageError(f"shard is '{text}', and {INDEX} is not set", hint=hint)
            number = str(int(index) + 1)
        if not 1 <= int(number) <= of:
            raise UsageError(f"shard is {number}/{of}", hint=f"give one of 1/{of} to {of}/{of}")
        return cls(int(number), of)

    def __str__(self) -> str:
        return f"{self.number}of{self.of}"

    def part(self, targets: Iterable[Target]) -> Iterator[Target]:
        """Its targets: told by a hash of their names, so that a list that grows meanwhile moves none of them."""
        for target in targets:
            if int.from_bytes(sha256(target.name.encode()).digest()[:8], "big") % self.of == self.number - 1:
                yield target
