"""Calls that cannot be meant are refused at once, with the line of the script that made them."""

from __future__ import annotations

from typing import Any

from limbeck.call_site import caller as caller
from limbeck.errors import CommandError

_SHORT = 60  # characters of a wrong value that a message repeats


class BadCall(CommandError, TypeError):  # noqa: N818 it names the fault, as KeyError does not
    """An operation was called with arguments that cannot be meant; also a TypeError, as in Python's own calls."""

    code = "bad-operation-call"


class BadValue(CommandError, ValueError):  # noqa: N818 as `BadCall`
    """An operation was given a value that it does not know; also a ValueError."""

    code = "bad-operation-value"


def bad_call(call: str, fault: str, *, hint: str | None = None, code: str | None = None) -> BadCall:
    """The `BadCall` for ``call`` (``op.add_column``), with the line that made it.

    :param fault: what is wrong, as the end of a sentence that begins with the call.
    :param hint: the way out.
    """
    file, line = caller()
    return BadCall(f"{call}(): {fault}", code=code, hint=hint, file=file, line=line)


def bad_value(call: str, fault: str, *, hint: str | None = None, code: str | None = None) -> BadValue:
    """The `BadValue` for ``call``; parameters as those of `bad_call`."""
    file, line = caller()
    return BadValue(f"{call}(): {fault}", code=code, hint=hint, file=file, line=line)


def expect_name(call: str, argument: str, value: Any) -> None:
    """Refuse anything but a non-empty string as the name of a table, column, index or type."""
    if not isinstance(value, str):
        raise bad_call(call, f"argument '{argument}' is a name, not {_kind(value)}")
    if not value:
        raise bad_call(call, f"argument '{argument}' is empty")


def expect_optional_name(call: str, argument: str, value: Any) -> None:
    """Refuse anything but None or a non-empty string."""
    if value is not None:
        expect_name(call, argument, value)


def expect_columns(call: str, argument: str, value: Any) -> None:
    """Refuse a bare string, or something that is no sequence, where a list of columns is meant."""
    if isinstance(value, str):
        raise bad_call(call, f"argument '{argument}' is a list of columns, not a string", hint=f"write [{value!r}]")
    if not hasattr(value, "__iter__"):
        raise bad_call(call, f"argument '{argument}' is a list of columns, not {_kind(value)}")


def expect_type(call: str, argument: str, value: Any, kind: type | tuple[type, ...], wanted: str) -> None:
    """Refuse ``value`` unless it is a ``kind``, which a person knows as ``wanted`` ("a sqlalchemy.Column")."""
    if not isinstance(value, kind):
        raise bad_call(call, f"argument '{argument}' is {wanted}, not {_kind(value)}")


def no_primitive(call: str, dialect: str, what: str) -> CommandError:
    """The error for a call on a dialect whose database has no ``what`` ("enum types")."""
    file, line = caller()
    return CommandError(
        f"{call}(): {dialect} has no {what} of its own",
        code=f"no-{what.replace(' ', '-')}",
        hint='write it under `if op.get_context().dialect.name == "postgresql":`',
        file=file,
        line=line,
    )


def _kind(value: Any) -> str:
    if value is None:
        return "None"
    text = repr(value)
    return f"{type(value).__name__} ({text})" if len(text) <= _SHORT else type(value).__name__
