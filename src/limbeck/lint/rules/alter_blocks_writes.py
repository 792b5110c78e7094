"""Changes in place that MySQL and MariaDB carry out while writes wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import AddColumn, CreateIndex
from limbeck.lint.rule import MYSQL, Examples, Found, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Indexes of texts and places, and columns that count."""
    for placed, index in step.of(CreateIndex):
        if index.kind is not None:
            message = (
                f"The {index.kind} index {index.name or ''} blocks writes to {index.table} until it is built "
                "(LOCK=SHARED): run it when few write the table"
            )
            yield Found(placed, message)
    for placed, added in step.of(AddColumn):
        if added.column.generated == "identity":
            message = (
                f"The AUTO_INCREMENT column {added.column.name} numbers every row of {added.table}, and writes wait "
                "meanwhile (LOCK=SHARED): run it when few write the table"
            )
            yield Found(placed, message)


RULE = Rule(
    "alter-blocks-writes",
    "error",
    "InnoDB builds most indexes while writes go on (ALGORITHM=INPLACE, LOCK=NONE). FULLTEXT and SPATIAL indexes, and "
    "a new column with AUTO_INCREMENT, need LOCK=SHARED: reads go on, writes wait to the end. Write `, LOCK=NONE` at "
    "the end of a statement of your own, and the server refuses what would block writes.",
    check,
    Examples(
        given=("CREATE TABLE page (id integer PRIMARY KEY, body text, place geometry NOT NULL)",),
        found=(
            'op.create_index("ft_page_body", "page", ["body"], mysql_prefix="FULLTEXT", mariadb_prefix="FULLTEXT")',
            'op.execute("ALTER TABLE page ADD SPATIAL INDEX sp_page_place (place)")',
            'op.execute("ALTER TABLE page ADD COLUMN number int NOT NULL AUTO_INCREMENT UNIQUE")',
        ),
        near=(
            'op.create_index("ix_page_body", "page", ["body"], mysql_length=20, mariadb_length=20)',
            'op.execute("ALTER TABLE page ADD COLUMN number int")',
        ),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True), sa.Column("body", sa.Text))\n'
        'op.create_index("ft_fresh", "fresh", ["body"], mysql_prefix="FULLTEXT", mariadb_prefix="FULLTEXT")',
    ),
    dialects=MYSQL,
    by_size=True,
    lock="ALGORITHM=INPLACE, LOCK=SHARED",
)
