"""How a process ends where something fails: what is said of an error, and its exit code."""

from __future__ import annotations

import signal
import sys
import warnings
from typing import TYPE_CHECKING, TypeVar

from limbeck import console
from limbeck.errors import FOUND_SOMETHING, NO_LOCK, CommandError, LimbeckWarning
from limbeck.interruption import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

T = TypeVar("T")


def ending_process(work: Callable[[], T], *, raiseerr: bool, json: bool = False) -> T:
    """Do ``work``; where it fails, say so on stderr and end the process with the error's exit code.

    :param raiseerr: let the error through instead.
    :param json: say it on stdout too, as a JSON document. A command that found something has printed its own.
    """
    try:
        return work()
    except (Exception, KeyboardInterrupt) as error:
        if raiseerr and not isinstance(error, Interrupted):
            raise
        known = error if isinstance(error, CommandError) else _described(error)
        notes = (*_further_lines(error), *getattr(error, "__notes__", ()))
        if json and known.exit_code != FOUND_SOMETHING:
            console.write(sys.stdout, _document(known, notes))
        console.write(sys.stdout, "")
        console.write(sys.stderr, known.report() + "\n")
        for note in notes:
            console.write(sys.stderr, f"  {note}\n")
        sys.exit(known.exit_code)


def _document(error: CommandError, notes: tuple[str, ...]) -> str:
    """An error as a JSON document."""
    from limbeck.results import ErrorResult
    from limbeck.show import json_

    shown = ErrorResult(error.code, str(error), error.hint, error.file, error.line, notes, error.exit_code)
    return json_.document(shown) + "\n"


def _described(error: Exception | KeyboardInterrupt) -> CommandError:
    """An error of another library or of a script: kind, first line, and the line of the user's file it came from."""
    if isinstance(error, KeyboardInterrupt):
        number = error.number if isinstance(error, Interrupted) else signal.SIGINT
        return CommandError(f"Stopped by {signal.Signals(number).name}", code="interrupted", exit_code=128 + number)
    from limbeck.runtime.database_errors import advice, first_line, how_to_install, is_of_database, lock_refused

    file, line = _user_line(error)
    known = advice(error) if isinstance(error, OSError) or is_of_database(error) else None
    if known is not None or is_of_database(error):
        code = "database"
    else:
        code = "unexpected" if file is None else "script-failed"
    hint = known or "--raiseerr shows the whole traceback"
    if isinstance(error, ModuleNotFoundError):
        hint = how_to_install(error) or hint
    statement = getattr(error, "statement", None)
    if statement:
        hint = f"{hint}; the statement was: {' '.join(statement.split())[:300]}"
    exit_code = NO_LOCK if lock_refused(error) else None
    return CommandError(first_line(error), code=code, file=file, line=line, hint=hint, exit_code=exit_code)


def _further_lines(error: BaseException) -> tuple[str, ...]:
    """What a database says below the first line of its error, also where that is the cause of a `CommandError`."""
    from limbeck.runtime.database_errors import further_lines

    return further_lines(error.__cause__ if isinstance(error, CommandError) and error.__cause__ else error)


def _user_line(error: Exception) -> tuple[str | None, int | None]:
    """File and line of the innermost frame that is neither Limbeck's nor of an installed package."""
    import os.path
    import sysconfig

    limbeck = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    installed = (limbeck, sysconfig.get_path("purelib"), sysconfig.get_path("stdlib"), "<")
    found: tuple[str | None, int | None] = (None, None)
    traceback = error.__traceback__
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if not file.startswith(installed):
            found = (file, traceback.tb_lineno)
        traceback = traceback.tb_next
    return found


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
