"""Several ALTERs of one table that each read or write all rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from limbeck.lint.changes import AddConstraint, ChangeType, SetNotNull
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule
from limbeck.lint.rules.type_change_rewrites_table import is_rewritten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.changes import Change
    from limbeck.lint.step import Placed, Step


def check(step: Step) -> Iterator[Found]:
    """Tables whose rows are gone through more than once."""
    passes: dict[str, list[Placed]] = {}
    for placed in step.changes:
        if not placed.is_new and _goes_through_rows(step, placed.change):
            passes.setdefault(placed.change.table, []).append(placed)
    for table, those in passes.items():
        statements = list(dict.fromkeys(sql for placed in those for sql in placed.action.sql))
        start = re.compile(rf"ALTER TABLE (?:ONLY )?{re.escape(step.quoted(table))} ", re.IGNORECASE)
        found = [start.sub("", sql.rstrip(";").strip(), count=1) for sql in statements if start.match(sql)]
        parts = [part for part in found if _PASS.search(part)]
        if len(those) > 1 and len(parts) > 1:
            message = (
                f"{len(parts)} statements go through all rows of {table} one after the other, and each holds its lock "
                f"meanwhile; one does it in one pass: ALTER TABLE {step.quoted(table)} {', '.join(parts)}"
            )
            yield Found(those[-1], message)


_PASS = re.compile(r"\bTYPE\b|\bSET NOT NULL\b|\bCHECK\b", re.IGNORECASE)


def _goes_through_rows(step: Step, change: Change) -> bool:
    """Whether a change reads or writes all rows, or may do so."""
    if isinstance(change, ChangeType):
        return is_rewritten(step, change)
    is_check = isinstance(change, AddConstraint) and change.kind == "check" and not change.not_valid
    return is_check or isinstance(change, SetNotNull)


RULE = Rule(
    "several-passes",
    "info",
    "Each ALTER TABLE that changes a type, sets NOT NULL or adds a check goes through the table by itself, under an "
    "ACCESS EXCLUSIVE lock. One statement with several parts goes through it once. Where a safe way is to be had for "
    "each part, it is better still.",
    check,
    Examples(
        given=(
            (
                "CREATE TABLE invoice (id integer PRIMARY KEY, amount integer, tax integer, note varchar(9), "
                "city varchar(9))"
            ),
        ),
        found=(
            (
                'op.alter_column("invoice", "amount", existing_type=sa.Integer(), type_=sa.BigInteger())\n'
                'op.alter_column("invoice", "tax", existing_type=sa.Integer(), type_=sa.BigInteger())'
            ),
            ('op.alter_column("invoice", "amount", existing_type=sa.Integer(), type_=sa.BigInteger(), nullable=False)'),
        ),
        near=(
            'op.execute("ALTER TABLE invoice ALTER COLUMN amount TYPE bigint, ALTER COLUMN tax TYPE bigint")',
            'op.alter_column("invoice", "amount", existing_type=sa.Integer(), type_=sa.BigInteger())',
            (
                'op.alter_column("invoice", "note", type_=sa.String(40))\n'
                'op.alter_column("invoice", "city", type_=sa.Text())'
            ),
        ),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer), sa.Column("number", sa.Integer))\n'
        'op.alter_column("fresh", "id", existing_type=sa.Integer(), type_=sa.BigInteger())\n'
        'op.alter_column("fresh", "number", existing_type=sa.Integer(), type_=sa.BigInteger())',
    ),
    dialects=POSTGRESQL,
    lock="ACCESS EXCLUSIVE",
    by_size=True,
)
