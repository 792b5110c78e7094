"""Errors of the graph in the words that the command line uses, with their code and hint."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from limbeck.errors import CommandError
from limbeck.graph.errors import MultipleHeads, RangeNotAncestorError, ResolutionError, RevisionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from .script import Script

SHOWN = 5


@contextmanager
def command_errors(
    *,
    argument: object = None,
    start: object = None,
    end: object = None,
    several: str | None = None,
    scripts: Callable[[], Mapping[str, Script]] | None = None,
) -> Iterator[None]:
    """Raise `CommandError` in place of `MultipleHeads`, `RangeNotAncestorError` and `ResolutionError`.

    :param argument: the target, where an error does not have it.
    :param start: lower end of the range that was asked for.
    :param end: upper end of that range.
    :param several: message for several heads where one is wanted.
    :param scripts: gives the scripts by id, whose messages describe several heads.
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
            f"they are {_listed(error.heads, {} if scripts is None else scripts())}; "
            f"name one, or '<branch>@{named}', or 'heads' for all; `limbeck merge heads` joins them",
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


def _listed(heads: Sequence[str], scripts: Mapping[str, Script]) -> str:
    """Heads with the messages of their scripts, as ``a1 (add users), b1 (add orders)``."""
    named = [f"{name} ({scripts[name].doc})" if name in scripts else name for name in heads[:SHOWN]]
    return ", ".join(named) + (f" and {len(heads) - SHOWN} more" if len(heads) > SHOWN else "")


def _with_message(error: RevisionError, message: str, hint: str | None = None) -> CommandError:
    return CommandError(message, code=error.code, hint=hint or error.hint, file=error.file, line=error.line)
