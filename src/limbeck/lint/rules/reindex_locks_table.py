"""REINDEX without CONCURRENTLY."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import Reindex
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Part, Rule
from limbeck.lint.safe import execute, outside_transaction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Indexes that are built again and not concurrently."""
    for placed, reindex in step.of(Reindex):
        if not reindex.concurrently:
            kind, _, name = reindex.what.partition(" ")
            message = f"REINDEX {reindex.what} blocks writes to the table, and queries that would use the index"
            if not step.since(12):
                yield Found(placed, f"{message}; create an index like it CONCURRENTLY, and drop this one so")
                continue
            code = outside_transaction(execute(f"REINDEX {kind} CONCURRENTLY {name}"))
            yield Found.mechanical(placed, message, (Part(code, is_undone_here=True),))


RULE = Rule(
    "reindex-locks-table",
    "error",
    "REINDEX takes a SHARE lock on the table and an ACCESS EXCLUSIVE lock on each index until it is built again. "
    "Writes wait, and so do queries that the planner would answer by the index. REINDEX CONCURRENTLY (PostgreSQL 12 "
    "and later) builds a second index beside the first one, outside a transaction.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY)",),
        found=('op.execute("REINDEX TABLE account")', 'op.execute("REINDEX INDEX account_pkey")'),
        near=('with op.get_context().autocommit_block():\n    op.execute("REINDEX TABLE CONCURRENTLY account")',),
    ),
    dialects=POSTGRESQL,
    lock="SHARE",
    by_size=True,
)
