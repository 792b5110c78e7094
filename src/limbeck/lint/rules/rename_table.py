"""A table that gets another name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import CreateView, RenameTable
from limbeck.lint.rule import Examples, Found, Rule
from limbeck.lint.safe import call, execute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Renamed tables, unless a view takes their name in the same revision."""
    views = {one.table for _, one in step.of(CreateView, new=True)}
    for placed, one in step.of(RenameTable):
        if one.table not in views:
            message = (
                f"Code that is still running knows the table as {one.table} and fails from the rename on; a view of "
                "that name serves it, reads and writes, until it is gone"
            )
            view = execute(f"CREATE VIEW {step.quoted(one.table)} AS SELECT * FROM {step.quoted(one.new)}")  # noqa: S608 names are quoted
            yield Found(placed, message, (f"{call(step, placed)}\n{view}",))


RULE = Rule(
    "rename-table",
    "error",
    "Processes of the release before still use the old name while the new one starts, and when it is rolled back. A "
    "view of the old name over one table takes SELECT, INSERT, UPDATE and DELETE in PostgreSQL, MySQL and MariaDB. "
    "Create it in the revision that renames, and drop it in a later release.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY)",),
        found=('op.rename_table("account", "customer")', 'op.execute("ALTER TABLE account RENAME TO customer")'),
        near=(
            'op.rename_table("account", "customer")\nop.execute("CREATE VIEW account AS SELECT * FROM customer")',
            'op.execute("ALTER INDEX account_pkey RENAME TO customer_pkey")',
        ),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\n'
        'op.rename_table("fresh", "fresher")',
    ),
    by_use=True,
)
