"""A strong lock that is waited for without end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import (
    AddColumn,
    AddConstraint,
    AlterTable,
    AttachPartition,
    Change,
    ChangeType,
    CreateIndex,
    CreateTable,
    CreateTrigger,
    CreateView,
    DetachPartition,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropSchema,
    DropTable,
    DropView,
    RefreshView,
    Reindex,
    RenameColumn,
    RenameTable,
    RewriteTable,
    SetLogging,
    SetNotNull,
    SetVariable,
    Write,
)
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Part, Rule
from limbeck.lint.safe import call, execute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


_LOCKS = (AddColumn, AddConstraint, AlterTable, ChangeType, CreateTrigger, DropColumn, DropConstraint, DropTable)
_LOCKS_TOO = (RenameColumn, RenameTable, RewriteTable, SetLogging, SetNotNull, AttachPartition, DropView)


def check(step: Step) -> Iterator[Found]:
    """The first strong lock of a revision without a lock timeout."""
    if step.waits is not None:
        return
    for placed in step.changes:
        change = placed.change
        if isinstance(change, SetVariable) and change.name.lower() == "lock_timeout":
            return
        table = None if placed.is_new else _locked(change, step.new_tables)
        if table is not None:
            message = (
                f"The lock on {table} is waited for without end, and every query that comes later waits behind it: one "
                "long transaction stops the application; with a lock timeout the run fails instead, and can be repeated"
            )
            code = f"{execute(_SET)}\n{call(step, placed)}"
            yield Found.mechanical(placed, message, (Part(code, is_undone_here=True, options={}),))
            return


def _locked(change: Change, new: set[str]) -> str | None:
    """The table that a change locks against writers at least; None where it locks none, or only new ones."""
    match change:
        case CreateIndex() | DropIndex() | DetachPartition() | Reindex() | RefreshView() if change.concurrently:
            return None
        case CreateIndex() | DropIndex() | DetachPartition() | Reindex() | RefreshView():
            return change.table or "the table"
        case Write(verb="TRUNCATE") | CreateView(replaces=True):
            return change.table
        case DropSchema(what="schema"):
            return f"all tables of {change.name}"
        case CreateTable(targets=targets):
            return next((target for target in targets if target not in {change.table, *new}), None)
        case _:
            return (change.table or "the table") if isinstance(change, (*_LOCKS, *_LOCKS_TOO)) else None


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
        given=(
            "CREATE TABLE account (id integer PRIMARY KEY)",
            "CREATE VIEW all_accounts AS SELECT id FROM account",
        ),
        found=(
            'op.add_column("account", sa.Column("email", sa.Text))',
            'op.execute("CREATE OR REPLACE VIEW all_accounts AS SELECT id FROM account WHERE id > 0")',
            'op.execute("DROP VIEW all_accounts")',
        ),
        near=(
            'op.execute("SET lock_timeout = \'2s\'")\nop.add_column("account", sa.Column("email", sa.Text))',
            'op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))',
            (
                'op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True),'
                ' sa.Column("above", sa.Integer, sa.ForeignKey("fresh.id")))'
            ),
        ),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\n'
        'op.add_column("fresh", sa.Column("email", sa.Text))',
        settings="",
    ),
    dialects=POSTGRESQL,
    lock="ACCESS EXCLUSIVE",
)
