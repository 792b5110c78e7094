"""A message that says nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from limbeck.lint.rule import Examples, Found, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step

_EMPTY = re.compile(
    r"\W*(?:empty message|wip|todo|tmp|temp|test|fix(?:es)?|updates?|changes?|misc|migrations?|revision|x+)?\W*",
    re.IGNORECASE,
)


def check(step: Step) -> Iterator[Found]:
    """Revisions whose message does not say what they do."""
    doc = step.script.doc
    if _EMPTY.fullmatch(doc or ""):
        told = f"The message '{doc}' says" if doc else "The revision has no message, which says"
        message = f"{told} nothing to those who read the history, or the last line of a run that failed"
        yield Found(None, message)


RULE = Rule(
    "message-says-nothing",
    "info",
    "`limbeck history`, `limbeck plan` and the last line of a run that failed show the first line of the docstring. "
    "One that says what changes in which table saves opening the file.",
    check,
    Examples(
        found=('op.execute("SELECT 1")',),
        near=(),
        message="wip",
    ),
)
