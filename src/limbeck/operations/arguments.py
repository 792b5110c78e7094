"""Checks of the arguments of operations; an error names the line of the script that made the call."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from sqlalchemy import Column, Table

from limbeck.call_site import called
from limbeck.call_site import caller as caller
from limbeck.errors import CommandError

_SHORT = 60  # characters of a wrong value up to which a message shows it


class BadCall(CommandError, TypeError):  # noqa: N818 it names the fault, as KeyError does not
    """An operation was called with wrong arguments; also a TypeError, as in Python's own calls."""

    code = "bad-operation-call"


class BadValue(CommandError, ValueError):  # noqa: N818 as `BadCall`
    """An operation was called with a wrong value; also a ValueError."""

    code = "bad-operation-value"


def as_called(call: str) -> str:
    """``call`` as a script wrote it: in a batch ``batch_op.add_column`` for ``op.add_column``."""
    return f"batch_{call}" if call.startswith("op.") and called().startswith("Batch") else call


def bad_call(call: str, fault: str, *, hint: str | None = None, code: str | None = None) -> BadCall:
    """The `BadCall` for ``call`` (``op.add_column``), with its call site.

    :param fault: what is wrong.
    :param hint: what to do.
    """
    file, line = caller()
    return BadCall(f"{as_called(call)}(): {fault}", code=code, hint=hint, file=file, line=line)


def bad_value(call: str, fault: str, *, hint: str | None = None, code: str | None = None) -> BadValue:
    """The `BadValue` for ``call``; parameters as those of `bad_call`."""
    file, line = caller()
    return BadValue(f"{as_called(call)}(): {fault}", code=code, hint=hint, file=file, line=line)


def expect_name(call: str, argument: str, value: object) -> None:
    """Refuse anything but a non-empty string as the name of a table, column, index or type."""
    if not isinstance(value, str):
        raise bad_call(call, f"argument '{argument}' is a name, not {_kind(value)}")
    if not value:
        raise bad_call(call, f"argument '{argument}' is empty")


def name_given(call: str, argument: str, value: object) -> str:
    """The name that ``value`` is, or has as a table or a column, which Alembic takes; refuses anything else."""
    name: object = value.name if isinstance(value, Table | Column) else value
    expect_name(call, argument, name)
    return cast("str", name)


def expect_optional_name(call: str, argument: str, value: object) -> None:
    """Refuse anything but None or a non-empty string."""
    if value is not None:
        expect_name(call, argument, value)


def expect_columns(call: str, argument: str, value: object) -> None:
    """Refuse a string, or what cannot be iterated over, as a list of columns."""
    if isinstance(value, str):
        raise bad_call(call, f"argument '{argument}' is a list of columns, not a string", hint=f"write [{value!r}]")
    if not isinstance(value, Iterable):
        raise bad_call(call, f"argument '{argument}' is a list of columns, not {_kind(value)}")


def expect_type(call: str, argument: str, value: object, kind: type | tuple[type, ...], wanted: str) -> None:
    """Refuse ``value`` unless it is a ``kind``; ``wanted`` says that in words ("a sqlalchemy.Column")."""
    if not isinstance(value, kind):
        raise bad_call(call, f"argument '{argument}' is {wanted}, not {_kind(value)}")


def no_primitive(call: str, dialect: str, what: str, *, code: str | None = None) -> CommandError:
    """The error for a call on a dialect whose database has no ``what`` ("enum types").

    :param code: of the error, where other databases than PostgreSQL have such things; default: made of ``what``.
    """
    file, line = caller()
    return CommandError(
        f"{as_called(call)}(): {dialect} has no {what} of its own",
        code=code or f"no-{what.replace(' ', '-')}",
        hint='write it under `if op.get_context().dialect.name == "postgresql":`'
        if code is None
        else "write it under a test of `op.get_context().dialect.name`",
        file=file,
        line=line,
    )


def _kind(value: object) -> str:
    if value is None:
        return "None"
    text = repr(value)
    return f"{type(value).__name__} ({text})" if len(text) <= _SHORT else type(value).__name__
