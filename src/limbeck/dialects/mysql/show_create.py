"""SHOW CREATE TABLE: read once a table, and parsed; it has a line for each column, key and check."""

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
_FOREIGN_KEY = re.compile(rf"^CONSTRAINT {_NAME} (FOREIGN KEY .*)$", re.DOTALL)
_KEY = re.compile(rf"^((?:UNIQUE |FULLTEXT |SPATIAL )?KEY) {_NAME} (.*)$", re.DOTALL)
_OPTION = re.compile(r"(?:^|\s)([A-Z][A-Z_ ]*?)=('(?:[^'\\]|''|\\.)*'|\S+)")
_TEXT = re.compile(r"^(?:\w*char|\w*text|enum|set)\b", re.IGNORECASE)
_MENTIONED = re.compile(_NAME)
_VERSIONED = re.compile(r"/\*!\d+ (.*?) \*/")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class ShowCreateReader(CatalogueReader):
    """Caches the results of SHOW CREATE TABLE, which both SQLAlchemy's dialect and the exact comparison execute.

    :param connection: the real one.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._answers: dict[str, Answer] = {}

    def exec_driver_sql(self, statement: str, parameters: Any = None) -> Any:
        """Execute the statement, unless it is a SHOW CREATE TABLE that was executed before."""
        if not statement.startswith("SHOW CREATE TABLE "):
            return self._connection.exec_driver_sql(statement, parameters)
        if statement not in self._answers:
            self._answers[statement] = Answer(self._connection.exec_driver_sql(statement, parameters).fetchall())
        return self._answers[statement]


def shown_table(text: str) -> TableShape:
    """The table that the statement describes."""
    body, tail = text.rsplit("\n)", 1)
    options = {
        name.strip().lower().replace(" ", "_"): value for name, value in _OPTION.findall(tail.partition("\n")[0])
    }
    for not_compared in ("auto_increment", "page_checksum"):  # Aria's checksum differs for temporary tables
        options.pop(not_compared, None)
    if "comment" in options:
        options["comment"] = _plain(options["comment"])
    collation = _collation(options)
    columns: dict[str, ColumnShape] = {}
    parts: list[PartShape] = []
    keys: dict[str, str] = {}
    for line in body.split("\n")[1:]:
        item = line.strip().removesuffix(",")
        if found := _COLUMN.match(item):
            name = _unquoted(found[1])
            columns[name], check = _column(found[1], found[2], collation)
            parts += [] if check is None else [PartShape("check", None, f"CHECK {check}", (name,), check)]
        elif found := _CHECK.match(item):
            parts.append(PartShape("check", _unquoted(found[1]), found[2], _mentioned(found[2])))
        elif found := _FOREIGN_KEY.match(item):
            keys[_unquoted(found[1])] = found[2]
        elif found := _KEY.match(item):
            definition = f"{found[1]} {_spaced(found[3])}"
            parts.append(PartShape("index", _unquoted(found[2]), definition, _mentioned(found[3])))
        elif item.startswith("PRIMARY KEY"):
            parts.append(PartShape("primary", None, _spaced(item), _mentioned(item)))
    return TableShape(columns, tuple(parts), options, keys)


def _collation(options: dict[str, str]) -> str:
    charset = options.pop("default_charset", "")
    collation = options.pop("collate", "")
    options["default_charset"] = charset
    if collation:
        options["collate"] = collation
    return f"CHARACTER SET {charset} COLLATE {collation}" if collation else f"CHARACTER SET {charset}"


def _column(name: str, text: str, collation: str) -> tuple[ColumnShape, str | None]:
    """The definition of a column without its name, and its check."""
    shape, check = _clauses(text, collation)
    if shape.extra is not None:
        shape = shape._replace(extra=shape.extra.replace(f"`{name}`", "`?`"))
    return shape, check


@lru_cache(maxsize=4096)
def _clauses(text: str, collation: str) -> tuple[ColumnShape, str | None]:  # noqa: C901 clause by clause
    """The definition after the name, which many columns share, and its check, unless that makes the text JSON."""
    words = split(text)
    type_ = words.pop(0)
    facts: dict[str, str] = {}
    modifiers: list[str] = []
    nullable, autoincrement = True, False
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
            autoincrement = True
        elif word == "ON":
            facts["on update"] = words.pop(1)
        elif word == "INVISIBLE":
            facts["invisible"] = "yes"
    if "charset" in facts or "COLLATE" in facts:
        given = [f"CHARACTER SET {facts['charset']}" if "charset" in facts else "", f"COLLATE {facts.get('COLLATE')}"]
        modifiers.append(" ".join(given).strip())
    elif _TEXT.match(type_):
        modifiers.append(collation)
    if "json_valid" in facts.get("CHECK", ""):
        modifiers.insert(0, "of JSON")  # a type of its own, also where text has its collation
    check = facts.pop("CHECK") if "json_valid" not in facts.get("CHECK", "json_valid") else None
    extra = [f"{what} {facts[what]}" for what in ("on update", "invisible", "CHECK") if what in facts]
    default = facts.get("DEFAULT")
    shape = ColumnShape(
        type_=" ".join([type_, *modifiers]),
        nullable=nullable,
        default=None if default == "NULL" else default,
        computed=facts.get("computed"),
        autoincrement=autoincrement,
        comment=_plain(facts["COMMENT"]) if "COMMENT" in facts else None,
        extra=", ".join(extra) or None,
    )
    return shape, check


def split(text: str) -> list[str]:
    """The words of a line; parentheses and quotes are not split."""
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
    """Keys with a space after each comma."""
    plain = _VERSIONED.sub(r"\1", keys)
    return plain.replace("`,`", "`, `").replace("),`", "), `").removesuffix(" USING BTREE")


def _mentioned(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_unquoted(name) for name in _MENTIONED.findall(text)))


def quoted(name: str) -> str:
    """A name, quoted as in the text."""
    return f"`{name.replace('`', '``')}`"


def _unquoted(name: str) -> str:
    return name.replace("``", "`")


def _plain(literal: str) -> str:
    """The value of a quoted string."""
    value = literal[1:-1].replace("''", "'")
    return _ESCAPED.sub(lambda found: {"n": "\n", "r": "\r", "0": "\0"}.get(found[1], found[1]), value)
