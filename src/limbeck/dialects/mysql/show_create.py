"""The text of SHOW CREATE TABLE: asked for once a table, and taken apart, one column, key or check a line."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from limbeck.ddl.catalogue_reader import Answer, CatalogueReader
from limbeck.ddl.shape import ColumnShape, PartShape, TableShape

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_NAME = r"`((?:[^`]|``)*)`"
_COLUMN = re.compile(rf"^{_NAME} (.*)$", re.DOTALL)
_CHECK = re.compile(rf"^CONSTRAINT {_NAME} (CHECK .*)$", re.DOTALL)
_KEY = re.compile(rf"^((?:UNIQUE |FULLTEXT |SPATIAL )?KEY) {_NAME} (.*)$", re.DOTALL)
_OPTION = re.compile(r"(?:^|\s)([A-Z][A-Z_ ]*?)=('(?:[^'\\]|''|\\.)*'|\S+)")
_TEXT = re.compile(r"^(?:\w*char|\w*text|enum|set)\b", re.IGNORECASE)
_MENTIONED = re.compile(_NAME)
_VERSIONED = re.compile(r"/\*!\d+ (.*?) \*/")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class Shown(CatalogueReader):
    """Remembers what SHOW CREATE TABLE said: SQLAlchemy's dialect asks for it first, then the exact comparison.

    :param connection: the real one.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._said: dict[str, Answer] = {}

    def exec_driver_sql(self, statement: str, parameters: Any = None) -> Any:
        """Ask the real connection, but for what it has said already."""
        if not statement.startswith("SHOW CREATE TABLE "):
            return self._connection.exec_driver_sql(statement, parameters)
        if statement not in self._said:
            self._said[statement] = Answer(self._connection.exec_driver_sql(statement, parameters).fetchall())
        return self._said[statement]


def shown_table(text: str) -> TableShape:
    """The table that the statement describes; foreign keys left out."""
    body, tail = text.rsplit("\n)", 1)
    options = {
        name.strip().lower().replace(" ", "_"): value for name, value in _OPTION.findall(tail.partition("\n")[0])
    }
    for ignored_warnings in ("auto_increment", "page_checksum"):  # Aria's is another for temporary tables
        options.pop(ignored_warnings, None)
    if "comment" in options:
        options["comment"] = _plain(options["comment"])
    collation = _collation(options)
    columns: dict[str, ColumnShape] = {}
    parts: list[PartShape] = []
    for line in body.split("\n")[1:]:
        item = line.strip().removesuffix(",")
        if found := _COLUMN.match(item):
            name = _unquoted(found[1])
            columns[name], check = _column(found[1], found[2], collation)
            parts += [] if check is None else [PartShape("check", None, f"CHECK {check}", (name,), check)]
        elif found := _CHECK.match(item):
            parts.append(PartShape("check", _unquoted(found[1]), found[2], _mentioned(found[2])))
        elif found := _KEY.match(item):
            definition = f"{found[1]} {_spaced(found[3])}"
            parts.append(PartShape("index", _unquoted(found[2]), definition, _mentioned(found[3])))
        elif item.startswith("PRIMARY KEY"):
            parts.append(PartShape("primary", None, _spaced(item), _mentioned(item)))
    return TableShape(columns, tuple(parts), options)


def _collation(options: dict[str, str]) -> str:
    charset = options.pop("default_charset", "")
    collation = options.pop("collate", "")
    options["default_charset"] = charset
    if collation:
        options["collate"] = collation
    return f"CHARACTER SET {charset} COLLATE {collation}" if collation else f"CHARACTER SET {charset}"


def _column(name: str, text: str, collation: str) -> tuple[ColumnShape, str | None]:
    """What stands in a column's line, without its own name; the check in it by itself."""
    shape, check = _clauses(text, collation)
    if shape.extra is not None:
        shape = shape._replace(extra=shape.extra.replace(f"`{name}`", "`?`"))
    return shape, check


@lru_cache(maxsize=4096)
def _clauses(text: str, collation: str) -> tuple[ColumnShape, str | None]:  # noqa: C901 clause by clause
    """What stands behind the name of a column, which most columns share; its check, unless it makes text JSON."""
    words = split(text)
    type_ = words.pop(0)
    facts: dict[str, str] = {}
    modifiers: list[str] = []
    nullable, counts = True, False
    while words:
        word = words.pop(0)
        if word in ("unsigned", "zerofill"):
            modifiers.append(word)
        elif word == "CHARACTER":
            facts["charset"] = words.pop(1)
            words.pop(0)
        elif word in ("COLLATE", "DEFAULT", "COMMENT", "CHECK"):
            facts[word] = words.pop(0)
        elif word == "NOT":
            nullable = words.pop(0) != "NULL"
        elif word == "GENERATED":
            facts["computed"] = f"{words.pop(2)} {words.pop(2)}"
        elif word == "AUTO_INCREMENT":
            counts = True
        elif word == "ON":
            facts["on update"] = words.pop(1)
        elif word == "INVISIBLE":
            facts["invisible"] = "yes"
    if "charset" in facts or "COLLATE" in facts:
        given = [f"CHARACTER SET {facts['charset']}" if "charset" in facts else "", f"COLLATE {facts.get('COLLATE')}"]
        modifiers.append(" ".join(given).strip())
    elif _TEXT.match(type_):
        modifiers.append(collation)
    check = facts.pop("CHECK") if "json_valid" not in facts.get("CHECK", "json_valid") else None
    extra = [f"{what} {facts[what]}" for what in ("on update", "invisible", "CHECK") if what in facts]
    default = facts.get("DEFAULT")
    shape = ColumnShape(
        type_=" ".join([type_, *modifiers]),
        nullable=nullable,
        default=None if default == "NULL" else default,
        computed=facts.get("computed"),
        counts=counts,
        comment=_plain(facts["COMMENT"]) if "COMMENT" in facts else None,
        extra=", ".join(extra) or None,
    )
    return shape, check


def split(text: str) -> list[str]:
    """The words of a line; what stands in brackets or quotes belongs to its word."""
    words, depth, quote, start, at = [], 0, "", 0, 0
    while at < len(text):
        letter = text[at]
        if quote:
            if letter == "\\" and quote == "'":
                at += 1
            elif letter == quote:
                quote = ""
        elif letter in "'`":
            quote = letter
        elif letter in "()":
            depth += 1 if letter == "(" else -1
        elif letter == " " and depth == 0:
            words.append(text[start:at])
            start = at + 1
        at += 1
    return [word for word in [*words, text[start:]] if word]


def _spaced(keys: str) -> str:
    """Keys with a space after each comma, as people write them."""
    plain = _VERSIONED.sub(r"\1", keys)
    return plain.replace("`,`", "`, `").replace("),`", "), `").removesuffix(" USING BTREE")


def _mentioned(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_unquoted(name) for name in _MENTIONED.findall(text)))


def quoted(name: str) -> str:
    """A name as it stands in the text."""
    return f"`{name.replace('`', '``')}`"


def _unquoted(name: str) -> str:
    return name.replace("``", "`")


def _plain(literal: str) -> str:
    """The value of a quoted string."""
    value = literal[1:-1].replace("''", "'")
    return _ESCAPED.sub(lambda found: {"n": "\n", "r": "\r", "0": "\0"}.get(found[1], found[1]), value)
