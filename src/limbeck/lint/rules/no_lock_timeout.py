"""A strong lock that is waited for without end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import (
    AddColumn,
    AddConstraint,
    AlterTable,
    ChangeType,
    CreateIndex,
    CreateTrigger,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    RenameColumn,
    RenameTable,
    SetLogging,
    SetNotNull,
    SetVariable,
)
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Part, Rule
from limbeck.lint.safe import call, execute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


_LOCKS = (AddColumn, AddConstraint, AlterTable, ChangeType, CreateTrigger, DropColumn, DropConstraint, DropTable)
_LOCKS_TOO = (RenameColumn, RenameTable, SetLogging, SetNotNull)


def check(step: Step) -> Iterator[Found]:
    """The first strong lock of a revision without a lock timeout."""
    if step.waits is not None:
        return
    for placed in step.changes:
        change = placed.change
        if isinstance(change, SetVariable) and change.name.lower() == "lock_timeout":
            return
        plain = isinstance(change, CreateIndex | DropIndex) and not change.concurrently
        if not placed.is_new and (plain or isinstance(change, (*_LOCKS, *_LOCKS_TOO))):
            table = change.table or "the table"
            message = (
                f"The lock on {table} is waited for without end, and every query that comes later waits behind it: one "
                "long transaction stops the application; with a lock timeout the run fails instead, and can be repeated"
            )
            code = f"{execute(_SET)}\n{call(step, placed)}"
            yield Found.mechanical(placed, message, (Part(code, is_undone_here=True, options={}),))
            return


_SET = "SET LOCAL lock_timeout = '5s'"

RULE = Rule(
    "no-lock-timeout",
    "warning",
    "A statement that asks for a strong lock waits for every transaction that uses the table. Sessions that come "
    "later, also to read, queue behind it, so that one forgotten transaction stops the application. Set "
    "`table_lock_timeout` in the configuration, `lock_timeout` in the header of the revision, or `op.timeouts()`; "
    "[retries](timeouts.md) try again. Under `edition = 2026` five seconds are the default.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY)",),
        found=('op.add_column("account", sa.Column("email", sa.Text))',),
        near=(
            'op.execute("SET lock_timeout = \'2s\'")\nop.add_column("account", sa.Column("email", sa.Text))',
            'op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))',
        ),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\n'
        'op.add_column("fresh", sa.Column("email", sa.Text))',
        settings="",
    ),
    dialects=POSTGRESQL,
    lock="AccessExclusiveLock",
)
