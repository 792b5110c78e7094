"""A serial or identity column of a table that exists."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from limbeck.lint.changes import AddColumn
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule
from limbeck.lint.safe import column_filled_later

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


_SERIAL = re.compile(r"(?:small|big)?serial", re.IGNORECASE)
_PLAIN = {"serial": "integer", "bigserial": "bigint", "smallserial": "smallint"}


def check(step: Step) -> Iterator[Found]:
    """New columns that count."""
    for placed, one in step.of(AddColumn):
        column = one.column
        is_serial = _SERIAL.fullmatch(column.type) is not None
        if is_serial or column.generated == "identity":
            kind = "A serial" if is_serial else "An identity"
            message = (
                f"{kind} column numbers every row of {one.table}, which is written anew while reads and writes are "
                "blocked; add a plain column, let a sequence give its default, and fill it in batches"
            )
            type_ = _PLAIN.get(column.type.lower(), column.type)
            yield Found(placed, message, column_filled_later(step, one.table, column, type_=type_, counts=True))


RULE = Rule(
    "counting-column-rewrites-table",
    "error",
    "A serial or identity column that is added to a table with rows has to number them: the table is written anew "
    "under an ACCESS EXCLUSIVE lock. A plain column whose default is a sequence numbers new rows, and the others are "
    "filled in batches.",
    check,
    Examples(
        given=("CREATE TABLE account (name text)",),
        found=(
            'op.execute("ALTER TABLE account ADD COLUMN number bigserial")',
            'op.add_column("account", sa.Column("number", sa.BigInteger, sa.Identity(), nullable=False))',
        ),
        near=('op.add_column("account", sa.Column("number", sa.BigInteger))',),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\n'
        'op.add_column("fresh", sa.Column("number", sa.BigInteger, sa.Identity(), nullable=False))',
    ),
    dialects=POSTGRESQL,
    lock="ACCESS EXCLUSIVE",
    by_size=True,
    rewrites=True,
)
