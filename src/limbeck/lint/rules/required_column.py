"""A new column that older code does not fill."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import AddColumn
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule
from limbeck.lint.safe import nullable_first

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """New columns that are NOT NULL and that the database gives no value."""
    for placed, one in step.of(AddColumn):
        column = one.column
        counts = column.generated is not None or "serial" in column.type.lower()
        if not column.nullable and column.default is None and not counts:
            message = (
                f"{column.name} is NOT NULL without a server default: the statement fails if {one.table} has rows, and "
                "INSERTs of code that is still running fail, since they do not name it"
            )
            yield Found(placed, message, nullable_first(step, one.table, column))


RULE = Rule(
    "required-column",
    "error",
    "A column that is NOT NULL without a server default cannot be added to a table with rows, and processes of the "
    "release before insert rows without it. Give it a server default, which PostgreSQL keeps in its catalogue; or add "
    "it nullable, have the application write it, fill the rows that there are, and set NOT NULL then.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY)",),
        found=(
            'op.add_column("account", sa.Column("state", sa.Text, nullable=False))',
            'op.execute("ALTER TABLE account ADD COLUMN state text NOT NULL")',
        ),
        near=(
            'op.add_column("account", sa.Column("state", sa.Text, nullable=False, server_default="new"))',
            'op.add_column("account", sa.Column("state", sa.Text))',
        ),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\n'
        'op.add_column("fresh", sa.Column("state", sa.Text, nullable=False))',
    ),
    dialects=POSTGRESQL,
)
