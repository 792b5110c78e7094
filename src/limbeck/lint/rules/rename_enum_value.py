"""A value of an enum that gets another name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import RenameEnumValue
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule
from limbeck.lint.safe import execute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Renamed values of enum types."""
    for placed, one in step.of(RenameEnumValue):
        message = (
            f"Code that is still running reads and writes '{one.value}' and fails from the rename on; add the new "
            "value, write it, and change the rows that have the old one"
        )
        new = f"ALTER TYPE {step.quoted(one.type)} ADD VALUE '{one.new}'"
        yield Found(placed, message, (execute(new),))


RULE = Rule(
    "rename-enum-value",
    "error",
    "SQLAlchemy's Enum refuses a value that its list lacks, so processes of the release before fail on each row that "
    "has the new name, and PostgreSQL refuses the old name that they write. Add the new value, release code that knows "
    "both and writes the new one, then change the rows.",
    check,
    Examples(
        given=("CREATE TYPE mood AS ENUM ('sad')",),
        found=(
            'op.rename_enum_value("mood", "sad", "blue")',
            "op.execute(\"ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'\")",
        ),
        near=('op.add_enum_value("mood", "blue")',),
    ),
    dialects=POSTGRESQL,
)
