"""An enum value that is used in the transaction that adds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import AddEnumValue
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule
from limbeck.lint.safe import call, execute, in_transaction_of_its_own, outside_transaction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Statements that name a value which their transaction adds to an enum type."""
    for placed, added in ((one, one.change) for one in step.changes):
        if not isinstance(added, AddEnumValue) or not placed.in_transaction:
            continue
        literal = "'" + added.value.replace("'", "''") + "'"
        value = f"ALTER TYPE {step.quoted(added.type)} ADD VALUE {literal}"
        if not step.since(12):
            message = "PostgreSQL before 12 refuses ADD VALUE in a transaction, and a revision runs in one"
            yield Found(placed, message, (outside_transaction(execute(value)),))
            continue
        later = step.changes[step.changes.index(placed) + 1 :]
        users = [
            other
            for other in later
            if other.action is not placed.action
            and other.in_transaction
            and any(literal in statement for statement in other.action.sql)
        ]
        if users:
            message = (
                f"PostgreSQL refuses a value of an enum in the transaction that adds it: the run fails here, where "
                f"{literal} is used; add it in a revision of its own"
            )
            first = outside_transaction(execute(value)) if step.context.one_transaction else execute(value)
            yield Found(users[0], message, (first, in_transaction_of_its_own(step, call(step, users[0]))))


RULE = Rule(
    "enum-value-used-too-soon",
    "error",
    "ALTER TYPE ... ADD VALUE may run in a transaction (PostgreSQL 12 and later), but the value must not be used "
    "before that has ended. Add it in a revision of its own; where one transaction holds the whole run, in an "
    "autocommit block. `op.add_enum_value()` leaves the transaction by itself.",
    check,
    Examples(
        given=("CREATE TYPE mood AS ENUM ('sad')", "CREATE TABLE person (id integer PRIMARY KEY, mood mood)"),
        found=(
            (
                "op.execute(\"ALTER TYPE mood ADD VALUE 'happy'\")\n"
                "op.execute(\"UPDATE person SET mood = 'happy' WHERE id = 1\")"
            ),
        ),
        near=(
            (
                "op.execute(\"ALTER TYPE mood ADD VALUE 'happy'\")\n"
                "op.execute(\"UPDATE person SET mood = 'sad' WHERE id = 1\")"
            ),
            (
                "with op.get_context().autocommit_block():\n"
                "    op.execute(\"ALTER TYPE mood ADD VALUE 'happy'\")\n"
                "op.execute(\"UPDATE person SET mood = 'happy' WHERE id = 1\")"
            ),
        ),
    ),
    dialects=POSTGRESQL,
)
