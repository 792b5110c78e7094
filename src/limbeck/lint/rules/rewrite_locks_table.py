"""VACUUM FULL, CLUSTER, and another tablespace or access method."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import RewriteTable
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule
from limbeck.lint.safe import execute, outside_transaction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Tables that are written anew as they are."""
    for placed, one in step.of(RewriteTable):
        message = (
            f"{one.what} writes {one.table} and its indexes anew while reads and writes are blocked; run it when "
            "nobody uses the table, or pg_repack, which copies the rows beside it"
        )
        safe: tuple[str, ...] = ()
        if one.what == "VACUUM FULL":
            message += "; a plain VACUUM frees the space for new rows and blocks neither"
            vacuum = "# limbeck: allow(sql-not-read): blocks neither reads nor writes"
            safe = (outside_transaction(vacuum, execute(f"VACUUM {step.quoted(one.table)}")),)
        yield Found(placed, message, safe)


RULE = Rule(
    "rewrite-locks-table",
    "error",
    "VACUUM FULL, CLUSTER, SET TABLESPACE and SET ACCESS METHOD write the table and its indexes anew under an ACCESS "
    "EXCLUSIVE lock, and need the space for both meanwhile. A plain VACUUM makes room for new rows without it.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY)",),
        found=(
            'with op.get_context().autocommit_block():\n    op.execute("VACUUM FULL account")',
            'op.execute("CLUSTER account USING account_pkey")',
        ),
        near=('op.execute("ALTER TABLE account CLUSTER ON account_pkey")',),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\n'
        'op.execute("CLUSTER fresh USING fresh_pkey")',
    ),
    dialects=POSTGRESQL,
    lock="ACCESS EXCLUSIVE",
    by_size=True,
    rewrites=True,
)
