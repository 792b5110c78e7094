"""A check without NOT VALID."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import AddConstraint
from limbeck.lint.parts import validated_later
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Checks whose rows are read at once."""
    for placed, one in step.of(AddConstraint):
        if one.kind == "check" and not one.not_valid:
            message = (
                f"The check blocks reads and writes of {one.table} while every row is read; with NOT VALID, and "
                "VALIDATE in a revision of its own, they go on"
            )
            yield Found.mechanical(placed, message, validated_later(step, placed, one))


RULE = Rule(
    "check-reads-rows",
    "error",
    "ADD CHECK takes an ACCESS EXCLUSIVE lock and reads every row under it. With NOT VALID the lock is short, and new "
    "rows are checked from then on. VALIDATE CONSTRAINT, in another transaction, checks the older rows while reads and "
    "writes go on.",
    check,
    Examples(
        given=("CREATE TABLE invoice (id integer PRIMARY KEY, amount integer)",),
        found=(
            'op.create_check_constraint("ck_invoice_amount", "invoice", "amount > 0")',
            'op.execute("ALTER TABLE invoice ADD CONSTRAINT ck_amount CHECK (amount > 0)")',
            'op.execute("ALTER TABLE invoice ADD COLUMN net int DEFAULT 1 CHECK (net > 0)")',
        ),
        near=('op.create_check_constraint("ck_invoice_amount", "invoice", "amount > 0", postgresql_not_valid=True)',),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\n'
        'op.create_check_constraint("ck_fresh", "fresh", "id > 0")',
    ),
    dialects=POSTGRESQL,
    lock="ACCESS EXCLUSIVE",
    by_size=True,
)
