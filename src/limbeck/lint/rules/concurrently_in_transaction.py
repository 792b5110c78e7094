"""CONCURRENTLY inside a transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import CreateIndex, DetachPartition, DropIndex, Reindex
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Part, Rule
from limbeck.lint.safe import execute, outside_transaction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step

_CONCURRENT = CreateIndex | DetachPartition | DropIndex | Reindex


def check(step: Step) -> Iterator[Found]:
    """Statements of a script's own that say CONCURRENTLY and run in the transaction; operations leave it themselves."""
    for placed in step.changes:
        own = step.sql(placed)
        change = placed.change
        if own is None or not placed.in_transaction or not isinstance(change, _CONCURRENT):
            continue
        if change.concurrently:
            message = "PostgreSQL refuses CONCURRENTLY in a transaction, and a revision runs in one: the run fails here"
            code = outside_transaction(execute(own))
            yield Found.mechanical(placed, message, (Part(code, is_undone_here=True, options={}),))


RULE = Rule(
    "concurrently-in-transaction",
    "error",
    "PostgreSQL refuses CREATE INDEX CONCURRENTLY, DROP INDEX CONCURRENTLY, REINDEX CONCURRENTLY and DETACH PARTITION "
    "... CONCURRENTLY in a transaction. A revision runs in one, so the statement has to stand in an autocommit block. "
    "Operations with `postgresql_concurrently=True` leave the transaction by themselves.",
    check,
    Examples(
        given=(
            "CREATE TABLE account (id integer PRIMARY KEY, email text)",
            "CREATE TABLE event (id integer, day date) PARTITION BY RANGE (day)",
            "CREATE TABLE event_2026 PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
        ),
        found=(
            'op.execute("CREATE INDEX CONCURRENTLY ix_account_email ON account (email)")',
            'op.execute("ALTER TABLE event DETACH PARTITION event_2026 CONCURRENTLY")',
        ),
        near=(
            (
                "with op.get_context().autocommit_block():\n"
                '    op.execute("CREATE INDEX CONCURRENTLY ix_account_email ON account (email)")'
            ),
            'op.create_index("ix_account_email", "account", ["email"], postgresql_concurrently=True)',
        ),
    ),
    dialects=POSTGRESQL,
)
