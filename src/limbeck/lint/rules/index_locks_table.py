"""CREATE INDEX without CONCURRENTLY."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import CreateIndex
from limbeck.lint.parts import concurrently
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule
from limbeck.lint.safe import partitioned_index

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Indexes that are not built concurrently."""
    for placed, index in step.of(CreateIndex):
        if not index.concurrently and not index.only:
            message = (
                f"CREATE INDEX {index.name or ''} locks {index.table} in mode SHARE until the index is built: every "
                "INSERT, UPDATE and DELETE waits; CONCURRENTLY lets them go on"
            )
            partitions = step.partitions(index.table)
            if partitions is None:
                yield Found.mechanical(placed, message, concurrently(step, placed))
            else:
                yield Found(placed, message, partitioned_index(step, index, partitions))


RULE = Rule(
    "index-locks-table",
    "error",
    "CREATE INDEX takes a SHARE lock on the table until the index is built, which reads every row. All writes wait "
    "meanwhile. CREATE INDEX CONCURRENTLY reads the table twice, outside a transaction, and lets writes go on. A build "
    "that fails leaves an invalid index behind, which `limbeck status` names.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY, email text)",),
        found=(
            'op.create_index("ix_account_email", "account", ["email"], postgresql_where=sa.text("id > 5"))',
            'op.execute("CREATE INDEX ix_account_lower ON account (lower(email))")',
            'op.add_column("account", sa.Column("city", sa.Text, index=True))',
        ),
        near=(
            'op.create_index("ix_account_email", "account", ["email"], postgresql_concurrently=True)',
            (
                "with op.get_context().autocommit_block():\n"
                '    op.execute("CREATE INDEX CONCURRENTLY ix_account_lower ON account (lower(email))")'
            ),
        ),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.Text))\n'
        'op.create_index("ix_fresh_email", "fresh", ["email"])',
    ),
    dialects=POSTGRESQL,
    lock="SHARE",
    by_size=True,
)
