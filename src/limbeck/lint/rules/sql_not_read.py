"""SQL that is not understood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import Unread
from limbeck.lint.rule import Examples, Found, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Statements that could not be read."""
    for placed, one in step.of(Unread):
        text = " ".join(placed.action.sql[0].split()) if placed.action.sql else ""
        short = text if len(text) <= _LENGTH else f"{text[: _LENGTH - 1]}…"
        yield Found(placed, f"`{short}` is not reviewed: {one.why}")


_LENGTH = 60

RULE = Rule(
    "sql-not-read",
    "info",
    "A statement of `op.execute()` is not understood, so no rule looks at it: sqlglot is not installed, does not know "
    "the syntax, or what the statement does is in code of the database, as in a DO block. Look at it yourself.",
    check,
    Examples(
        found=(
            'op.execute("DO $$ BEGIN PERFORM 1; END $$")',
            'op.execute("LOCK TABLE account")',
        ),
        near=('op.execute("SELECT 1")', 'op.execute("GRANT SELECT ON account TO PUBLIC")'),
        given=("CREATE TABLE account (id integer PRIMARY KEY)",),
    ),
)
