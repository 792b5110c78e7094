"""A new column whose default differs from row to row."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from limbeck.lint.changes import AddColumn
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule
from limbeck.lint.safe import column_filled_later

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


_VOLATILE = re.compile(
    r"\b(?:random|gen_random_uuid|uuid_generate_v\d\w*|uuidv\d|clock_timestamp|timeofday|nextval)\s*\(", re.IGNORECASE
)
_TEXT = re.compile(r"'(?:[^']|'')*'")


def check(step: Step) -> Iterator[Found]:
    """New columns with a volatile default."""
    for placed, one in step.of(AddColumn):
        column = one.column
        if column.default is None or column.generated is not None:
            continue
        if _VOLATILE.search(_TEXT.sub("", column.default)):
            fact = f"{column.default} gives each row of {one.table} a value of its own, so the table"
        elif not step.since(11) and column.default.upper() != "NULL":
            fact = f"PostgreSQL before 11 writes a default into each row: {one.table}"
        else:
            continue
        message = (
            f"{fact} is written anew while reads and writes are blocked; set the default after the column is there, "
            "and fill it in batches"
        )
        yield Found(placed, message, column_filled_later(step, one.table, column))


RULE = Rule(
    "volatile-default-rewrites-table",
    "error",
    "A default that is the same for all rows, now() included, is kept in the catalogue, and no row is touched. A "
    "volatile one, as gen_random_uuid() or clock_timestamp(), has to be written into each row: the table is written "
    "anew under an ACCESS EXCLUSIVE lock. Add the column without it, set the default for new rows, and fill the others "
    "in batches. PostgreSQL before 11 writes any default into each row.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY)",),
        found=(
            'op.add_column("account", sa.Column("token", sa.Uuid, server_default=sa.text("gen_random_uuid()")))',
            'op.execute("ALTER TABLE account ADD COLUMN seen timestamptz DEFAULT clock_timestamp()")',
        ),
        near=(
            'op.add_column("account", sa.Column("seen", sa.DateTime, server_default=sa.func.now()))',
            'op.add_column("account", sa.Column("state", sa.Text, server_default="random()"))',
        ),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\n'
        'op.add_column("fresh", sa.Column("token", sa.Uuid, server_default=sa.text("gen_random_uuid()")))',
    ),
    dialects=POSTGRESQL,
    lock="ACCESS EXCLUSIVE",
    by_size=True,
    rewrites=True,
)
