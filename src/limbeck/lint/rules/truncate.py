"""TRUNCATE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import Write
from limbeck.lint.rule import Examples, Found, Rule
from limbeck.lint.safe import allowed_call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Tables that are emptied by TRUNCATE."""
    for placed, one in step.of(Write):
        if one.verb == "TRUNCATE":
            others = ", and of every table that refers to it" if one.cascade else ""
            message = f"TRUNCATE deletes all rows of {one.table}{others}, and blocks readers until the run commits"
            yield Found(placed, message, (allowed_call(step, placed, "truncate", "nothing reads these rows"),))


RULE = Rule(
    "truncate",
    "warning",
    "TRUNCATE deletes all rows under an ACCESS EXCLUSIVE lock, without calling triggers of rows; with CASCADE those of "
    "other tables too. MySQL and MariaDB commit by it. DELETE with a condition says what is meant to go.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY)",),
        found=('op.execute("TRUNCATE TABLE account")',),
        near=('op.execute("DELETE FROM account WHERE id > 5")',),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\n'
        'op.execute("TRUNCATE TABLE fresh")',
    ),
    dialects=("postgresql", "mysql", "mariadb"),
    by_use=True,
)
