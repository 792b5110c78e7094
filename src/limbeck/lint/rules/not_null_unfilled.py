"""NOT NULL in SQLite on a column whose NULLs nothing has filled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import AddColumn, SetNotNull, Write
from limbeck.lint.rule import SQLITE, Examples, Found, Rule
from limbeck.lint.safe import call, execute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Placed, Step


def check(step: Step) -> Iterator[Found]:
    """Columns that become NOT NULL, or come so, without a value for the rows that there are."""
    earlier = [*step.run_before]
    for placed in step.changes:
        change = placed.change
        filled = any(isinstance(one.change, Write) and one.change.table == change.table for one in earlier)
        earlier.append(placed)
        if placed.is_new or filled:
            continue
        match change:
            case SetNotNull(column=column):
                fact = f"{change.table}.{column} becomes NOT NULL, and nothing has filled the rows that lack a value"
                yield Found(placed, f"{fact}: one of them stops the run", _filled_first(step, placed, column))
            case AddColumn(column=new) if not new.nullable and new.default is None and new.generated is None:
                fact = f"{change.table}.{new.name} is NOT NULL without a server default"
                yield Found(placed, f"{fact}: SQLite adds no such column to a table that has rows")
            case _:
                pass


def _filled_first(step: Step, placed: Placed, column: str) -> tuple[str, ...]:
    table, name = step.quoted(placed.change.table), step.quoted(column)
    fill = execute(f"UPDATE {table} SET {name} = '' WHERE {name} IS NULL")  # noqa: S608 names are quoted
    inside = call(step, placed).replace(f"op.alter_column({placed.change.table!r}, ", "batch.alter_column(")
    batch = (
        f"with op.batch_alter_table({placed.change.table!r}) as batch:\n"
        f"    # limbeck: allow(batch-rebuilds-table): SQLite has no other way\n    {inside}"
    )
    return f"{fill}  # or what else stands for no value", batch


RULE = Rule(
    "not-null-unfilled",
    "warning",
    "SQLite checks NOT NULL while a batch copies the rows, and one row without a value stops the run, on production "
    "and not on the empty database of a test. Fill them first, in the same revision or the one before. A new column "
    "that is NOT NULL needs a server default.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY, email text)",),
        found=(
            (
                'with op.batch_alter_table("account") as batch:\n'
                '    batch.alter_column("email", existing_type=sa.Text(), nullable=False)'
            ),
        ),
        near=(
            (
                "op.execute(\"UPDATE account SET email = '' WHERE email IS NULL\")\n"
                'with op.batch_alter_table("account") as batch:\n'
                '    batch.alter_column("email", existing_type=sa.Text(), nullable=False)'
            ),
            'op.add_column("account", sa.Column("state", sa.Text, nullable=False, server_default="new"))',
        ),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.Text))\n'
        'with op.batch_alter_table("fresh") as batch:\n'
        '    batch.alter_column("email", existing_type=sa.Text(), nullable=False)',
    ),
    dialects=SQLITE,
)
