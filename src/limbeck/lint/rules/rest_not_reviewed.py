"""What comes after something that only a run can know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.rule import Examples, Found, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Where the rehearsal of a revision ends early, and where it branches by what it reads."""
    for unknown in step.rehearsed.unknown:
        if unknown.ends:
            message = f"The rest of the revision is not reviewed: it {unknown.what}"
            yield Found(None, message, line=unknown.line)


RULE = Rule(
    "rest-not-reviewed",
    "info",
    "Revisions are rehearsed: they get a connection whose results are empty. One that raises then, or that has to look "
    "at the database for what a statement becomes, is reviewed up to that line only.",
    check,
    Examples(
        found=('rows = op.get_bind().execute(sa.text("SELECT 1")).all()\nop.execute(f"SELECT {rows[0][0]}")',),
        near=('op.get_bind().execute(sa.text("SELECT 1"))',),
    ),
)
