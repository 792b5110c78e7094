"""Rows written in a revision that changes the schema, where DDL commits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import CreateTable, Unread, Write
from limbeck.lint.rule import MYSQL, Examples, Found, Rule
from limbeck.lint.safe import call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Rows that are written beside DDL of tables that exist."""
    ddl = [one for one in step.changes if not isinstance(one.change, Write | Unread | CreateTable) and not one.is_new]
    for placed, one in step.of(Write):
        if ddl:
            message = (
                f"{one.verb} {one.table} stands beside DDL, which commits by itself: where a later statement fails, "
                "these rows stay, and the revision is left half done; give them a revision of their own"
            )
            parts = (call(step, ddl[0]), call(step, placed))
            before = step.changes.index(ddl[0]) < step.changes.index(placed)
            yield Found(placed, message, parts if before else parts[::-1])
            return


RULE = Rule(
    "ddl-commits-rows",
    "warning",
    "MySQL and MariaDB commit before and after each DDL statement. Rows that a revision writes beside DDL are "
    "committed with it, so a failure leaves the revision half done. `limbeck upgrade --resume` goes on behind what is "
    "committed; two revisions need no such help.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY)",),
        found=(
            (
                'op.add_column("account", sa.Column("state", sa.Text))\n'
                "op.execute(\"UPDATE account SET state = 'new' WHERE state IS NULL\")"
            ),
        ),
        near=(
            'op.execute("DELETE FROM account WHERE id > 5")',
            'op.add_column("account", sa.Column("state", sa.Text))',
        ),
        exempt='fresh = op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\n'
        'op.bulk_insert(fresh, [{"id": 1}])',
    ),
    dialects=MYSQL,
)
