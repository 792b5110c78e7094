"""A unique constraint, primary key or exclusion constraint that builds its index under the lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import AddConstraint
from limbeck.lint.parts import using_index
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Constraints with an index, not USING INDEX."""
    for placed, one in step.of(AddConstraint):
        if one.using_index or one.kind not in {"unique constraint", "primary key", "exclusion constraint"}:
            continue
        if one.kind == "exclusion constraint":
            way = "nothing builds it otherwise: run it when few use the table, with a lock timeout"
            yield Found(placed, f"{_fact(one)}; {way}")
        else:
            way = "build the index CONCURRENTLY first, and add it USING INDEX"
            yield Found.mechanical(placed, f"{_fact(one)}; {way}", using_index(step, placed, one))


def _fact(one: AddConstraint) -> str:
    return f"The {one.kind} blocks reads and writes of {one.table} until its index is built"


RULE = Rule(
    "constraint-builds-index",
    "error",
    "ADD UNIQUE, ADD PRIMARY KEY and ADD EXCLUDE take an ACCESS EXCLUSIVE lock until their index is built, which reads "
    "every row. A unique index that was built CONCURRENTLY becomes the constraint by USING INDEX at once. For "
    "exclusion constraints PostgreSQL has no such way.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer NOT NULL, email text)",),
        found=(
            'op.create_unique_constraint("uq_account_email", "account", ["email"])',
            'op.create_primary_key("pk_account", "account", ["id"])',
            'op.execute("ALTER TABLE account ADD CONSTRAINT uq_account_email UNIQUE (email)")',
            'op.add_column("account", sa.Column("code", sa.Text, unique=True))',
            'op.execute("ALTER TABLE account ADD COLUMN code text UNIQUE")',
        ),
        near=(
            'op.execute("ALTER TABLE account ADD CONSTRAINT uq_account_email UNIQUE USING INDEX ix_account_email")',
            'op.create_check_constraint("ck_account", "account", "id > 0")',
        ),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.Text))\n'
        'op.create_unique_constraint("uq_fresh_email", "fresh", ["email"])',
    ),
    dialects=POSTGRESQL,
    lock="ACCESS EXCLUSIVE",
    by_size=True,
)
