"""DETACH PARTITION without CONCURRENTLY."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import DetachPartition
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule
from limbeck.lint.safe import execute, outside_transaction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Partitions that are not detached concurrently."""
    for placed, one in step.of(DetachPartition):
        if not one.concurrently:
            message = (
                f"DETACH PARTITION {one.partition} locks {one.table} and all its partitions against reads and writes "
                "until the run commits, and waits for every query that uses them"
            )
            if not step.since(14):
                yield Found(placed, f"{message}; before PostgreSQL 14 there is no CONCURRENTLY that lets them go on")
                continue
            message += "; CONCURRENTLY lets them go on"
            statement = f"ALTER TABLE {step.quoted(one.table)} DETACH PARTITION {step.quoted(one.partition)}"
            advice = "# if it is stopped half-way, the same statement with FINALIZE completes it"
            yield Found(placed, message, (outside_transaction(advice, execute(f"{statement} CONCURRENTLY")),))


RULE = Rule(
    "detach-partition-locks-table",
    "error",
    "DETACH PARTITION takes an ACCESS EXCLUSIVE lock on the partitioned table and on the partition. CONCURRENTLY "
    "(PostgreSQL 14 and later) takes SHARE UPDATE EXCLUSIVE, outside a transaction, and waits for older queries while "
    "new ones go on. It is not possible while the table has a DEFAULT partition.",
    check,
    Examples(
        given=(
            "CREATE TABLE event (id integer, day date) PARTITION BY RANGE (day)",
            "CREATE TABLE event_2026 PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
        ),
        found=('op.execute("ALTER TABLE event DETACH PARTITION event_2026")',),
        near=(
            (
                "with op.get_context().autocommit_block():\n"
                '    op.execute("ALTER TABLE event DETACH PARTITION event_2026 CONCURRENTLY")'
            ),
        ),
        exempt='op.execute("CREATE TABLE fresh (id int) PARTITION BY RANGE (id)")\n'
        'op.execute("CREATE TABLE fresh_1 PARTITION OF fresh FOR VALUES FROM (1) TO (2)")\n'
        'op.execute("ALTER TABLE fresh DETACH PARTITION fresh_1")',
    ),
    dialects=POSTGRESQL,
    lock="ACCESS EXCLUSIVE",
)
