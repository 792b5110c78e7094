"""categories for products

Made on another desk at the same time as the orders: the two meet in the next revision.

Revision ID: b3e9d05a6f18
Revises: 5d1a3c0e7b42
Create Date: 2026-03-10 08:01:37

"""

import sqlalchemy as sa
from limbeck import op

revision = "b3e9d05a6f18"
down_revision = "5d1a3c0e7b42"
branch_labels = None
depends_on = None


def upgrade() -> None:
    category = op.create_table(
        "category",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(60), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_category"),
        sa.UniqueConstraint("title", name="uq_category_title"),
    )
    op.bulk_insert(category, [{"title": "Books"}, {"title": "Instruments"}])
    with op.batch_alter_table("product") as product:
        product.add_column(sa.Column("category_id", sa.Integer(), nullable=True))
        product.create_foreign_key("fk_product_category_id_category", "category", ["category_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("product") as product:
        product.drop_constraint("fk_product_category_id_category", type_="foreignkey")
        product.drop_column("category_id")
    op.drop_table("category")
