"""NOT VALID and VALIDATE in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import AddConstraint, ValidateConstraint
from limbeck.lint.parts import moved_behind
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule
from limbeck.lint.safe import call, in_transaction_of_its_own

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Constraints that the transaction which adds them validates."""
    for placed, one in step.of(ValidateConstraint):
        before = step.before(placed)
        if step.context.one_transaction:
            before = [*step.run_before, *before]
        added = [
            other
            for other in before
            if isinstance(other.change, AddConstraint)
            and (other.change.table, other.change.name) == (one.table, one.name)
            and other.in_transaction
        ]
        if added and placed.in_transaction:
            message = (
                f"VALIDATE CONSTRAINT {one.name} in the transaction that adds it reads every row under the lock that "
                "ADD CONSTRAINT took: NOT VALID has gained nothing"
            )
            safe = call(step, added[-1]), in_transaction_of_its_own(step, call(step, placed))
            yield Found(placed, message, safe, fix=moved_behind(step, placed))


RULE = Rule(
    "validate-in-same-transaction",
    "error",
    "A lock is held until the transaction ends. Where a constraint is added NOT VALID and validated in the same "
    "transaction, the rows are read under the strong lock that NOT VALID was to avoid. Validate in a revision of its "
    "own; where one transaction holds the whole run, in an autocommit block too.",
    check,
    Examples(
        given=("CREATE TABLE invoice (id integer PRIMARY KEY, amount integer)",),
        found=(
            (
                'op.create_check_constraint("ck_amount", "invoice", "amount > 0", postgresql_not_valid=True)\n'
                'op.execute("ALTER TABLE invoice VALIDATE CONSTRAINT ck_amount")'
            ),
        ),
        near=(
            'op.execute("ALTER TABLE invoice VALIDATE CONSTRAINT ck_amount")',
            (
                'op.create_check_constraint("ck_amount", "invoice", "amount > 0", postgresql_not_valid=True)\n'
                "with op.get_context().autocommit_block():\n"
                '    op.execute("ALTER TABLE invoice VALIDATE CONSTRAINT ck_amount")'
            ),
        ),
    ),
    dialects=POSTGRESQL,
    lock="ACCESS EXCLUSIVE",
    by_size=True,
)
