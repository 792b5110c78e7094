"""A table that is dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import DropTable
from limbeck.lint.rule import Examples, Found, Rule
from limbeck.lint.safe import allowed_call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Tables that existed before the run."""
    for placed, one in step.of(DropTable):
        message = (
            f"The rows of {one.table} are gone for good, and code that is still running fails; release code that does "
            "not use the table first, and keep a backup"
        )
        yield Found(placed, message, (allowed_call(step, placed, "drop-table", "no release uses it, rows are saved"),))


RULE = Rule(
    "drop-table",
    "warning",
    "DROP TABLE deletes all rows, which no downgrade brings back, and each release that still reads the table fails. "
    "First release code without it; drop it when no process of an older release is left.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY)",),
        found=('op.drop_table("account")', 'op.execute("DROP TABLE IF EXISTS account")'),
        near=('op.create_table("account2", sa.Column("id", sa.Integer, primary_key=True))',),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\nop.drop_table("fresh")',
    ),
    by_use=True,
)
