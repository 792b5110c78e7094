"""A transaction that a script ends itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import EndTransaction
from limbeck.lint.rule import Examples, Found, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """COMMIT and ROLLBACK in a script."""
    for placed, one in step.of(EndTransaction):
        message = (
            f"{one.verb} ends the transaction that the run needs: what follows is not rolled back where it fails, and "
            "the version table may say something else than the schema"
        )
        yield Found(
            placed, message, ("with op.get_context().autocommit_block():\n    pass  # what has to be committed",)
        )


RULE = Rule(
    "commit-in-script",
    "error",
    "The run begins and ends the transaction, and writes the version table in it. A script that commits leaves a "
    "revision half done where it fails later. `op.get_context().autocommit_block()` commits what ran before, runs its "
    "statements by themselves, and lets the run know.",
    check,
    Examples(
        found=('op.execute("COMMIT")', 'op.execute("ROLLBACK")'),
        near=('op.execute("SELECT 1")',),
    ),
)
