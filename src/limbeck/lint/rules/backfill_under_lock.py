"""Rows filled in the transaction that changes the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import (
    AddColumn,
    AddConstraint,
    Change,
    ChangeType,
    CreateIndex,
    DropColumn,
    SetNotNull,
    Write,
)
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule
from limbeck.lint.safe import call, in_transaction_of_its_own

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


_STRONG = (AddColumn, AddConstraint, ChangeType, CreateIndex, DropColumn, SetNotNull)


def check(step: Step) -> Iterator[Found]:
    """UPDATE, DELETE and large INSERTs after a lock on the same table, in its transaction."""
    for placed, write in step.of(Write):
        if write.verb not in {"UPDATE", "DELETE"} or not placed.in_transaction:
            continue
        locked = [
            other
            for other in step.before(placed)
            if isinstance(other.change, _STRONG) and other.change.table == write.table and other.in_transaction
        ]
        if locked and not _is_concurrent(locked[0].change):
            message = (
                f"{write.verb} {write.table} runs in the transaction that has locked the table: reads and writes stay "
                "blocked until all rows are written; give it a revision of its own"
            )
            safe = (call(step, locked[0]), in_transaction_of_its_own(step, call(step, placed)))
            yield Found(placed, message, safe)


def _is_concurrent(change: Change) -> bool:
    return isinstance(change, CreateIndex) and change.concurrently


RULE = Rule(
    "backfill-under-lock",
    "error",
    "ALTER TABLE takes an ACCESS EXCLUSIVE lock, which is held until the transaction ends. Rows that are written in "
    "the same transaction are written under it, and nobody reads the table meanwhile. Change the schema in one "
    "revision, and write the rows in the next; a large table in batches.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY)",),
        found=(
            (
                'op.add_column("account", sa.Column("state", sa.Text))\n'
                "op.execute(\"UPDATE account SET state = 'new' WHERE state IS NULL\")"
            ),
        ),
        near=(
            (
                'op.add_column("account", sa.Column("state", sa.Text))\n'
                "with op.get_context().autocommit_block():\n"
                "    op.execute(\"UPDATE account SET state = 'new' WHERE state IS NULL\")"
            ),
            (
                'op.execute("UPDATE account SET id = id + 1 WHERE id < 5")\n'
                'op.add_column("account", sa.Column("state", sa.Text))'
            ),
        ),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\n'
        'op.add_column("fresh", sa.Column("state", sa.Text))\n'
        "op.execute(\"UPDATE fresh SET state = 'new' WHERE state IS NULL\")",
    ),
    dialects=POSTGRESQL,
    lock="ACCESS EXCLUSIVE",
    by_size=True,
)
