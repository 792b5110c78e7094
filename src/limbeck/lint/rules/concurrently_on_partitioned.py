"""CONCURRENTLY on a partitioned table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import CreateIndex
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule
from limbeck.lint.safe import partitioned_index

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Indexes that are to be built concurrently on a table that the database knows as partitioned."""
    for placed, index in step.of(CreateIndex):
        partitions = step.partitions(index.table) if index.concurrently else None
        if partitions is not None:
            message = (
                f"PostgreSQL refuses CONCURRENTLY on {index.table}, which is partitioned: the run fails here; build an "
                "index on each partition, and attach them to an empty one of the whole"
            )
            yield Found(placed, message, partitioned_index(step, index, partitions))


RULE = Rule(
    "concurrently-on-partitioned",
    "error",
    "CREATE INDEX CONCURRENTLY is not possible on a partitioned table, and without CONCURRENTLY all partitions are "
    "locked against writes. CREATE INDEX ... ON ONLY makes an empty index of the whole at once; the indexes of the "
    "partitions are built CONCURRENTLY and attached to it, and it becomes valid with the last one.",
    check,
    Examples(
        given=(
            "CREATE TABLE event (id integer, day date) PARTITION BY RANGE (day)",
            "CREATE TABLE event_2026 PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
            "CREATE TABLE plain (id integer, day date)",
        ),
        found=('op.create_index("ix_event_day", "event", ["day"], postgresql_concurrently=True)',),
        near=('op.create_index("ix_plain_day", "plain", ["day"], postgresql_concurrently=True)',),
    ),
    dialects=POSTGRESQL,
)
