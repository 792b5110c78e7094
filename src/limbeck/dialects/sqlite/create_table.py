"""The CREATE TABLE statement that SQLite stores of a table: parsed, changed where a change is wanted, written again.

Everything else is kept to the letter: collations, AUTOINCREMENT, ON CONFLICT, unnamed checks, the actions of inline
foreign keys, comments. Grammar: SQLite manual, CREATE TABLE.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from limbeck.ddl.sql_text import is_blank, tokens_of, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_TABLE_CONSTRAINTS = ("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN")
_STARTS = (
    "CONSTRAINT",
    "PRIMARY",
    "NOT",
    "NULL",
    "UNIQUE",
    "CHECK",
    "DEFAULT",
    "COLLATE",
    "REFERENCES",
    "GENERATED",
    "AS",
)


class UnreadableTable(Exception):  # noqa: N818 a fact about the table; the caller decides whether it is an error
    """The stored text cannot be parsed."""


@dataclass
class Part:
    """A clause of a column, or a constraint of the table.

    :param kind: its first keyword, without a name: ``UNIQUE``, ``REFERENCES``, ``DEFAULT``, ...
    :param text: its text.
    :param name: its name, after ``CONSTRAINT``.
    :param columns: the columns in its first parentheses, for a constraint of the table.
    """

    kind: str
    text: str
    name: str | None = None
    columns: tuple[str, ...] = ()


@dataclass
class StoredColumn:
    """A column.

    :param name: its name.
    :param type_: its type.
    :param comment: the comments before it.
    :param source: its whole text, until a part of it is changed.
    :param parts: its clauses, in their order.
    """

    name: str
    type_: str
    comment: str = ""
    source: str = ""
    parts: list[Part] = field(default_factory=list)

    def retype(self, type_: str) -> None:
        """Give the column another type."""
        self.type_, self.source = type_, ""

    def replace(self, kind: str, text: str | None) -> None:
        """Replace the clause ``kind`` by ``text``, or add it; None removes it."""
        self.source = ""
        at = next((n for n, part in enumerate(self.parts) if part.kind == kind), None)
        if at is not None:
            self.parts[at : at + 1] = [] if text is None else [Part(kind, text)]
        elif text is not None:
            self.parts.insert(0, Part(kind, text))

    def text(self, quote: Callable[[str], str]) -> str:
        """The column's definition."""
        if self.source:
            return self.source
        words = (quote(self.name), self.type_, *(part.text for part in self.parts))
        return self.comment + " ".join(filter(None, words))


@dataclass
class StoredTable:
    """A table: columns, constraints, and what follows the parentheses (STRICT, WITHOUT ROWID)."""

    columns: list[StoredColumn]
    constraints: list[Part]
    tail: str

    @classmethod
    def read(cls, sql: str) -> StoredTable:
        """The table that ``sql``, a CREATE TABLE statement, describes.

        :raises UnreadableTable: it is another statement, or one of a virtual table.
        """
        tokens = tokens_of(sql)
        try:
            start = next(n for n, word in enumerate(tokens) if word == "(")
            end = _closing(tokens, start)
        except (StopIteration, IndexError):
            raise UnreadableTable(sql) from None
        if "VIRTUAL" in [token.upper() for token in tokens[:start]]:
            raise UnreadableTable(sql)
        columns, constraints = [], []
        for item in _split(tokens[start + 1 : end]):
            words = _solid(item)
            if words[0].upper() in _TABLE_CONSTRAINTS:
                constraints.append(_table_constraint(item))
            else:
                columns.append(_column(item))
        return cls(columns, constraints, "".join(tokens[end + 1 :]).strip())

    def column(self, name: str) -> StoredColumn:
        """The column called ``name``."""
        for column in self.columns:
            if column.name.lower() == name.lower():
                return column
        raise UnreadableTable(name)

    def drop(self, kind: str, name: str | None, columns: Iterable[str], condition: str | None = None) -> bool:
        """Remove the constraint called ``name``, or else the unnamed one of ``kind`` on ``columns``.

        :param kind: ``UNIQUE``, ``CHECK``, ``FOREIGN`` or ``PRIMARY``.
        :param condition: the condition of a check, which an unnamed one is found by.
        :return: whether there was one.
        """
        wanted = tuple(sorted(column.lower() for column in columns))
        said = words_of(f"CHECK ({condition})")
        lists = [(self.constraints, wanted)] + [(each.parts, (each.name.lower(),)) for each in self.columns]
        named = [(parts, part) for parts, _ in lists for part in parts if name and _same(part.name, name)]
        unnamed = [
            (parts, part)
            for parts, about in lists
            for part in parts
            if part.kind == kind and part.name is None
            if ((part.columns or about) == wanted if condition is None else words_of(part.text) == said)
        ]
        for parts, part in named or unnamed[:1]:
            parts.remove(part)
            for column in self.columns:
                column.source = column.source if column.parts is not parts else ""
        return bool(named or unnamed)

    def add(self, constraint: Part) -> None:
        """Add a constraint after the others, unless it has no name and repeats one word for word."""
        there = [*self.constraints, *(part for column in self.columns for part in column.parts)]
        if constraint.name or words_of(constraint.text) not in [words_of(part.text) for part in there]:
            self.constraints.append(constraint)

    def set_autoincrement(self, *, autoincrement: bool) -> None:
        """Add AUTOINCREMENT to the primary key, which then becomes a column constraint, or remove it."""
        for key in [part for part in self.constraints if autoincrement and part.kind == "PRIMARY"]:
            self.constraints.remove(key)
            tokens = tokens_of(key.text)
            start = tokens.index("(")
            del tokens[start : _closing(tokens, start) + 1]
            self.column(key.columns[0]).replace("PRIMARY", _text(tokens))
        for column in self.columns:
            for part in [part for part in column.parts if part.kind == "PRIMARY"]:
                kept = [token for token in tokens_of(part.text) if token.upper() != "AUTOINCREMENT"]
                column.replace("PRIMARY", _text(kept) + " AUTOINCREMENT" * autoincrement)

    def set_option(self, word: str, *, present: bool) -> None:
        """Add or remove the option ``word`` (STRICT, WITHOUT ROWID) after the parentheses."""
        there = [" ".join(words_of(each)) for each in self.tail.split(",")]
        self.tail = ", ".join([each for each in there if each and each.upper() != word] + [word] * present)

    def statement(self, name: str, quote: Callable[[str], str]) -> str:
        """The CREATE TABLE statement with ``name``, which is quoted already."""
        items = [column.text(quote) for column in self.columns] + [part.text for part in self.constraints]
        body = ", \n\t".join(items)
        return f"CREATE TABLE {name} (\n\t{body}\n) {self.tail}".rstrip()


