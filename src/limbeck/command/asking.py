"""A question to the person at the terminal before something is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck import console
from limbeck.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from limbeck.config import Config


def demand_consent(config: Config, lines: Iterable[str], *, yes: bool, refused: str) -> None:
    """Show lines, and ask whether to go on; a program is not asked.

    :param lines: what is going to happen, the first line as its title.
    :param yes: whether the answer was given beforehand, by ``--yes``.
    :param refused: what is said where it was not confirmed: ``Nothing was written``.
    :raises CommandError: where nobody can be asked, with the lines as its notes, and where the answer is no.
    """
    if yes or not config.interactive:
        return
    from limbeck.show.terminal.consent import confirmed

    unasked: Iterable[str] = ()
    if not console.can_ask():
        unasked = lines
    elif confirmed(lines):
        return
    error = CommandError(
        f"{refused}: it was not confirmed", code="not-confirmed", hint="`--yes` does it without asking"
    )
    for line in unasked:
        error.add_note(line)
    raise error
