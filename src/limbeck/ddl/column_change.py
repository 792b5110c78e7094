"""A change of one column as a value: what the column is, as far as the caller says, and what it is to become."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from inspect import Parameter, Signature
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

if TYPE_CHECKING:
    from sqlalchemy.schema import FetchedValue
    from sqlalchemy.sql.elements import ColumnElement, TextClause, quoted_name
    from sqlalchemy.types import TypeEngine

    ServerDefault = str | FetchedValue | TextClause | ColumnElement[Any] | None

E = TypeVar("E")
F = TypeVar("F", bound=Callable[..., None])


class NotGiven(Enum):
    """The type of `NOT_GIVEN`."""

    NOT_GIVEN = "NOT_GIVEN"

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return self.value


NOT_GIVEN: Final = NotGiven.NOT_GIVEN
"""Stands for an aspect of which the caller says nothing; None says that there is no default, no comment."""


@dataclass(frozen=True)
class ColumnState:
    """What is said of a column.

    :param name: its new name; the name of the existing column is `ColumnChange.column_name`.
    :param type: its type.
    :param nullable: whether it takes NULL.
    :param server_default: its default in the database; None: it has none.
    :param comment: its comment; None: it has none.
    :param autoincrement: whether it has AUTO_INCREMENT (MySQL, MariaDB).
    """

    name: str | NotGiven = NOT_GIVEN
    type: TypeEngine[Any] | NotGiven = NOT_GIVEN
    nullable: bool | NotGiven = NOT_GIVEN
    server_default: ServerDefault | NotGiven = NOT_GIVEN
    comment: str | NotGiven | None = NOT_GIVEN
    autoincrement: bool | NotGiven = NOT_GIVEN

    def given(self) -> dict[str, Any]:
        """The aspects that are said, by name."""
        said = {each.name: getattr(self, each.name) for each in fields(self)}
        return {aspect: value for aspect, value in said.items() if value is not NOT_GIVEN}


@dataclass(frozen=True)
class ColumnChange:
    """A change of one column.

    :param table_name: the table.
    :param column_name: the column.
    :param schema: the table's schema; None: the connection's own.
    :param existing: what the column is, as far as the caller says.
    :param new: what is to change.
    :param options: all other keywords of ``alter_column``, such as ``postgresql_using``.
    """

    table_name: str
    column_name: str
    schema: str | quoted_name | None = None
    existing: ColumnState = ColumnState()
    new: ColumnState = ColumnState()
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def from_keywords(
        cls, table_name: str, column_name: str, *, schema: str | quoted_name | None = None, **keywords: Any
    ) -> ColumnChange:
        """The change that the keywords of an impl's ``alter_column`` describe: ``type_=``, ``existing_type=``, ..."""
        sides: dict[str, dict[str, Any]] = {"existing": {}, "new": {}, "options": {}}
        for keyword, value in keywords.items():
            side, aspect, not_given = _KEYWORDS.get(keyword, ("options", keyword, NOT_GIVEN))
            if value is not not_given:
                sides[side][aspect] = value() if aspect == "type" and isinstance(value, type) else value
        existing, new = ColumnState(**sides["existing"]), ColumnState(**sides["new"])
        return cls(table_name, column_name, schema, existing, new, MappingProxyType(sides["options"]))

    def changes(self, *aspects: str) -> bool:
        """Whether one of ``aspects`` (fields of `ColumnState`) is to change."""
        return any(getattr(self.new, aspect) is not NOT_GIVEN for aspect in aspects)

    def only_renames(self) -> bool:
        """Whether nothing but the name changes."""
        said = {name for name, value in self.options.items() if value is not None and value is not False}
        return self.new.given().keys() == {"name"} and all(name.startswith("existing_") for name in said)

    def to(self, **aspects: Any) -> ColumnChange:
        """The same change with other new ``aspects``."""
        return replace(self, new=replace(self.new, **aspects))

    def without(self, *aspects: str) -> ColumnChange:
        """The same change, in which ``aspects`` stay as they are."""
        return self.to(**dict.fromkeys(aspects, NOT_GIVEN))

    def only(self, *aspects: str) -> ColumnChange:
        """The same change, in which all but ``aspects`` stays as it is."""
        return self.without(*(self.new.given().keys() - set(aspects)))

    def known(self, **aspects: Any) -> ColumnChange:
        """The same change of a column whose existing ``aspects`` are these."""
        return replace(self, existing=replace(self.existing, **aspects))

    @property
    def result(self) -> ColumnState:
        """The column after the change, as far as it is said: what is new, and what existed where nothing is."""
        return replace(self.existing, **self.new.given())

    def element(self, kind: Callable[..., E], *values: Any) -> E:
        """A DDL element of `limbeck.ddl.base` for this column.

        :param kind: its class.
        :param values: what it takes after the names of table and column: the new value of one aspect.
        """
        existing = {
            keyword: nothing if (value := getattr(self.existing, aspect)) is NOT_GIVEN else value
            for keyword, (side, aspect, nothing) in _KEYWORDS.items()
            if side == "existing" and aspect != "autoincrement"
        }
        return kind(self.table_name, self.column_name, *values, schema=self.schema, **existing)


def _keywords() -> dict[str, tuple[str, str, Any]]:
    """By keyword of ``alter_column``: side, aspect, and the value that says nothing."""
    known: dict[str, tuple[str, str, Any]] = {}
    for aspect in (each.name for each in fields(ColumnState)):
        nothing = False if aspect in {"server_default", "comment"} else None
        known["type_" if aspect == "type" else aspect] = ("new", aspect, nothing)
        if aspect != "name":
            known[f"existing_{aspect}"] = ("existing", aspect, None if aspect == "comment" else nothing)
    return known


_KEYWORDS = _keywords()


def with_column_keywords(method: F) -> F:
    """Decorator on ``alter_column(self, table_name, column_name, **keywords)``: its signature names the keywords."""
    names = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in ("self", "table_name", "column_name")]
    nothing = {"schema": None, **{keyword: value for keyword, (_, _, value) in _KEYWORDS.items()}}
    keywords = [Parameter(name, Parameter.KEYWORD_ONLY, default=value) for name, value in nothing.items()]
    rest = Parameter("keywords", Parameter.VAR_KEYWORD)
    method.__signature__ = Signature([*names, *keywords, rest])  # type: ignore[attr-defined]
    return method
