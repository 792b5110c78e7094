"""Keys of indexes that are SQL text, in the parentheses that PostgreSQL wants around all but columns and calls."""

from __future__ import annotations

import re

import sqlalchemy as sa

from limbeck import sqla
from limbeck.ddl.sql_text import words_of

_ORDER = re.compile(r"(?:\s+(?:ASC|DESC))?(?:\s+NULLS\s+(?:FIRST|LAST))?\s*$", re.IGNORECASE)
# what cannot stand in a key outside of parentheses: signs of operators, and words that make an expression
_SIGNS = frozenset("+-*/<>=~!@#%^&|`?:")
_WORDS = frozenset({"AND", "CASE", "ILIKE", "IN", "IS", "LIKE", "NOT", "OR", "SIMILAR", "ZONE"})


def with_parentheses(index: sa.Index) -> sa.Index:
    """``index`` with parentheses around those keys, given as text, that are expressions and have none."""
    keys = [_key(expression) for expression in index.expressions]
    if all(new is old for new, old in zip(keys, index.expressions, strict=True)):
        return index
    table = sqla.table_of_index(index)
    return sqla.index_of(table, index.name, keys, unique=bool(index.unique), **index.dialect_kwargs)


def _key(expression: object) -> object:
    if isinstance(expression, sa.TextClause):
        text = expression.text
        return expression if (enclosed := _enclosed(text)) == text else sa.text(enclosed)
    if isinstance(expression, sa.ColumnClause) and expression.is_literal:
        return expression if (enclosed := _enclosed(expression.name)) == expression.name else sa.text(enclosed)
    return expression


def _enclosed(key: str) -> str:
    """``key``, in parentheses if it is an expression without; its order stays outside."""
    order = _ORDER.search(key)
    end = len(key) if order is None else order.start()
    return f"({key[:end]}){key[end:]}" if _is_expression(key[:end]) else key


def _is_expression(key: str) -> bool:
    depth = 0
    for word in words_of(key):
        depth += {"(": 1, ")": -1}.get(word, 0)
        if not depth and (word in _SIGNS or word.upper() in _WORDS or word.startswith("[")):
            return True
    return False
