"""prices in cents

The prices that are there are carried over, both ways.

Revision ID: 41f8b2d7c6a3
Revises: e0647ac1d95b
Create Date: 2026-04-21 11:20:55

"""

import sqlalchemy as sa
from limbeck import op

revision = "41f8b2d7c6a3"
down_revision = "e0647ac1d95b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("product", sa.Column("price_cents", sa.Integer(), nullable=True))
    op.execute("UPDATE product SET price_cents = CAST(ROUND(price * 100) AS INTEGER)")
    with op.batch_alter_table("product") as product:
        product.alter_column("price_cents", existing_type=sa.Integer(), nullable=False)
        product.drop_column("price")


def downgrade() -> None:
    op.add_column("product", sa.Column("price", sa.Numeric(10, 2), nullable=True))
    op.execute("UPDATE product SET price = price_cents / 100.0")
    with op.batch_alter_table("product") as product:
        product.alter_column("price", existing_type=sa.Numeric(10, 2), nullable=False)
        product.drop_column("price_cents")
