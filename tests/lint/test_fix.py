# ruff: noqa: E501 - what is written, as it is written
"""`limbeck lint --fix`: each mechanical rule before and after, proved up and down on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest
from fixing import Fixing
from inline_snapshot import snapshot


@pytest.fixture
def place(tmp_path: Path, postgresql_url: str) -> Fixing:
    return Fixing(tmp_path, postgresql_url)


CASES = {
    "index": (
        'op.create_index("ix_note", "invoice", ["note"])',
        'op.drop_index("ix_note", "invoice")',
        snapshot("""\
def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("ix_note", "invoice", ["note"], postgresql_concurrently=True)
def downgrade():
    with op.get_context().autocommit_block():
        op.drop_index("ix_note", "invoice", postgresql_concurrently=True)
"""),
    ),
    "index over several lines, with comments": (
        '# people look for notes\nop.create_index(\n    "ix_note",  # the name\n    "invoice",\n    ["note"],  # text\n)',
        'op.drop_index("ix_note", table_name="invoice")',
        snapshot("""\
def upgrade():
    with op.get_context().autocommit_block():
        # people look for notes
        op.create_index(
            "ix_note",  # the name
            "invoice",
            ["note"],  # text
            postgresql_concurrently=True,
        )
def downgrade():
    with op.get_context().autocommit_block():
        op.drop_index("ix_note", table_name="invoice", postgresql_concurrently=True)
"""),
    ),
    "index in SQL": (
        'op.execute("CREATE INDEX ix_note ON invoice (lower(note))")  # by any case',
        'op.execute("DROP INDEX ix_note")',
        snapshot("""\
def upgrade():
    # by any case
    with op.get_context().autocommit_block():
        op.execute("CREATE INDEX CONCURRENTLY ix_note ON invoice (lower(note))")
def downgrade():
    op.execute("DROP INDEX ix_note")
"""),
    ),
    "index beside a column": (
        'op.add_column("invoice", sa.Column("extra", sa.Text))\nop.create_index("ix_extra", "invoice", ["extra"])',
        'op.drop_index("ix_extra", "invoice")\nop.drop_column("invoice", "extra")',
        snapshot("""\
def upgrade():
    op.add_column("invoice", sa.Column("extra", sa.Text))
def downgrade():
    op.drop_column("invoice", "extra")
---
def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("ix_extra", "invoice", ["extra"], postgresql_concurrently=True)
def downgrade():
    with op.get_context().autocommit_block():
        op.drop_index("ix_extra", "invoice", postgresql_concurrently=True)
"""),
    ),
    "index that comes with a column": (
        'op.add_column("invoice", sa.Column("extra", sa.Text, index=True))',
        'op.drop_column("invoice", "extra")',
        snapshot("""\
def upgrade():
    op.add_column('invoice', sa.Column('extra', sa.Text(), nullable=True))
def downgrade():
    op.drop_column("invoice", "extra")
---
def upgrade():
    with op.get_context().autocommit_block():
        op.create_index(op.f('ix_invoice_extra'), 'invoice', ['extra'], unique=False, postgresql_concurrently=True)
def downgrade():
    with op.get_context().autocommit_block():
        op.drop_index(op.f('ix_invoice_extra'), table_name='invoice', postgresql_concurrently=True)
"""),
    ),
    "drop of an index": (
        'op.drop_index("ix_amount", "invoice")',
        'op.create_index("ix_amount", "invoice", ["amount"])',
        snapshot("""\
def upgrade():
    with op.get_context().autocommit_block():
        op.drop_index("ix_amount", "invoice", postgresql_concurrently=True)
def downgrade():
    with op.get_context().autocommit_block():
        op.create_index("ix_amount", "invoice", ["amount"], postgresql_concurrently=True)
"""),
    ),
    "foreign key": (
        'op.create_foreign_key("fk_customer", "invoice", "customer", ["customer_id"], ["id"])',
        'op.drop_constraint("fk_customer", "invoice", type_="foreignkey")',
        snapshot("""\
