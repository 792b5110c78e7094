"""DROP INDEX without CONCURRENTLY."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import DropIndex
from limbeck.lint.parts import concurrently
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Indexes that are not dropped concurrently."""
    for placed, index in step.of(DropIndex):
        if index.concurrently:
            continue
        table = f"table {index.table}" if index.table else "its table"
        message = (
            f"DROP INDEX {index.name} locks {table} in mode ACCESS EXCLUSIVE: it waits for the longest query that "
            "runs, and all queries behind it wait too; CONCURRENTLY only waits"
        )
        yield Found.mechanical(placed, message, concurrently(step, placed))


RULE = Rule(
    "drop-index-locks-table",
    "warning",
    "DROP INDEX takes an ACCESS EXCLUSIVE lock on the table. The drop itself is quick, but it waits for every "
    "transaction that uses the table, and each that comes later, also to read, waits behind it. DROP INDEX "
    "CONCURRENTLY lets them pass.",
    check,
    Examples(
        given=(
            "CREATE TABLE account (id integer PRIMARY KEY, email text)",
            "CREATE INDEX ix_account_email ON account (email)",
        ),
        found=(
            'op.drop_index("ix_account_email", "account")',
            'op.execute("DROP INDEX IF EXISTS ix_account_email")',
        ),
        near=(
            'op.drop_index("ix_account_email", "account", postgresql_concurrently=True)',
            (
                "with op.get_context().autocommit_block():\n"
                '    op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_account_email")'
            ),
        ),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\n'
        'op.create_index("ix_fresh_id", "fresh", ["id"])\n'
        'op.drop_index("ix_fresh_id", "fresh")',
    ),
    dialects=POSTGRESQL,
    lock="ACCESS EXCLUSIVE",
)
