"""Unique, check, foreign key and NOT NULL that code which is running may break."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import AddColumn, AddConstraint, CreateIndex, SetNotNull
from limbeck.lint.rule import Examples, Found, Rule
from limbeck.lint.safe import allowed_call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.changes import Change
    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """New rules for columns that code writes already."""
    added = {(one.table, one.column.name) for _, one in step.of(AddColumn)}
    for placed in step.changes:
        change = placed.change
        what = None if placed.is_new else _demands(change, added)
        if what is not None:
            message = (
                f"{what} of {change.table} holds for code that is still running too: an INSERT or UPDATE of it that "
                "breaks the rule fails from then on; release code that obeys it first"
            )
            reason = "every release that is running obeys it"
            yield Found(placed, message, (allowed_call(step, placed, "old-writers-refused", reason),))


def _demands(change: Change, added: set[tuple[str, str]]) -> str | None:
    """What a change demands of rows; None where only new columns, which old code does not write, are concerned."""
    match change:
        case AddConstraint(kind="primary key") | AddConstraint(using_index=True):
            return None  # the index that became it has said so
        case AddConstraint(columns=columns) if not columns or any((change.table, one) not in added for one in columns):
            return f"The {change.kind} {change.name or ''}".rstrip()
        case CreateIndex(unique=True, columns=columns) if any((change.table, one) not in added for one in columns):
            return f"The unique index {change.name or ''}".rstrip()
        case SetNotNull() if (change.table, change.column) not in added:
            return f"NOT NULL on {change.column}"
        case _:
            return None


RULE = Rule(
    "old-writers-refused",
    "info",
    "A constraint holds for every session from its first moment, NOT VALID ones included. Processes of the release "
    "before may write what it refuses: the same address twice, an amount of zero, an id that does not exist. Release "
    "code that obeys the rule, and make it one of the database when no older process is left.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY, email text)",),
        found=(
            'op.create_check_constraint("there", "account", "email > \'\'", postgresql_not_valid=True)',
            'op.create_index("ix", "account", ["email"], unique=True, postgresql_concurrently=True)',
        ),
        near=(
            'op.create_index("ix", "account", ["email"], postgresql_concurrently=True)',
            'op.add_column("account", sa.Column("code", sa.Text, unique=True))',
        ),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\n'
        'op.create_check_constraint("ck", "fresh", "id > 0")',
    ),
)