def upgrade():
    with op.get_context().autocommit_block():
        op.create_index('ix_invoice_customer_id', 'invoice', ['customer_id'], unique=False, postgresql_concurrently=True)
def downgrade():
    with op.get_context().autocommit_block():
        op.drop_index('ix_invoice_customer_id', table_name='invoice', postgresql_concurrently=True)
---
def upgrade():
    op.create_foreign_key("fk_customer", "invoice", "customer", ["customer_id"], ["id"], postgresql_not_valid=True)
def downgrade():
    op.drop_constraint("fk_customer", "invoice", type_="foreignkey")
---
def upgrade():
    op.execute("ALTER TABLE invoice VALIDATE CONSTRAINT fk_customer")
def downgrade():
    pass
"""),
    ),
    "foreign key that has its index": (
        'op.create_foreign_key("fk_amount", "invoice", "customer", ["amount"], ["id"])',
        'op.drop_constraint("fk_amount", "invoice")',
        snapshot("""\
def upgrade():
    op.create_foreign_key("fk_amount", "invoice", "customer", ["amount"], ["id"], postgresql_not_valid=True)
def downgrade():
    op.drop_constraint("fk_amount", "invoice")
---
def upgrade():
    op.execute("ALTER TABLE invoice VALIDATE CONSTRAINT fk_amount")
def downgrade():
    pass
"""),
    ),
    "foreign key that comes with a column": (
        'op.add_column("invoice", sa.Column("payer_id", sa.Integer, sa.ForeignKey("customer.id")))',
        'op.drop_column("invoice", "payer_id")',
        snapshot("""\
def upgrade():
    op.add_column('invoice', sa.Column('payer_id', sa.Integer(), nullable=True))
def downgrade():
    op.drop_column("invoice", "payer_id")
---
def upgrade():
    with op.get_context().autocommit_block():
        op.create_index('ix_invoice_payer_id', 'invoice', ['payer_id'], unique=False, postgresql_concurrently=True)
def downgrade():
    with op.get_context().autocommit_block():
        op.drop_index('ix_invoice_payer_id', table_name='invoice', postgresql_concurrently=True)
---
def upgrade():
    op.create_foreign_key('invoice_payer_id_fkey', 'invoice', 'customer', ['payer_id'], ['id'], postgresql_not_valid=True)
def downgrade():
    op.drop_constraint('invoice_payer_id_fkey', 'invoice')
---
def upgrade():
    op.execute("ALTER TABLE invoice VALIDATE CONSTRAINT invoice_payer_id_fkey")
def downgrade():
    pass
"""),
    ),
    "check": (
        'op.create_check_constraint("ck_amount", "invoice", "amount > 0")',
        'op.drop_constraint("ck_amount", "invoice")',
        snapshot("""\
def upgrade():
    op.create_check_constraint("ck_amount", "invoice", "amount > 0", postgresql_not_valid=True)
def downgrade():
    op.drop_constraint("ck_amount", "invoice")
---
def upgrade():
    op.execute("ALTER TABLE invoice VALIDATE CONSTRAINT ck_amount")
def downgrade():
    pass
"""),
    ),
    "check in SQL": (
        'op.execute("""\n    ALTER TABLE invoice\n    ADD CONSTRAINT ck_amount CHECK (amount > 0)\n""")',
        'op.execute("ALTER TABLE invoice DROP CONSTRAINT ck_amount")',
        snapshot('''\
def upgrade():
    op.execute("""ALTER TABLE invoice
        ADD CONSTRAINT ck_amount CHECK (amount > 0) NOT VALID""")
def downgrade():
    op.execute("ALTER TABLE invoice DROP CONSTRAINT ck_amount")
---
def upgrade():
    op.execute("ALTER TABLE invoice VALIDATE CONSTRAINT ck_amount")
def downgrade():
    pass
'''),
    ),
    "unique constraint": (
        '# each note once\nop.create_unique_constraint("uq_note", "invoice", ["note"])',
        'op.drop_constraint("uq_note", "invoice")',
        snapshot("""\
