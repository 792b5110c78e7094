"""Operations in call form: what a script would write, as data.

The values of a call are names, numbers, types, dictionaries and objects of SQLAlchemy. Some objects are written in
different ways for different parameters; then the value is of a class of this module, which says in which.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Column
    from sqlalchemy.sql.elements import ClauseElement

    Options = dict[str, Any]
    """Keyword arguments beside those that a signature names: options of dialects, by name."""


@dataclass(frozen=True)
class Call:
    """A call of a function of ``op``.

    :param name: the function's name, ``add_column``.
    :param args: positional arguments.
    :param kwargs: keyword arguments, in the order in which they are written.
    """

    name: str
    args: tuple[object, ...] = ()
    kwargs: Options = field(default_factory=dict)

    def __str__(self) -> str:
        words = [repr(arg) for arg in self.args]
        words += [f"{name}={value!r}" for name, value in self.kwargs.items()]
        return f"{self.name}({', '.join(words)})"


@dataclass(frozen=True)
class ColumnDefinition:
    """A column that is written as ``Column(...)``; elsewhere a column is written as its name."""

    column: Column[Any]

    def __repr__(self) -> str:
        return repr(self.column)


@dataclass(frozen=True)
class LiteralColumn:
    """An expression that is written as ``literal_column("...")``; elsewhere it is written as ``text("...")``."""

    expression: ClauseElement

    def __repr__(self) -> str:
        return repr(self.expression)


@dataclass(frozen=True)
class ExcludedKey:
    """A key of an exclusion constraint: a column, or its name, is written as ``column("...")``."""

    expression: ClauseElement | str

    def __repr__(self) -> str:
        return repr(self.expression)


@dataclass(frozen=True)
class SQLString:
    """An expression that is written as a string of SQL."""

    expression: ClauseElement

    def __repr__(self) -> str:
        return repr(self.expression)


@dataclass(frozen=True)
class SQLText:
    """A whole statement or query, which is written line by line as it stands.

    :param about: the object that it defines.
    """

    text: str
    about: str = ""

    def __repr__(self) -> str:
        return repr(self.text)


def given(**options: Any) -> Options:
    """Those of ``options`` that are not None, in their order."""
    return {name: value for name, value in options.items() if value is not None}
