"""json where jsonb is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import AddColumn, ChangeType, CreateTable
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule
from limbeck.lint.safe import execute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Placed, Step


def check(step: Step) -> Iterator[Found]:
    """Columns of type json."""
    for placed in step.changes:
        change = placed.change
        columns = change.columns if isinstance(change, CreateTable) else ()
        columns = (change.column,) if isinstance(change, AddColumn) else columns
        for column in columns:
            if column.type.lower() == "json":
                yield _found(step, placed, column.name)
        if isinstance(change, ChangeType) and change.type.lower() == "json":
            yield _found(step, placed, change.column)


def _found(step: Step, placed: Placed, column: str) -> Found:
    table = placed.change.table
    message = (
        f"{table}.{column} is json, which has no equality: SELECT DISTINCT, GROUP BY and UNION of these rows fail in "
        "code that is running; jsonb has it, and indexes"
    )
    safe: tuple[str, ...] = ()
    if isinstance(placed.change, AddColumn):
        safe = (execute(f"ALTER TABLE {step.quoted(table)} ADD COLUMN {step.quoted(column)} jsonb"),)
    return Found(placed, message, safe)


RULE = Rule(
    "json-without-equality",
    "warning",
    "json keeps the text as it was written and has no operator for equality. Queries with DISTINCT, GROUP BY or UNION "
    "that name all columns of the table fail from then on. jsonb compares, is indexed by GIN, and is read faster.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY)",),
        found=(
            'op.add_column("account", sa.Column("settings", sa.JSON))',
            'op.execute("ALTER TABLE account ADD COLUMN settings json")',
        ),
        near=('op.execute("ALTER TABLE account ADD COLUMN settings jsonb")',),
    ),
    dialects=POSTGRESQL,
)