def upgrade():
    # each note once
    with op.get_context().autocommit_block():
        op.create_index('uq_note', 'invoice', ['note'], unique=True, postgresql_concurrently=True)
def downgrade():
    with op.get_context().autocommit_block():
        op.drop_index('uq_note', table_name='invoice', postgresql_concurrently=True)
---
def upgrade():
    op.execute("ALTER TABLE invoice ADD CONSTRAINT uq_note UNIQUE USING INDEX uq_note")
def downgrade():
    op.drop_constraint("uq_note", "invoice")
    with op.get_context().autocommit_block():
        op.create_index('uq_note', 'invoice', ['note'], unique=True, postgresql_concurrently=True)
"""),
    ),
    "NOT NULL": (
        'op.alter_column("invoice", "amount", existing_type=sa.Integer(), nullable=False)',
        'op.alter_column("invoice", "amount", existing_type=sa.Integer(), nullable=True)',
        snapshot("""\
def upgrade():
    op.execute("ALTER TABLE invoice ADD CONSTRAINT invoice_amount_not_null CHECK (amount IS NOT NULL) NOT VALID")
def downgrade():
    op.execute("ALTER TABLE invoice DROP CONSTRAINT invoice_amount_not_null")
---
def upgrade():
    op.execute("ALTER TABLE invoice VALIDATE CONSTRAINT invoice_amount_not_null")
def downgrade():
    pass
---
def upgrade():
    op.execute("ALTER TABLE invoice ALTER COLUMN amount SET NOT NULL")
    op.execute("ALTER TABLE invoice DROP CONSTRAINT invoice_amount_not_null")
def downgrade():
    op.alter_column("invoice", "amount", existing_type=sa.Integer(), nullable=True)
    op.execute("ALTER TABLE invoice ADD CONSTRAINT invoice_amount_not_null CHECK (amount IS NOT NULL) NOT VALID")
"""),
    ),
    "CONCURRENTLY in the transaction": (
        'op.execute("CREATE INDEX CONCURRENTLY ix_note ON invoice (note)")',
        'op.execute("DROP INDEX ix_note")',
        snapshot("""\
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("CREATE INDEX CONCURRENTLY ix_note ON invoice (note)")
def downgrade():
    op.execute("DROP INDEX ix_note")
"""),
    ),
    "REINDEX": (
        'op.execute("REINDEX TABLE invoice")',
        "pass",
        snapshot("""\
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("REINDEX TABLE CONCURRENTLY invoice")
def downgrade():
    pass
"""),
    ),
    "NOT VALID and VALIDATE together": (
        (
            'op.create_check_constraint("ck_amount", "invoice", "amount > 0", postgresql_not_valid=True)\n'
            'op.execute("ALTER TABLE invoice VALIDATE CONSTRAINT ck_amount")'
        ),
        'op.drop_constraint("ck_amount", "invoice")',
        snapshot("""\
def upgrade():
    op.create_check_constraint("ck_amount", "invoice", "amount > 0", postgresql_not_valid=True)
def downgrade():
    op.drop_constraint("ck_amount", "invoice")
---
def upgrade():
    op.execute("ALTER TABLE invoice VALIDATE CONSTRAINT ck_amount")
def downgrade():
    pass
"""),
    ),
}
"""What is written, what undoes it, and what becomes of both."""

FAILS = "CONCURRENTLY in the transaction"
"""The one that PostgreSQL refuses as it was."""

ADDED = {
    "foreign key": ["ix_invoice_customer_id"],
    "foreign key that comes with a column": ["ix_invoice_payer_id"],
}
"""Indexes that the revisions did not make."""


@pytest.mark.parametrize("name", CASES)
def test_written_safely(place: Fixing, name: str) -> None:
    before, back, after = CASES[name]
    place.history(before, back=back)
    as_it_was = None if name == FAILS else place.schema_at_head()
    assert place.fix() == after
    place.proved(as_it_was, added=ADDED.get(name, ()))