def comments_of(sql: str) -> list[str]:
    """The comments in ``sql``."""
    return [token.strip() for token in tokens_of(sql) if token.startswith(("--", "/*"))]


def unquoted(word: str) -> str:
    """A name without the quotes around it."""
    if word[:1] in {'"', "`"}:
        return word[1:-1].replace(word[0] * 2, word[0])
    return word[1:-1] if word[:1] == "[" else word


def _same(one: str | None, other: str) -> bool:
    return one is not None and one.lower() == other.lower()


def _solid(tokens: list[str]) -> list[str]:
    return [token for token in tokens if not is_blank(token)]


def _closing(tokens: list[str], start: int) -> int:
    """The index of the parenthesis that closes the one at ``start``."""
    depth = 0
    for at in range(start, len(tokens)):
        depth += (tokens[at] == "(") - (tokens[at] == ")")
        if depth == 0:
            return at
    raise IndexError


def _split(tokens: list[str]) -> list[list[str]]:
    """The items between those commas that are outside of parentheses."""
    items: list[list[str]] = [[]]
    depth = 0
    for word in tokens:
        depth += (word == "(") - (word == ")")
        if word == "," and depth == 0:
            items.append([])
        else:
            items[-1].append(word)
    return items


def _text(tokens: list[str]) -> str:
    return "".join(tokens).strip()


def _ended(text: str) -> str:
    """``text`` with the line break that a comment at its end needs."""
    return f"{text}\n" if "--" in text.rpartition("\n")[2] else text


def _table_constraint(item: list[str]) -> Part:
    words = _solid(item)
    name = unquoted(words[1]) if words[0].upper() == "CONSTRAINT" else None
    kind = words[2 if name is not None else 0].upper()
    start = item.index("(") if "(" in item else len(item)
    inside = item[start + 1 : _closing(item, start)] if "(" in item and kind != "CHECK" else []
    columns = tuple(sorted(unquoted(_solid(each)[0]).lower() for each in _split(inside) if _solid(each)))
    return Part(kind, _ended(_text(item)), name, columns)


def _column(item: list[str]) -> StoredColumn:
    at = next(n for n, token in enumerate(item) if not is_blank(token))
    marks = _clause_starts(item, at + 1)
    type_ = _ended(_text(item[at + 1 : marks[0] if marks else len(item)]))
    column = StoredColumn(unquoted(item[at]), type_, "".join(item[:at]).lstrip(), _ended(_text(item)))
    for start, end in pairwise([*marks, len(item)]):
        words = _solid(item[start:end])
        named = words[0].upper() == "CONSTRAINT"
        kind = {"AS": "GENERATED", "NOT": "NULL", "REFERENCES": "FOREIGN"}.get(
            words[2 if named else 0].upper(), words[2 if named else 0].upper()
        )
        column.parts.append(Part(kind, _ended(_text(item[start:end])), unquoted(words[1]) if named else None))
    return column


def _clause_starts(item: list[str], at: int) -> list[int]:
    """The indexes at which clauses of a column begin: keywords outside of parentheses that start a clause."""
    marks: list[int] = []
    depth = 0
    before: list[str] = []
    for place in range(at, len(item)):
        word = item[place].upper()
        depth += (word == "(") - (word == ")")
        if is_blank(word) or depth:
            continue
        if word in _STARTS and not _belongs(word, before, _next(item, place)):
            marks.append(place)
        before.append(word)
    return marks


def _belongs(word: str, before: list[str], after: str) -> bool:
    """Whether ``word`` continues the clause before it."""
    last = before[-1] if before else ""
    if last in {"DEFAULT", "COLLATE", "REFERENCES", "CONSTRAINT", "SET", "+", "-"}:
        return True  # a value, a name, an action
    if before[-2:-1] == ["CONSTRAINT"] or (word == "NULL" and last == "NOT") or (word == "AS" and last == "ALWAYS"):
        return True
    return word == "NOT" and after == "DEFERRABLE"


def _next(item: list[str], place: int) -> str:
    return next((token.upper() for token in item[place + 1 :] if not is_blank(token)), "")
