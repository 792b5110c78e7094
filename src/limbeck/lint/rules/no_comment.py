"""Tables and columns without a comment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import AddColumn, CreateTable, SetComment
from limbeck.lint.rule import MYSQL, POSTGRESQL, Examples, Found, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """New tables and columns that the revision says nothing about."""
    told = {(one.table, one.column) for _, one in step.of(SetComment, new=True)}
    for placed in step.changes:
        match placed.change:
            case CreateTable(table=table, comment=False) if (table, None) not in told:
                yield Found(placed, f"The table {table} has no comment: what is a row of it?")
            case AddColumn(table=table, column=column) if not column.comment and (table, column.name) not in told:
                yield Found(placed, f"{table}.{column.name} has no comment: what is in it, in which unit?")
            case _:
                pass


RULE = Rule(
    "no-comment",
    "info",
    "A comment in the database is read by all who open it with another tool, and by generated documentation. "
    '`sa.Table(..., comment="one row a payment")` and `sa.Column(..., comment="in cents")` set it. Off where nothing '
    "is configured.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY)",),
        found=(
            'op.add_column("account", sa.Column("balance", sa.BigInteger))',
            'op.create_table("event", sa.Column("id", sa.Integer, primary_key=True))',
        ),
        near=(
            'op.add_column("account", sa.Column("balance", sa.BigInteger, comment="in cents"))',
            'op.create_table("event", sa.Column("id", sa.Integer, primary_key=True), comment="one row a click")',
            'op.execute("CREATE TABLE event (id int)")\nop.execute("COMMENT ON TABLE event IS \'one row a click\'")',
        ),
    ),
    dialects=POSTGRESQL + MYSQL,
    is_on=False,
)
