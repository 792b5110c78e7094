"""A stored generated column of a table that exists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import AddColumn
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """New columns that are computed and stored."""
    for placed, one in step.of(AddColumn):
        if one.column.generated == "stored":
            message = (
                f"The value of {one.column.name} is computed for every row, so {one.table} is written anew while reads "
                "and writes are blocked; fill a plain column in batches and keep it by a trigger, or compute in a view"
            )
            yield Found(placed, message)


RULE = Rule(
    "stored-column-rewrites-table",
    "error",
    "GENERATED ALWAYS AS (...) STORED writes a value into each row: the table is written anew under an ACCESS "
    "EXCLUSIVE lock. PostgreSQL has no way to add such a column without it. A plain column that a trigger fills, a "
    "view, or from PostgreSQL 18 on a VIRTUAL column, need no rewrite.",
    check,
    Examples(
        given=("CREATE TABLE invoice (id integer PRIMARY KEY, net integer)",),
        found=(
            'op.add_column("invoice", sa.Column("gross", sa.Integer, sa.Computed("net * 2", persisted=True)))',
            'op.execute("ALTER TABLE invoice ADD COLUMN gross int GENERATED ALWAYS AS (net * 2) STORED")',
        ),
        near=('op.add_column("invoice", sa.Column("gross", sa.Integer))',),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\n'
        'op.add_column("fresh", sa.Column("twice", sa.Integer, sa.Computed("id * 2", persisted=True)))',
    ),
    dialects=POSTGRESQL,
    lock="ACCESS EXCLUSIVE",
    by_size=True,
    rewrites=True,
)
