"""What every operation is: data that knows its inverse, its diff tuple and its call form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from .arguments import expect_name, expect_optional_name
from .dispatch import Dispatcher

Creation = TypeVar("Creation", bound="MigrateOperation")

implementations = Dispatcher()
"""How each operation is carried out: function of (operations, operation), by class and dialect name."""


@dataclass(frozen=True)
class Call:
    """An operation in call form: what a script would write.

    :param name: the function's name, ``add_column``.
    :param args: positional arguments.
    :param kwargs: keyword arguments, in the order in which they are written.
    """

    name: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        words = [repr(arg) for arg in self.args]
        words += [f"{name}={value!r}" for name, value in self.kwargs.items()]
        return f"{self.name}({', '.join(words)})"


def given(**options: Any) -> dict[str, Any]:
    """Those of ``options`` that are not None, in their order."""
    return {name: value for name, value in options.items() if value is not None}


class MigrateOperation:
    """Base of all operations. A subclass of one's own is made callable with `Operations.register_operation`."""

    _mutations: frozenset[Any] = frozenset()
    script_comment: tuple[str, ...] = ()
    """Lines of the comment above it in a script."""

    @property
    def info(self) -> dict[Any, Any]:
        """A dictionary for whatever the user wants to attach to this operation."""
        found: dict[Any, Any] = self.__dict__.setdefault("_info", {})
        return found

    @info.setter
    def info(self, value: dict[Any, Any]) -> None:
        self.__dict__["_info"] = value

    def _fill(self, **fields: Any) -> None:
        """Set the fields that the class declares."""
        for name, value in fields.items():
            setattr(self, name, value)

    def reverse(self) -> MigrateOperation:
        """The operation that undoes this one.

        :raises NotImplementedError: this kind of operation has none.
        :raises ValueError: it has one, but what was dropped is not known.
        """
        raise NotImplementedError(f"{type(self).__name__} has no reverse operation")

    def to_diff_tuple(self) -> Any:
        """The operation as the tuple that `compare_metadata` and `check` show (behaviour 6.6)."""
        raise NotImplementedError(f"{type(self).__name__} has no diff tuple")

    def to_call(self, *, batch: bool = False) -> Call:
        """The operation as the call that a script would write.

        :param batch: the form for ``batch_op``, which names no table.
        """
        raise NotImplementedError(f"{type(self).__name__} has no call form")

    def __repr__(self) -> str:
        try:
            return f"{type(self).__name__}: {self.to_call()}"
        except NotImplementedError:
            return f"{type(self).__name__}()"


class DropOp(MigrateOperation, Generic[Creation]):
    """An operation that drops something, and knows how to create it again if it was made from the thing itself."""

    _reverse: Creation | None

    @property
    def creation(self) -> Creation | None:
        """The operation that creates what this one drops; None where it is not known."""
        return self._reverse

    @creation.setter
    def creation(self, creation: Creation | None) -> None:
        self._reverse = creation


class AlterTableOp(MigrateOperation):
    """An operation on one table that exists.

    :param table_name: the table.
    :param schema: its schema; default: the connection's own.
    """

    def __init__(self, table_name: str, *, schema: str | None = None) -> None:
        call = f"op.{self._call_name()}"
        expect_name(call, "table_name", table_name)
        expect_optional_name(call, "schema", schema)
        self.table_name = table_name
        self.schema = schema

    @classmethod
    def _call_name(cls) -> str:
        name = cls.__name__.removesuffix("Op")
        return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
