"""orders and their lines

Revision ID: 8c27f4b6190e
Revises: 5d1a3c0e7b42
Create Date: 2026-03-09 14:30:02

"""

import sqlalchemy as sa
from limbeck import op

revision = "8c27f4b6190e"
down_revision = "5d1a3c0e7b42"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("placed_at", sa.DateTime(), server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_orders"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_orders_customer_id_customer"),
    )
    op.create_index("ix_orders_customer_id", "orders", ["customer_id"])
    op.create_table(
        "order_line",
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "product_id", name="pk_order_line"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_order_line_order_id_orders"),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name="fk_order_line_product_id_product"),
    )


def downgrade() -> None:
    op.drop_table("order_line")
    op.drop_index("ix_orders_customer_id", table_name="orders")
    op.drop_table("orders")
