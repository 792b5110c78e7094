"""The refusal of what a database cannot do, with the way out."""

from __future__ import annotations

from limbeck.call_site import caller
from limbeck.errors import CommandError


class Unsupported(CommandError, NotImplementedError):  # noqa: N818 it names the fault
    """A dialect cannot do what was asked; also a NotImplementedError, as in Alembic."""


def unsupported(message: str, *, code: str, hint: str) -> Unsupported:
    """The error for the line of a script that asks for it; parameters as those of `CommandError`."""
    file, line = caller()
    return Unsupported(message, code=code, hint=hint, file=file, line=line)
