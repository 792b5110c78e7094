"""A wrong call in every marked line: mypy --strict and pyright find each of them. Never run."""

from __future__ import annotations

import sqlalchemy as sa

from limbeck import op

COLUMN = sa.Column("c", sa.Integer())


def upgrade() -> None:
    op.add_column("t", "c")  # wrong
    op.add_column("t")  # wrong
    op.add_column("t", COLUMN, "s")  # wrong
    op.add_column("t", COLUMN, shema="s")  # wrong
    op.add_colunm("t", COLUMN)  # wrong
    op.alter_column("t", 5)  # wrong
    op.alter_column("t", "c", nullable="no")  # wrong
    op.alter_column("t", "c", comment=True)  # wrong
    op.alter_column("t", "c", server_default=True)  # wrong
    op.drop_column("t", COLUMN)  # wrong
    op.create_table(5, COLUMN)  # wrong
    op.create_table("t", "c")  # wrong
    op.drop_table("t", if_exists="yes")  # wrong
    op.rename_table("t")  # wrong
    op.rename_table("t", "u", "s")  # wrong
    op.create_table_comment("t", 5)  # wrong
    op.drop_table_comment("t", "c")  # wrong
    op.create_index("ix", "t", 5)  # wrong
    op.create_index("ix", "t", ["a"], True)  # wrong
    op.drop_index("ix", table="t", if_exists=5)  # wrong
    op.create_primary_key("pk", "t", ["a"], schema=5)  # wrong
    op.create_unique_constraint("uq", "t", 5)  # wrong
    op.create_check_constraint("ck", "t", True)  # wrong
    op.create_foreign_key("fk", "t", "r", ["a"])  # wrong
    op.create_foreign_key("fk", "t", "r", ["a"], ["b"], ondelete=True)  # wrong
    op.create_exclude_constraint("ex", "t", "period")  # wrong
    op.drop_constraint("uq")  # wrong
    op.drop_constraint("uq", "t", typ="unique")  # wrong
    op.bulk_insert("t", [])  # wrong
    op.bulk_insert(sa.table("t"), {"a": 1})  # wrong
    op.execute(5)  # wrong
    op.create_enum("e", 5)  # wrong
    op.add_enum_value("e")  # wrong
    op.create_domain("d", 5)  # wrong
    op.invoke("add_column")  # wrong
    print(op.get_context().nothing)  # wrong
    with op.batch_alter_table("t", recreate="sometimes") as batch_op:  # wrong
        batch_op.add_column("t", COLUMN)  # wrong
        batch_op.drop_constraint("uq", "t", "unique")  # wrong
        batch_op.create_table("t")  # wrong
        batch_op.create_foreign_key("fk", "t", "r", ["a"], ["b"])  # wrong
