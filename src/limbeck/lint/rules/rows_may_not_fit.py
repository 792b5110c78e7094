"""A constraint that the rows that there are may break."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import AddColumn, AddConstraint, CreateIndex, SetNotNull
from limbeck.lint.rule import Examples, Found, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.changes import Change
    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Unique, NOT NULL, checks and foreign keys on columns that have values already."""
    added = {(one.table, one.column.name) for _, one in step.of(AddColumn)}
    for placed in step.changes:
        query = None if placed.is_new else _query(step, placed.change, added)
        if query is not None:
            yield Found(placed, f"It fails if the table has rows that break it: those of `{query}`")


def _query(step: Step, change: Change, added: set[tuple[str, str]]) -> str | None:
    """The query that gives the rows which a change refuses; None where there are none, or nothing is known."""
    table = step.quoted(change.table)
    match change:
        case AddConstraint(kind="check", condition=str(condition), not_valid=False):
            return f"SELECT * FROM {table} WHERE NOT ({condition})"  # noqa: S608 names are quoted
        case SetNotNull() if (change.table, change.column) not in added and not step.has_check(
            change.table, f"{change.column} IS NOT NULL".lower()
        ):
            return f"SELECT * FROM {table} WHERE {step.quoted(change.column)} IS NULL"  # noqa: S608 names are quoted
        case (
            CreateIndex(unique=True, partial=False, columns=columns)
            | AddConstraint(kind="unique constraint" | "primary key", using_index=False, columns=columns)
        ) if columns and not any((change.table, name) in added for name in columns):
            keys = ", ".join(step.quoted(name) if name.isidentifier() else name for name in columns)
            return f"SELECT {keys} FROM {table} GROUP BY {keys} HAVING count(*) > 1"  # noqa: S608 names are quoted
        case _:
            return None


RULE = Rule(
    "rows-may-not-fit",
    "info",
    "A unique index, NOT NULL or a check on columns that exist fails where rows break it, on production and not on the "
    "empty database of a test. The query of the finding gives these rows: run it there first.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY, email text)",),
        found=(
            'op.create_index("ix", "account", ["email"], unique=True, postgresql_concurrently=True)',
            'op.create_check_constraint("ck", "account", "email > \'\'")',
            'op.create_unique_constraint("uq", "account", ["email"])',
        ),
        near=(
            'op.create_index("ix", "account", ["email"], postgresql_concurrently=True)',
            'op.create_check_constraint("ck", "account", "email > \'\'", postgresql_not_valid=True)',
            (
                'op.add_column("account", sa.Column("code", sa.Text))\n'
                'op.create_index("ix", "account", ["code"], unique=True)'
            ),
        ),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\n'
        'op.create_unique_constraint("uq", "fresh", ["id"])',
    ),
)
