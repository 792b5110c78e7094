"""A column that gets another name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import RenameColumn
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule
from limbeck.lint.safe import second_column

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Renamed columns."""
    for placed, one in step.of(RenameColumn):
        message = (
            f"Code that is still running knows the column as {one.table}.{one.column} and fails from the rename on; "
            "add a second column, write both, fill it, and drop the first one in a later release"
        )
        type_ = step.live_type(one.table, one.column)
        safe = () if type_ is None else second_column(step, one.table, one.column, one.new, type_)
        yield Found(placed, message, safe)


RULE = Rule(
    "rename-column",
    "error",
    "Processes of the release before still name the old column in SELECT and INSERT while the new one starts, and when "
    'it is rolled back. Where only the attribute is to have another name, `mapped_column("old_name")` renames it in '
    "the models alone. Otherwise add a second column, have the application write both, fill it, read it, drop the "
    "first.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY, email text)",),
        found=(
            'op.alter_column("account", "email", new_column_name="address", existing_type=sa.Text())',
            'op.execute("ALTER TABLE account RENAME COLUMN email TO address")',
        ),
        near=('op.alter_column("account", "email", existing_type=sa.Text(), comment="where to write to")',),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\n'
        'op.alter_column("fresh", "id", new_column_name="number", existing_type=sa.Integer())',
    ),
    dialects=POSTGRESQL,
)
