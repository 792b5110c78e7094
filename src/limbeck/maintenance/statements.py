"""What the text of a statement tells a squash: whether it changes tables, writes rows, reads them, or does else."""

from __future__ import annotations

import re
from typing import Literal

Kind = Literal["table", "rows", "read", "other"]

_REMARKS = re.compile(r"\A(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)+", re.DOTALL)
_TABLE = re.compile(
    r"(?:CREATE\s+TABLE|ALTER\s+TABLE|DROP\s+TABLE|CREATE\s+(?:UNIQUE\s+)?INDEX|DROP\s+INDEX)\b", re.IGNORECASE
)
_NO_COMPARISON = re.compile(r"\b(?:AS\s+SELECT|SELECT|RENAME|PARTITION|INHERITS|LIKE|EXCLUDE)\b", re.IGNORECASE)
"""Words of statements on tables that are carried over: they move rows or names, or say what no comparison sees."""
_ROWS = re.compile(r"(?:INSERT|UPDATE|DELETE|MERGE|REPLACE|TRUNCATE|COPY|LOAD|DO|CALL|WITH)\b", re.IGNORECASE)
_WRITES_WITHIN = re.compile(r"\b(?:INSERT|UPDATE|DELETE|MERGE)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d]\w*")


def kind_of(sql: str, reads: tuple[str, ...]) -> Kind:
    """What a statement does: change tables as a comparison sees it, write rows, read, or something else.

    A ``WITH`` that only reads is one that reads.

    :param reads: words in capitals that begin statements which read, in the dialect of ``sql``.
    """
    text = _REMARKS.sub("", sql)
    if _TABLE.match(text):
        return "other" if _NO_COMPARISON.search(text) else "table"
    if text.upper().startswith(("WITH", *reads)) and not _WRITES_WITHIN.search(text):
        return "read"
    return "rows" if _ROWS.match(text) else "other"


def words(sql: str) -> set[str]:
    """The words of a statement in lower case: the tables that it may be about are among them."""
    return {word.lower() for word in _WORD.findall(sql)}


def sources(sql: str) -> set[str]:
    """The words that may name the tables that a query reads: those behind FROM and JOIN."""
    behind = re.findall(r"\b(?:FROM|JOIN)\s+([^\s()]+)", sql, re.IGNORECASE)
    return {word for name in behind for word in words(name)}


def as_call(sql: str, prefix: str = "op.") -> str:
    """``op.execute()`` of a statement, in which ``:name`` is no bind; a line of it is a line of the call.

    :param prefix: what stands before ``execute``.
    """
    text = re.sub(r"(?<![:\w\\]):(\w+)(?![:\w])", r"\\:\1", sql.strip())
    lines = text.splitlines(keepends=True)
    if "\n" in text:
        return "\n".join([f"{prefix}execute(", *(f"    {line!r}" for line in lines), ")"])
    return f"{prefix}execute({text!r})"
