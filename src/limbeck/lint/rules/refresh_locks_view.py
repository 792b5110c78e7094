"""REFRESH MATERIALIZED VIEW without CONCURRENTLY."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import RefreshView
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule
from limbeck.lint.safe import execute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Views that nobody can read while they are computed."""
    for placed, one in step.of(RefreshView):
        if not one.concurrently:
            message = (
                f"REFRESH locks {one.table} against reads until its query has ended; CONCURRENTLY, for which it needs "
                "a unique index without a condition, lets them go on"
            )
            yield Found(placed, message, (execute(f"REFRESH MATERIALIZED VIEW CONCURRENTLY {step.quoted(one.table)}"),))


RULE = Rule(
    "refresh-locks-view",
    "warning",
    "REFRESH MATERIALIZED VIEW takes an ACCESS EXCLUSIVE lock on the view and runs its query under it: all who read "
    "the view wait. CONCURRENTLY compares the new rows with the old ones and changes those that differ, while reads "
    "go on. It needs a unique index on columns of the view, and that the view has been filled before.",
    check,
    Examples(
        given=(
            "CREATE MATERIALIZED VIEW totals AS SELECT 1 AS id",
            "CREATE UNIQUE INDEX totals_id ON totals (id)",
        ),
        found=('op.execute("REFRESH MATERIALIZED VIEW totals")',),
        near=('op.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY totals")',),
        exempt='op.execute("CREATE MATERIALIZED VIEW fresh AS SELECT 1 AS id WITH NO DATA")\n'
        'op.execute("REFRESH MATERIALIZED VIEW fresh")',
    ),
    dialects=POSTGRESQL,
    lock="ACCESS EXCLUSIVE",
    by_size=True,
)
