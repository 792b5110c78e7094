"""UPDATE and DELETE of every row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import Write
from limbeck.lint.rule import Examples, Found, Rule
from limbeck.lint.safe import allowed_call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """UPDATE and DELETE without WHERE."""
    for placed, one in step.of(Write):
        if one.verb in {"UPDATE", "DELETE"} and one.all:
            message = (
                f"{one.verb} {one.table} has no WHERE: all rows change in one transaction, which locks each of them "
                "until it ends, and a second run does it again"
            )
            reason = "all rows are meant, and they are few"
            yield Found(placed, message, (allowed_call(step, placed, "write-without-where", reason),))


RULE = Rule(
    "write-without-where",
    "warning",
    "UPDATE or DELETE without WHERE concerns every row, often by mistake. Each row stays locked until the transaction "
    "ends. A condition, as `WHERE state IS NULL`, says which rows are meant, lets it run again, and allows batches.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY, email text)",),
        found=("op.execute(\"UPDATE account SET email = ''\")", 'op.execute("DELETE FROM account")'),
        near=("op.execute(\"UPDATE account SET email = '' WHERE email IS NULL\")",),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\n'
        'op.execute("DELETE FROM fresh")',
    ),
    by_size=True,
)
