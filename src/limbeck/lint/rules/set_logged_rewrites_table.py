"""SET LOGGED and SET UNLOGGED."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import SetLogging
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Tables whose logging is switched."""
    for placed, one in step.of(SetLogging):
        word = "LOGGED" if one.logged else "UNLOGGED"
        message = (
            f"SET {word} writes {one.table} and its indexes anew while reads and writes are blocked; run it when "
            "nobody uses the table, or copy its rows into a new one"
        )
        yield Found(placed, message)


RULE = Rule(
    "set-logged-rewrites-table",
    "error",
    "SET LOGGED and SET UNLOGGED write the table and its indexes anew under an ACCESS EXCLUSIVE lock; SET LOGGED "
    "writes all of it into the write-ahead log too. There is no way around it but a new table.",
    check,
    Examples(
        given=("CREATE UNLOGGED TABLE event (id integer PRIMARY KEY)",),
        found=('op.execute("ALTER TABLE event SET LOGGED")',),
        near=('op.execute("ALTER TABLE event SET (fillfactor = 70)")',),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\n'
        'op.execute("ALTER TABLE fresh SET UNLOGGED")',
    ),
    dialects=POSTGRESQL,
    lock="ACCESS EXCLUSIVE",
    by_size=True,
    rewrites=True,
)
