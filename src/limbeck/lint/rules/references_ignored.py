"""REFERENCES behind a column where the server reads it and does nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import AddColumn, CreateTable
from limbeck.lint.rule import MYSQL, Examples, Found, Rule
from limbeck.lint.safe import execute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Foreign keys that are written with a column and not made: before MariaDB 10.5, and before MySQL 9.0."""
    if step.since(10, 5) if step.context.dialect.is_mariadb else step.since(9):  # type: ignore[attr-defined]
        return
    for placed in step.changes:
        change = placed.change
        if isinstance(change, AddColumn) and change.inline_key:
            names = [change.column.name]
        elif isinstance(change, CreateTable):
            names = list(change.inline_keys)
        else:
            continue
        for name in names:
            message = (
                f"REFERENCES behind {change.table}.{name} is read and ignored: there is no foreign key, and any value "
                "goes in; write FOREIGN KEY as a constraint of the table"
            )
            safe: tuple[str, ...] = ()
            if isinstance(change, AddColumn):
                column = f"{step.quoted(name)} {change.column.type}{'' if change.column.nullable else ' NOT NULL'}"
                added = execute(f"ALTER TABLE {step.quoted(change.table)} ADD COLUMN {column}")
                safe = (f"{added}\n# and op.create_foreign_key() in a revision of its own",)
            yield Found(placed, message, safe)


RULE = Rule(
    "references-ignored",
    "error",
    "MySQL before 9.0 and MariaDB before 10.5 read `REFERENCES` behind a column and do nothing, without a warning. "
    "Later servers make the foreign key. `FOREIGN KEY (...) REFERENCES ...` as a constraint of the table works in "
    "all of them, and so does `op.create_foreign_key()`.",
    check,
    Examples(
        given=("CREATE TABLE customer (id integer PRIMARY KEY)", "CREATE TABLE invoice (id integer PRIMARY KEY)"),
        found=(
            'op.execute("ALTER TABLE invoice ADD COLUMN customer_id int REFERENCES customer (id)")',
            'op.execute("CREATE TABLE item (id int PRIMARY KEY, invoice_id int REFERENCES invoice (id))")',
        ),
        near=(
            'op.execute("ALTER TABLE invoice ADD COLUMN c int, ADD FOREIGN KEY (c) REFERENCES customer (id)")',
            (
                'op.create_table("item", sa.Column("id", sa.Integer, primary_key=True),'
                ' sa.Column("invoice_id", sa.Integer, sa.ForeignKey("invoice.id")))'
            ),
        ),
        settings="edition = 2026\ntarget_version = 10.4",
    ),
    dialects=MYSQL,
)
