"""SET NOT NULL without a check that proves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import AddColumn, AddConstraint, SetNotNull
from limbeck.lint.parts import changes_null_alone, set_not_null
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule
from limbeck.lint.safe import not_null_by_check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Columns that become NOT NULL; one with a valid check that says so reads no row."""
    for placed, one in step.of(SetNotNull):
        wanted = f"{one.column} IS NOT NULL".lower()
        checked = (
            other.change.condition or ""
            for other in [*step.run_before, *step.before(placed)]
            if isinstance(other.change, AddConstraint) and other.change.table == one.table
        )
        proved = any(wanted in condition.replace('"', "").lower() for condition in checked)
        added = any(
            isinstance(other.change, AddColumn)
            and (other.change.table, other.change.column.name) == (one.table, one.column)
            for other in step.before(placed)
        )
        if step.since(12) and (proved or step.has_check(one.table, wanted)):
            continue
        new = ", although the column is new," if added else ""
        if step.since(18):
            way = "the constraint may be NOT VALID, and is validated while they go on"
        elif step.since(12):
            way = "a check that is validated first proves it, and then no row is read"
        else:
            way = "a check that is validated while they go on says the same, and PostgreSQL before 12 needs it to stay"
        message = f"SET NOT NULL reads every row of {one.table}{new} under a lock that blocks reads and writes; {way}"
        parts = set_not_null(step, one.table, one.column) if changes_null_alone(placed) else ()
        if parts:
            yield Found.mechanical(placed, message, parts)
        else:
            yield Found(placed, message, not_null_by_check(step, one.table, one.column))


RULE = Rule(
    "set-not-null-reads-rows",
    "error",
    "ALTER COLUMN ... SET NOT NULL takes an ACCESS EXCLUSIVE lock and reads every row under it. Where a valid check "
    "says that the column IS NOT NULL, PostgreSQL 12 and later trusts it. Add that check NOT VALID, validate it in a "
    "transaction of its own while reads and writes go on, then set NOT NULL and drop the check. Before 12 the check "
    "has to stay in its place. From 18 on the constraint NOT NULL itself may be added NOT VALID.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY, email text)",),
        found=(
            'op.alter_column("account", "email", existing_type=sa.Text(), nullable=False)',
            'op.execute("ALTER TABLE account ALTER COLUMN email SET NOT NULL")',
        ),
        near=(
            'op.alter_column("account", "email", existing_type=sa.Text(), nullable=True)',
            (
                'op.create_check_constraint("email_there", "account", "email IS NOT NULL", postgresql_not_valid=True)\n'
                "with op.get_context().autocommit_block():\n"
                '    op.execute("ALTER TABLE account VALIDATE CONSTRAINT email_there")\n'
                'op.alter_column("account", "email", existing_type=sa.Text(), nullable=False)'
            ),
        ),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.Text))\n'
        'op.alter_column("fresh", "email", existing_type=sa.Text(), nullable=False)',
    ),
    dialects=POSTGRESQL,
    lock="ACCESS EXCLUSIVE",
    by_size=True,
)
