"""A key that runs out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import CreateTable
from limbeck.lint.rule import Examples, Found, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


_SMALL = {"integer", "int", "smallint", "serial", "smallserial", "int4"}


def check(step: Step) -> Iterator[Found]:
    """New tables whose column ``id`` has at most four bytes."""
    for placed, one in step.of(CreateTable, new=True):
        for column in one.columns:
            if column.name == "id" and column.type.lower() in _SMALL:
                message = (
                    f"{one.table}.id is {column.type}, which ends at 2,147,483,647: the change to bigint writes the "
                    "whole table anew when it is largest"
                )
                yield Found(placed, message)


RULE = Rule(
    "int-key",
    "info",
    "A key of four bytes ends at 2.1 billion, also where rows are deleted or inserts roll back. Then each INSERT "
    "fails, and the change to BIGINT copies the table. Eight bytes cost little. Off where nothing is configured.",
    check,
    Examples(
        found=('op.create_table("event", sa.Column("id", sa.Integer, primary_key=True))',),
        near=('op.create_table("event", sa.Column("id", sa.BigInteger, primary_key=True))',),
    ),
    is_on=False,
)
