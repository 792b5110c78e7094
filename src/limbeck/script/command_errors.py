"""Errors of the graph in the words that the command line uses, with their code and hint."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from limbeck.errors import CommandError
from limbeck.graph.errors import MultipleHeads, RangeNotAncestorError, ResolutionError, RevisionError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def command_errors(
    *, argument: object = None, start: object = None, end: object = None, several: str | None = None
) -> Iterator[None]:
    """Raise `CommandError` in place of `MultipleHeads`, `RangeNotAncestorError` and `ResolutionError`.

    :param argument: the target, where an error does not have it.
    :param start: lower end of the range that was asked for.
    :param end: upper end of that range.
    :param several: message for several heads where one is wanted.
    """
    try:
        yield
    except MultipleHeads as error:
        named = error.argument or argument or end
        raise _with_message(
            error,
            several
            or f"Multiple head revisions are present for given argument '{named}'; please specify a specific "
            f"target revision, '<branchname>@{named}' to narrow to a specific head, or 'heads' for all heads",
        ) from error
    except RangeNotAncestorError as error:
        if start is None and end is None:
            raise
        raise _with_message(
            error,
            f"Requested range {start or 'base'}:{end or 'base'} does not refer to ancestor/descendant revisions "
            "along the same branch",
        ) from error
    except ResolutionError as error:
        if error.code != ResolutionError.code:
            raise
        raise _with_message(error, f"Can't locate revision identified by '{error.argument}'") from error


def _with_message(error: RevisionError, message: str) -> CommandError:
    return CommandError(message, code=error.code, hint=error.hint, file=error.file, line=error.line)
