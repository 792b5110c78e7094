"""Work on rows behind a lock that blocks readers of another table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import (
    AddColumn,
    AddConstraint,
    AlterTable,
    Change,
    ChangeType,
    DropColumn,
    DropConstraint,
    RefreshView,
    RenameColumn,
    SetNotNull,
    ValidateConstraint,
    Write,
)
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule
from limbeck.lint.safe import call, in_transaction_of_its_own

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


_STRONG = AddColumn | AlterTable | ChangeType | DropColumn | DropConstraint | RenameColumn | SetNotNull


def check(step: Step) -> Iterator[Found]:
    """The first statement about rows that runs while readers of a table are locked out."""
    locked = None
    for placed in step.changes:
        change = placed.change
        if not placed.in_transaction:
            continue
        if locked is not None and (what := _works(change, locked.change.table)):
            message = (
                f"{what} runs while {locked.change.table} is locked against reads and writes, which lasts until the "
                "transaction ends; give it a revision of its own, or write it before the lock"
            )
            safe = (call(step, locked), in_transaction_of_its_own(step, call(step, placed)))
            yield Found(placed, message, safe, locked=locked.change.table)
            return
        is_check = isinstance(change, AddConstraint) and change.kind != "foreign key"
        if locked is None and not placed.is_new and (is_check or isinstance(change, _STRONG)):
            locked = placed


def _works(change: Change, locked: str) -> str | None:
    """What a change does with rows; None for one that is short, and for a backfill, which has a rule of its own."""
    match change:
        case Write(verb="UPDATE" | "DELETE") if change.table != locked:
            return f"{change.verb} {change.table}"
        case Write(verb="INSERT", of_query=True):
            return f"INSERT INTO {change.table} ... SELECT"
        case RefreshView():
            return f"REFRESH MATERIALIZED VIEW {change.table}"
        case ValidateConstraint() if change.table != locked:
            return f"VALIDATE CONSTRAINT {change.name}"
        case _:
            return None


RULE = Rule(
    "work-under-lock",
    "warning",
    "Most forms of ALTER TABLE take an ACCESS EXCLUSIVE lock for a moment, but it is held until the transaction ends. "
    "Whatever the transaction does later, on other tables too, makes readers of the first one wait. A revision with "
    "such a statement has it last, and statements about rows have a revision of their own.",
    check,
    Examples(
        given=(
            "CREATE TABLE account (id integer PRIMARY KEY)",
            "CREATE TABLE seen (account_id integer, day date)",
        ),
        found=(
            (
                'op.add_column("account", sa.Column("state", sa.Text))\n'
                'op.execute("INSERT INTO seen (account_id) SELECT id FROM account")'
            ),
            (
                'op.execute("ALTER TABLE account ALTER COLUMN id SET DEFAULT 1")\n'
                "op.execute(\"DELETE FROM seen WHERE day < '2020-01-01'\")"
            ),
        ),
        near=(
            (
                'op.execute("INSERT INTO seen (account_id) SELECT id FROM account")\n'
                'op.add_column("account", sa.Column("state", sa.Text))'
            ),
            (
                'op.add_column("account", sa.Column("state", sa.Text))\n'
                'op.execute("INSERT INTO seen (account_id) VALUES (1)")'
            ),
        ),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\n'
        'op.add_column("fresh", sa.Column("state", sa.Text))\n'
        'op.execute("INSERT INTO fresh (id) SELECT id FROM account")',
    ),
    dialects=POSTGRESQL,
    lock="ACCESS EXCLUSIVE",
)
