"""How a process ends where something fails: what is said of an error, and its exit code."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, TypeVar

from limbeck import console
from limbeck.errors import FOUND_SOMETHING, CommandError, LimbeckWarning
from limbeck.failure import described, further_lines
from limbeck.interruption import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from limbeck.config import Config

T = TypeVar("T")


def ending_process(work: Callable[[], T], *, raiseerr: bool, json: bool = False, config: Config | None = None) -> T:
    """Do ``work``; where it fails, say so on stderr and end the process with the error's exit code.

    :param raiseerr: let the error through instead.
    :param json: say it on stdout too, as a JSON document. A command that found something has printed its own.
    :param config: for a person at a terminal who has it, the code of the error is a link to its page.
    """
    try:
        return work()
    except (Exception, KeyboardInterrupt) as error:
        if raiseerr and not isinstance(error, Interrupted):
            raise
        known = described(error)
        notes = (*further_lines(error), *getattr(error, "__notes__", ()))
        if json and known.exit_code != FOUND_SOMETHING:
            console.write(sys.stdout, _document(known, notes))
        console.write(sys.stdout, "")
        console.write(sys.stderr, (known.report() if config is None else _report(known, config)) + "\n")
        for note in notes:
            console.write(sys.stderr, f"  {note}\n")
        sys.exit(known.exit_code)


def _report(error: CommandError, config: Config) -> str:
    """The lines of an error, its code with a link to what the documentation says of it."""
    from limbeck.command.printing import is_read
    from limbeck.explanations import explanations
    from limbeck.show.terminal.layout import linked

    report = error.report()
    try:
        page = explanations().get(error.code) if is_read(config, sys.stderr) else None
    except CommandError:  # the configuration has no such edition, which is the error
        return report
    code = f"error[{error.code}]"
    return report if page is None else linked(code, page.address) + report.removeprefix(code)


def _document(error: CommandError, notes: tuple[str, ...]) -> str:
    """An error as a JSON document."""
    from limbeck.results import ErrorResult
    from limbeck.show import json_

    shown = ErrorResult(error.code, str(error), error.hint, error.file, error.line, notes, error.exit_code)
    return json_.document(shown) + "\n"


def show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print a `LimbeckWarning` as a line and a hint, any other warning as Python does."""
    if isinstance(message, LimbeckWarning):
        console.write(file or sys.stderr, message.report() + "\n")
    else:
        console.write(file or sys.stderr, warnings.formatwarning(message, category, filename, lineno, line))
