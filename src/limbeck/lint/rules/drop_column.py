"""A column that is dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import DropColumn
from limbeck.lint.rule import Examples, Found, Rule
from limbeck.lint.safe import allowed_call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Columns of tables that existed before the run."""
    for placed, one in step.of(DropColumn):
        message = (
            f"The values of {one.table}.{one.column} are gone for good, and code that is still running selects and "
            "inserts them: first release code whose models lack the column"
        )
        yield Found(placed, message, (allowed_call(step, placed, "drop-column", "no release uses it any more"),))


RULE = Rule(
    "drop-column",
    "warning",
    "DROP COLUMN deletes the values, which no downgrade brings back. SQLAlchemy names every mapped column in SELECT "
    "and INSERT, so processes of a release whose models have the column fail at once. First release models without it, "
    "or with `deferred()` and no writes; drop it when no process of an older release is left.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY, email text)",),
        found=('op.drop_column("account", "email")', 'op.execute("ALTER TABLE account DROP COLUMN email")'),
        near=('op.execute("ALTER TABLE account ALTER COLUMN email DROP DEFAULT")',),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Text))\n'
        'op.drop_column("fresh", "a")',
    ),
    by_use=True,
)
