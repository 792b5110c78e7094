"""A foreign key without NOT VALID."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import AddColumn, AddConstraint
from limbeck.lint.parts import validated_later
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Foreign keys whose rows are checked at once."""
    columns = {(one.table, one.column.name): one.column for _, one in step.of(AddColumn)}
    for placed, key in step.of(AddConstraint):
        if key.kind != "foreign key" or key.not_valid:
            continue
        fresh = [columns.get((key.table, name)) for name in key.columns]
        if all(column is not None and column.default is None for column in fresh):
            lasts = "for the length of the transaction, although the new column refers to nothing yet"
        else:
            lasts = "while every row is checked"
        fact = f"The foreign key blocks writes to {key.table} and {key.target} {lasts}"
        if not step.since(18) and step.partitions(key.table) is not None:
            way = f"{key.table} is partitioned, and PostgreSQL takes NOT VALID there from 18 on"
            yield Found(placed, f"{fact}; {way}: first give each partition the key NOT VALID, and validate it")
            continue
        message = f"{fact}; with NOT VALID, and VALIDATE in a revision of its own, they go on"
        yield Found.mechanical(placed, message, validated_later(step, placed, key))


RULE = Rule(
    "foreign-key-reads-rows",
    "error",
    "ADD FOREIGN KEY takes a SHARE ROW EXCLUSIVE lock on both tables and looks each row up in the other one; writes to "
    "both wait. With NOT VALID the lock is short, and new rows are checked from then on. VALIDATE CONSTRAINT, in "
    "another transaction, checks the older rows while reads and writes go on.",
    check,
    Examples(
        given=(
            "CREATE TABLE customer (id integer PRIMARY KEY)",
            "CREATE TABLE invoice (id integer PRIMARY KEY, customer_id integer)",
            "CREATE INDEX ix_invoice_customer_id ON invoice (customer_id)",
        ),
        found=(
            (
                'op.create_foreign_key("fk_invoice_customer", "invoice", "customer", ["customer_id"], ["id"],'
                ' ondelete="CASCADE")'
            ),
            'op.execute("ALTER TABLE invoice ADD CONSTRAINT fk_i FOREIGN KEY (customer_id) REFERENCES customer (id)")',
            'op.add_column("invoice", sa.Column("payer_id", sa.Integer, sa.ForeignKey("customer.id"), index=True))',
            (
                'op.add_column("invoice", sa.Column("payer_id", sa.Integer, sa.ForeignKey("customer.id")),'
                " inline_references=True)"
            ),
            'op.execute("ALTER TABLE invoice ADD payer_id int CONSTRAINT p REFERENCES customer ON DELETE CASCADE")',
        ),
        near=(
            (
                'op.create_foreign_key("fk_invoice_customer", "invoice", "customer", ["customer_id"], ["id"],'
                " postgresql_not_valid=True)"
            ),
            'op.create_unique_constraint("uq_invoice", "invoice", ["customer_id"])',
        ),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\n'
        'op.create_foreign_key("fk_fresh", "fresh", "customer", ["id"], ["id"])',
    ),
    dialects=POSTGRESQL,
    lock="SHARE ROW EXCLUSIVE",
    by_size=True,
)
