"""customers and products

Revision ID: 5d1a3c0e7b42
Revises:
Create Date: 2026-03-02 09:12:44

"""

import sqlalchemy as sa
from limbeck import op

revision = "5d1a3c0e7b42"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "customer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(200), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_customer"),
        sa.UniqueConstraint("email", name="uq_customer_email"),
    )
    op.create_table(
        "product",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("price", sa.Numeric(10, 2), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_product"),
    )


def downgrade() -> None:
    op.drop_table("product")
    op.drop_table("customer")
