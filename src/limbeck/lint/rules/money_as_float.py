"""Money as a floating point number."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from limbeck.lint.changes import AddColumn, CreateTable
from limbeck.lint.rule import Examples, Found, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


_MONEY = re.compile(r"amount|price|cost|total|balance|fee|salary|tax|net|gross", re.IGNORECASE)
_FLOAT = re.compile(r"float|real|double", re.IGNORECASE)


def check(step: Step) -> Iterator[Found]:
    """New columns named as money is, of a floating point type."""
    for placed in step.changes:
        change = placed.change
        columns = change.columns if isinstance(change, CreateTable) else ()
        columns = (change.column,) if isinstance(change, AddColumn) else columns
        for column in columns:
            if _FLOAT.match(column.type) and any(_MONEY.fullmatch(word) for word in column.name.split("_")):
                message = (
                    f"{change.table}.{column.name} is {column.type}, in which 0.10 has no exact value: sums drift; "
                    "NUMERIC is exact"
                )
                yield Found(placed, message)


RULE = Rule(
    "money-as-float",
    "warning",
    "Floating point numbers are binary, and most amounts of money have no exact value in them: sums are off by cents "
    "and comparisons fail. NUMERIC, or an integer of cents, is exact. Off where nothing is configured: it goes by "
    "names.",
    check,
    Examples(
        given=("CREATE TABLE invoice (id integer PRIMARY KEY)",),
        found=(
            'op.add_column("invoice", sa.Column("total_price", sa.Float))',
            'op.create_table("item", sa.Column("id", sa.Integer, primary_key=True), sa.Column("tax", sa.Double))',
        ),
        near=(
            'op.add_column("invoice", sa.Column("total_price", sa.Numeric(10, 2)))',
            'op.add_column("invoice", sa.Column("weight", sa.Float))',
        ),
    ),
    is_on=False,
)
