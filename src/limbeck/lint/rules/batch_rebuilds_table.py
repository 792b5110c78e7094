"""Batches for which SQLite writes the table anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.rule import SQLITE, Examples, Found, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """The last operation of each batch that copies rows into a new table."""
    seen: set[int] = set()
    for placed in step.changes:
        action = placed.action
        copies = any(sql.upper().startswith("INSERT INTO") for sql in action.sql)
        if action.table is not None and copies and not placed.is_new and id(action) not in seen:
            seen.add(id(action))
            message = (
                f"The batch copies {placed.change.table} into a new table, and all writers of the database wait until "
                "the run commits: one batch for all changes of a table, and a time when few write"
            )
            yield Found(placed, message)


RULE = Rule(
    "batch-rebuilds-table",
    "info",
    "SQLite changes little of a table in place: columns can be added, renamed and dropped. For the rest a batch "
    "creates a second table, copies the rows, and renames it. SQLite has one lock for writers, so that each of them "
    "waits, or fails with `database is locked`. A batch does it once for all the changes in it.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY, email text)",),
        found=(
            (
                'with op.batch_alter_table("account") as batch:\n'
                '    batch.alter_column("email", existing_type=sa.Text(), type_=sa.String(40))'
            ),
        ),
        near=('with op.batch_alter_table("account") as batch:\n    batch.add_column(sa.Column("city", sa.Text))',),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer), sa.Column("city", sa.Text))\n'
        'with op.batch_alter_table("fresh") as batch:\n'
        '    batch.alter_column("city", existing_type=sa.Text(), type_=sa.String(40))',
    ),
    dialects=SQLITE,
    by_size=True,
    rewrites=True,
)
