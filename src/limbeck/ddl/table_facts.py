"""How large a table is, and how it is used: what a plan and a review ask of a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from limbeck import sizes

if TYPE_CHECKING:
    from datetime import datetime


class TableSize(NamedTuple):
    """How large a table is.

    :param rows: number of rows. :param bytes: with its indexes; None where the database does not tell.
    :param is_estimate: whether the number of rows is what the database last estimated.
    """

    rows: int
    bytes: int | None = None
    is_estimate: bool = False

    def in_words(self) -> str:
        """As ``about 41 M rows, 12 GB``."""
        return sizes.in_words(self.rows, self.bytes, is_estimate=self.is_estimate)


class TableUse(NamedTuple):
    """How often a table was used, as the statistics of the database say.

    :param reads: how often it was read. :param writes: how many rows were written.
    :param since: when the statistics begin; None where that is not known.
    :param last_read: when it was read last; None where that is not known.
    """

    reads: int
    writes: int
    since: datetime | None = None
    last_read: datetime | None = None

    def in_words(self) -> str:
        """As ``read 12 times, 3 rows written since 2026-11-01, last read 2026-11-28``."""
        since = "" if self.since is None else f" since {self.since.date().isoformat()}"
        if not self.reads and not self.writes:
            return f"neither read nor written{since or ' since the statistics of the database begin'}"
        read = f"read {self.reads:,} time{'' if self.reads == 1 else 's'}"
        written = f"{self.writes:,} row{'' if self.writes == 1 else 's'} written"
        last = "" if self.last_read is None else f", last read {self.last_read.date().isoformat()}"
        return f"{read}, {written}{since}{last}"
