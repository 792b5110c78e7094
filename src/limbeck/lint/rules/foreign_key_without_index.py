"""A foreign key whose columns have no index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import AddConstraint, Change, CreateIndex
from limbeck.lint.parts import index_first
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Foreign keys without an index that begins with their columns, in the run or in the database."""
    for placed, key in step.of(AddConstraint):
        if key.kind != "foreign key" or not key.columns:
            continue
        others = [*step.run_before, *step.changes]
        made = any(_serves(other.change, key) for other in others) or step.has_index(key.table, key.columns)
        if not made:
            columns = ", ".join(key.columns)
            message = (
                f"No index begins with {key.table} ({columns}): each DELETE and each change of a key in {key.target} "
                f"reads all of {key.table}"
            )
            yield Found.mechanical(placed, message, index_first(step, placed, key))


def _serves(change: Change, key: AddConstraint) -> bool:
    width = len(key.columns)
    if isinstance(change, CreateIndex):
        return change.table == key.table and not change.partial and set(change.columns[:width]) == set(key.columns)
    if isinstance(change, AddConstraint) and change.kind in {"unique constraint", "primary key"}:
        return change.table == key.table and set(change.columns[:width]) == set(key.columns)
    return False


RULE = Rule(
    "foreign-key-without-index",
    "warning",
    "PostgreSQL makes no index for a foreign key. Without one, each row that is deleted from the other table, or whose "
    "key changes, has this table read from end to end, and joins on it too.",
    check,
    Examples(
        given=(
            "CREATE TABLE customer (id integer PRIMARY KEY)",
            "CREATE TABLE invoice (id integer PRIMARY KEY, customer_id integer)",
        ),
        found=(
            'op.create_foreign_key("fk", "invoice", "customer", ["customer_id"], ["id"], postgresql_not_valid=True)',
            'op.add_column("invoice", sa.Column("payer_id", sa.Integer, sa.ForeignKey("customer.id")))',
            'op.execute("ALTER TABLE invoice ADD COLUMN payer_id int REFERENCES customer")',
        ),
        near=(
            'op.create_foreign_key("fk", "invoice", "customer", ["id"], ["id"], postgresql_not_valid=True)',
            (
                'op.create_index("ix", "invoice", ["customer_id", "id"], postgresql_concurrently=True)\n'
                'op.create_foreign_key("fk", "invoice", "customer", ["customer_id"], ["id"], postgresql_not_valid=True)'
            ),
        ),
    ),
    dialects=POSTGRESQL,
    by_size=True,
)
