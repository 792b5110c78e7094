"""Strong locks on several tables in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import AddColumn, AddConstraint, ChangeType, DropColumn, DropTable, RenameTable, SetNotNull
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule
from limbeck.lint.safe import call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


_STRONG = AddColumn | AddConstraint | ChangeType | DropColumn | DropTable | RenameTable | SetNotNull


def check(step: Step) -> Iterator[Found]:
    """The second table that a transaction locks against readers."""
    first = None
    for placed in step.changes:
        change = placed.change
        if not isinstance(change, _STRONG) or placed.is_new or not placed.in_transaction:
            continue
        if first is None:
            first = placed
        elif first.change.table != change.table:
            message = (
                f"{change.table} is waited for while {first.change.table} is locked against reads and writes: that "
                "lasts longer, and a transaction that uses both the other way round is a deadlock"
            )
            yield Found(placed, message, (call(step, first), call(step, placed)))
            return


RULE = Rule(
    "locks-several-tables",
    "info",
    "A lock is held until the transaction ends. A revision that locks a second table waits for it while nobody can use "
    "the first one, and where a query locks the two in the other order, one of them is ended as a deadlock. Change one "
    "table in a revision.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY)", "CREATE TABLE invoice (id integer PRIMARY KEY)"),
        found=(
            (
                'op.add_column("account", sa.Column("email", sa.Text))\n'
                'op.add_column("invoice", sa.Column("note", sa.Text))'
            ),
        ),
        near=(
            'op.add_column("account", sa.Column("email", sa.Text))\nop.add_column("account", sa.Column("a", sa.Text))',
        ),
        exempt='op.add_column("account", sa.Column("email", sa.Text))\n'
        'op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\n'
        'op.add_column("fresh", sa.Column("note", sa.Text))',
    ),
    dialects=POSTGRESQL,
    lock="ACCESS EXCLUSIVE",
)
