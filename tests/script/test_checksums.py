"""What a checksum of operations follows, and what not."""

from __future__ import annotations

import pytest

from limbeck.script.checksums import of_operations, of_text

SCRIPT = '''"""message

Create Date: 2026-01-01
"""
from alembic import op
import sqlalchemy as sa

revision = "a1"
down_revision = None

COLUMN = "name"


def upgrade():
    op.create_table("t", sa.Column("id", sa.Integer(), nullable=False))
    if COLUMN:
        op.add_column("t", sa.Column(COLUMN, sa.String(50)))


def downgrade():
    op.drop_table("t")
'''


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("message", "another message"),
        ("import sqlalchemy as sa", "import sqlalchemy as sa  # the models"),
        (
            '"t", sa.Column("id", sa.Integer(), nullable=False)',
            "\n        't',\n        sa.Column('id', sa.Integer(), nullable=False),\n    ",
        ),
        ("def upgrade():", 'def upgrade() -> None:\n    """Adds it."""\n    # one table'),
        ("down_revision = None", "down_revision: str | None = 'zz'"),
        ("import sqlalchemy as sa", "import sqlalchemy as sa\nfrom typing import Any"),
        ("if COLUMN:", "if (COLUMN):"),
    ],
)
def test_text_that_does_the_same(old: str, new: str) -> None:
    changed = SCRIPT.replace(old, new)
    assert changed != SCRIPT
    assert of_operations(changed.encode()) == of_operations(SCRIPT.encode())
    assert of_text(changed.encode()) != of_text(SCRIPT.encode())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("nullable=False", "nullable=True"),
        ('COLUMN = "name"', 'COLUMN = "title"'),
        ("    if COLUMN:\n        op.add", "    if COLUMN:\n        pass\n    op.add"),
        ('op.drop_table("t")', "pass"),
        ("sa.String(50)", "sa.String(51)"),
        ("String(50)", "String(50.0)"),
        ("sa.Integer()", "sa.Integer"),
    ],
)
def test_text_that_does_something_else(old: str, new: str) -> None:
    changed = SCRIPT.replace(old, new)
    assert changed != SCRIPT
    assert of_operations(changed.encode()) != of_operations(SCRIPT.encode())


def test_the_value_does_not_depend_on_the_version_of_python() -> None:
    """It is compared with what another version has written."""
    assert of_operations(SCRIPT.encode()) == "a09ec0ff4712ef508dee3b2601fbc083326b2dcdc1d55e00067e65d77e5cb65f"


def test_line_ends_are_version_controls() -> None:
    assert of_text(SCRIPT.replace("\n", "\r\n").encode()) == of_text(SCRIPT.encode())


@pytest.mark.parametrize("source", [b"def upgrade(:", b"\x00\x01\xa7", b"\xff\xfe"])
def test_what_is_no_source_has_none(source: bytes) -> None:
    assert of_operations(source) is None
