"""The refusal of what a database cannot do, with the way out."""

from __future__ import annotations

from sqlalchemy.exc import UnsupportedCompilationError

from limbeck.call_site import caller
from limbeck.errors import CommandError


class Unsupported(CommandError, NotImplementedError, UnsupportedCompilationError):  # type: ignore[misc]  # noqa: N818
    """A dialect cannot do what was asked; Alembic raises a NotImplementedError or a CompileError, so it is both."""

    __str__ = Exception.__str__


def unsupported(message: str, *, code: str, hint: str) -> Unsupported:
    """The error for the line of a script that asks for it; parameters as those of `CommandError`."""
    file, line = caller()
    return Unsupported(message, code=code, hint=hint, file=file, line=line)
