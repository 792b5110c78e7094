"""A table without a primary key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import CreateTable
from limbeck.lint.rule import Examples, Found, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """New tables without a primary key."""
    for placed, one in step.of(CreateTable, new=True):
        if one.columns and not one.has_key:
            message = (
                f"{one.table} has no primary key: SQLAlchemy cannot map it, logical replication cannot UPDATE or "
                "DELETE its rows, and equal rows cannot be told apart"
            )
            yield Found(placed, message)


RULE = Rule(
    "no-primary-key",
    "warning",
    "A table without a primary key cannot be mapped, and logical replication and tools that copy tables online refuse "
    "or slow down on it. Off where nothing is configured: tables of events may do without.",
    check,
    Examples(
        found=(
            'op.create_table("event", sa.Column("at", sa.DateTime))',
            'op.execute("CREATE TABLE event (at timestamp)")',
        ),
        near=(
            'op.create_table("event", sa.Column("id", sa.Integer, primary_key=True))',
            'op.execute("CREATE TABLE event (id int PRIMARY KEY)")',
            'op.execute("CREATE TABLE event (a int, b int, PRIMARY KEY (a, b))")',
        ),
    ),
    is_on=False,
)
