"""orders meet categories

Revision ID: e0647ac1d95b
Revises: 8c27f4b6190e, b3e9d05a6f18
Create Date: 2026-03-10 16:45:20

"""

revision = "e0647ac1d95b"
down_revision = ("8c27f4b6190e", "b3e9d05a6f18")
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
