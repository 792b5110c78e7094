"""What `limbeck doctor` found: a fact, its place and what to do about it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

STOPS = "stops"
"""It would not run."""
DIFFERS = "differs"
"""It would run, and something comes out in another way than under Alembic."""
NOTE = "note"
"""It runs as it did; something is worth knowing."""

ORDER = (STOPS, DIFFERS, NOTE)
"""The weightiest first."""


class Finding(NamedTuple):
    """One thing that was found.

    :param weight: `STOPS`, `DIFFERS` or `NOTE`.
    :param rule: kebab-case name of the rule, stable.
    :param what: the fact, in one sentence.
    :param do: what to do, in one sentence.
    :param file: path of the file concerned. :param line: line in that file, counted from 1.
    """

    weight: str
    rule: str
    what: str
    do: str
    file: str | None = None
    line: int | None = None

    def report(self) -> str:
        """The two lines that a person sees."""
        where = "" if self.file is None else f" ({self.file})" if self.line is None else f" ({self.file}:{self.line})"
        return f"{self.weight}[{self.rule}]: {self.what}{where}\n  do: {self.do}"


def as_json(findings: Iterable[Finding]) -> str:
    """A list of objects whose keys are the fields of `Finding`; an unknown file or line is null."""
    return json.dumps([finding._asdict() for finding in findings], indent=2)
