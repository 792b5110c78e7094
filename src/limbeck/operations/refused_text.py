"""Errors in the text of an object: the file, and the line of the text that the database complains about."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from sqlalchemy.exc import DBAPIError

from limbeck.call_site import caller
from limbeck.errors import CommandError
from limbeck.objects.file_text import FileText
from limbeck.runtime.database_errors import already_there, first_line, lock_refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.objects.definition import ObjectId


class TellsLines(Protocol):
    """An impl that tells which line of a statement an error is about."""

    def error_line(self, error: DBAPIError) -> int | None:
        """The line, from 1; None where that is not known."""
        ...


@contextmanager
def placed(id_: ObjectId, text: str | None, impl: TellsLines) -> Iterator[None]:
    """A block that creates or replaces an object by its text.

    :raises CommandError: the database refuses the text: with the file that it stands in, or else the script, and the
        line. Other errors of the database are raised as they are.
    """
    try:
        yield
    except DBAPIError as error:
        if text is None or error.connection_invalidated or lock_refused(error) or already_there(error):
            raise
        line = line_within(text, error, impl)
        is_of_text = error.statement is not None and _ends_alike(error.statement, text)
        if line is None and not (is_of_text and isinstance(text, FileText)):
            raise
        within = "" if line is None else f", line {line} of its text"
        file, at = caller()
        if isinstance(text, FileText):
            file, at = str(text.path), text.line + (line or 1) - 1
        raise CommandError(
            f"The database refuses {id_}{within}: {first_line(error)}",
            code="text-refused",
            hint="correct it: in a revision that no database has run, else in a new one",
            file=file,
            line=at,
        ) from error


def line_within(text: str, error: DBAPIError, impl: TellsLines) -> int | None:
    """The line of ``text`` that an error is about, from 1; None where another statement failed, or it is not known."""
    line, statement = impl.error_line(error), error.statement
    if line is None or statement is None or not _ends_alike(statement, text):
        return None
    before = statement.rstrip().count("\n") - text.rstrip().count("\n")  # CREATE VIEW ... AS, for one
    return max(line - before, 1)


def _ends_alike(statement: str, text: str) -> bool:
    last = text.rstrip().rpartition("\n")[2].strip()
    return statement.rstrip().endswith((last, last.replace("%", "%%")))
