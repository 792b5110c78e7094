"""What is said of an error, whatever raised it: as a `CommandError`, with what a database says below it."""

from __future__ import annotations

import signal

from .errors import NO_LOCK, CommandError
from .interruption import Interrupted


def described(error: Exception | KeyboardInterrupt) -> CommandError:
    """``error``, or for one of another library or of a script: kind, first line, and the line of the user's file."""
    if isinstance(error, CommandError):
        return error
    if isinstance(error, KeyboardInterrupt):
        number = error.number if isinstance(error, Interrupted) else signal.SIGINT
        return CommandError(f"Stopped by {signal.Signals(number).name}", code="interrupted", exit_code=128 + number)
    from .runtime.database_errors import advice, first_line, how_to_install, is_of_database, lock_refused

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


def further_lines(error: BaseException) -> tuple[str, ...]:
    """What a database says below the first line of its error, also where that is the cause of a `CommandError`."""
    from .runtime.database_errors import further_lines

    return further_lines(error.__cause__ if isinstance(error, CommandError) and error.__cause__ else error)


def _user_line(error: Exception) -> tuple[str | None, int | None]:
    """File and line of the innermost frame that is neither Limbeck's nor of an installed package."""
    import os.path
    import sysconfig

    limbeck = os.path.dirname(os.path.abspath(__file__))
    installed = (limbeck, sysconfig.get_path("purelib"), sysconfig.get_path("stdlib"), "<")
    found: tuple[str | None, int | None] = (None, None)
    traceback = error.__traceback__
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if not file.startswith(installed):
            found = (file, traceback.tb_lineno)
        traceback = traceback.tb_next
    return found
