"""`limbeck lint --fix` on mixtures of what it can write: the same schema, up and down, with rows, and nothing found."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from fixing import Fixing

CHANGES = [
    ('op.add_column("invoice", sa.Column("plain", sa.Text))', 'op.drop_column("invoice", "plain")'),
    ('op.create_index("ix_note", "invoice", ["note"])', 'op.drop_index("ix_note", "invoice")'),
    ('op.execute("CREATE INDEX ix_lower ON invoice (lower(note))")', 'op.execute("DROP INDEX ix_lower")'),
    ('op.create_index("ix_two", "invoice", ["amount", "note"], unique=True)', 'op.drop_index("ix_two", "invoice")'),
    ('op.drop_index("ix_amount", "invoice")', 'op.create_index("ix_amount", "invoice", ["amount"])'),
    (
        'op.create_foreign_key("fk_customer", "invoice", "customer", ["customer_id"], ["id"], ondelete="CASCADE")',
        'op.drop_constraint("fk_customer", "invoice", type_="foreignkey")',
    ),
    (
        'op.execute("ALTER TABLE invoice ADD CONSTRAINT fk_sql FOREIGN KEY (customer_id) REFERENCES customer (id)")',
        'op.execute("ALTER TABLE invoice DROP CONSTRAINT fk_sql")',
    ),
    ('op.create_check_constraint("ck_a", "invoice", "amount > 0")', 'op.drop_constraint("ck_a", "invoice")'),
    (
        'op.execute("ALTER TABLE invoice ADD CONSTRAINT ck_sql CHECK (length(note) > 1)")',
        'op.execute("ALTER TABLE invoice DROP CONSTRAINT ck_sql")',
    ),
    ('op.create_unique_constraint("uq_note", "invoice", ["note"])', 'op.drop_constraint("uq_note", "invoice")'),
    (
        'op.alter_column("invoice", "note", existing_type=sa.Text(), nullable=False)',
        'op.alter_column("invoice", "note", existing_type=sa.Text(), nullable=True)',
    ),
    (
        'op.execute("ALTER TABLE invoice ALTER COLUMN customer_id SET NOT NULL")',
        'op.alter_column("invoice", "customer_id", existing_type=sa.Integer(), nullable=True)',
    ),
    (
        'op.add_column("invoice", sa.Column("code", sa.Text, unique=True))',
        'op.drop_column("invoice", "code")',
    ),
    (
        'op.add_column("invoice", sa.Column("payer", sa.Integer, sa.ForeignKey("customer.id"), index=True))',
        'op.drop_column("invoice", "payer")',
    ),
    (
        'op.create_table("fresh", sa.Column("a", sa.Integer))\nop.create_index("ix_f", "fresh", ["a"])',
        'op.drop_index("ix_f", "fresh")\nop.drop_table("fresh")',
    ),
    ("op.execute(\"UPDATE invoice SET note = 'paid ' || id WHERE id < 10\")", ""),
]
"""What a revision may do, and what undoes it."""

ADDED = ("ix_invoice_customer_id",)
"""The index that a foreign key of these may get."""


@pytest.mark.parametrize("seed", range(3))
def test_a_mixture(tmp_path: Path, postgresql_url: str, seed: int) -> None:
    place = Fixing(tmp_path, postgresql_url)
    chosen = random.Random(seed).sample(CHANGES, 6)  # noqa: S311 a seed, no secret
    up = "\n".join(change for change, _ in chosen)
    down = "\n".join(back for _, back in reversed(chosen) if back)
    place.history(up, back=down)
    wanted = place.schema_at_head()
    fixes = place.fixes()
    assert fixes["left"] == []
    assert (fixes["files"] != []) is (place.order() != ["a0", "a1"] or "CONCURRENTLY" in place.text().upper())
    place.proved(wanted, added=ADDED)
