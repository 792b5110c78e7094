"""Types for revision scripts, for types of a database that SQLAlchemy has no class for."""

from __future__ import annotations

from typing import Any

from sqlalchemy.types import UserDefinedType


class SqlType(UserDefinedType[Any]):
    """A type given as SQL, such as ``SqlType("ltree")``.

    :param words: the type with its arguments, as SQL has it.
    """

    cache_ok = True
    """Equal words are the same type to SQLAlchemy's cache of statements."""

    def __init__(self, words: str) -> None:
        self.words = words

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.words!r})"

    def get_col_spec(self, **_kw: Any) -> str:
        """The type as SQL."""
        return self.words
