"""Compare objects of a schema by what they say: ``mock.call(CompareTable(table))`` equals another table like it."""

from __future__ import annotations

from typing import Any


class _Compares:
    """Equal to whatever says the same; subclasses say what that is.

    :param expected: the object of SQLAlchemy.
    """

    def __init__(self, expected: Any) -> None:
        self.expected = expected

    def said(self, item: Any) -> Any:
        """What counts of ``item``."""
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return bool(self.said(self.expected) == self.said(other))

    def __hash__(self) -> int:
        return id(type(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.said(self.expected)!r})"


class CompareColumn(_Compares):
    """Name, type and nullability of a column."""

    def said(self, item: Any) -> Any:
        return item.name, str(item.type), item.nullable


class CompareTable(_Compares):
    """Name and schema of a table, and its columns."""

    def said(self, item: Any) -> Any:
        return item.name, item.schema, [CompareColumn(column).said(column) for column in item.columns]


class CompareIndex(_Compares):
    """Name and expressions of an index.

    :param name_only: the name alone counts.
    """

    def __init__(self, index: Any, name_only: bool = False) -> None:
        super().__init__(index)
        self.name_only = name_only

    def said(self, item: Any) -> Any:
        return item.name if self.name_only else (item.name, [str(part) for part in item.expressions], item.unique)


class CompareCheckConstraint(_Compares):
    """Name and text of a check."""

    def said(self, item: Any) -> Any:
        return item.name, str(item.sqltext)


class CompareForeignKey(_Compares):
    """Name, columns and targets of a foreign key."""

    def said(self, item: Any) -> Any:
        return item.name, list(item.column_keys), [element.target_fullname for element in item.elements]


class ComparePrimaryKey(_Compares):
    """Columns of a primary key."""

    def said(self, item: Any) -> Any:
        return [column.name for column in item.columns]


class CompareUniqueConstraint(_Compares):
    """Name and columns of a unique constraint."""

    def said(self, item: Any) -> Any:
        return item.name, [column.name for column in item.columns]
