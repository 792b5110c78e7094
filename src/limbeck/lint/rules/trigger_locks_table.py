"""A trigger on a table that exists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import CreateTrigger
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule
from limbeck.lint.safe import allowed_call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """New triggers."""
    for placed, one in step.of(CreateTrigger):
        message = (
            f"CREATE TRIGGER {one.name} blocks writes to {one.table} until the run commits, and code that is still "
            "running calls it with every row from then on"
        )
        reason = "in a revision of its own; code that is running copes with it"
        yield Found(placed, message, (allowed_call(step, placed, "trigger-locks-table", reason),))


RULE = Rule(
    "trigger-locks-table",
    "warning",
    "CREATE TRIGGER takes a SHARE ROW EXCLUSIVE lock, which blocks writes until the transaction ends. It is short in a "
    "revision of its own. From then on the trigger runs for the rows of every release that writes the table.",
    check,
    Examples(
        given=(
            "CREATE TABLE account (id integer PRIMARY KEY)",
            "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'",
        ),
        found=('op.execute("CREATE TRIGGER touched BEFORE UPDATE ON account FOR EACH ROW EXECUTE FUNCTION touch()")',),
        near=('op.execute("DROP TRIGGER IF EXISTS touched ON account")',),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\n'
        'op.execute("CREATE TRIGGER touched BEFORE UPDATE ON fresh FOR EACH ROW EXECUTE FUNCTION touch()")',
    ),
    dialects=POSTGRESQL,
    lock="SHARE ROW EXCLUSIVE",
)
