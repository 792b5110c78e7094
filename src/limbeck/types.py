"""Types for revision scripts, where SQLAlchemy has no class for what the database has."""

from __future__ import annotations

from typing import Any

from sqlalchemy.types import UserDefinedType


class SqlType(UserDefinedType[Any]):
    """A type by the words that the database has for it: ``SqlType("ltree")``.

    :param words: the type with its arguments, as it stands in SQL.
    """

    cache_ok = True

    def __init__(self, words: str) -> None:
        self.words = words

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.words!r})"

    def get_col_spec(self, **_kw: Any) -> str:
        """The words."""
        return self.words
