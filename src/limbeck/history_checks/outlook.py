"""What the schemas of a history ask of the rows that are put in before a revision: keys, checks and types to come."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from limbeck.ddl.shape import TableName, TableShape
    from limbeck.schema import Schema

    Place = tuple[TableName, str]
    """A table and a column."""

_TEXT = re.compile(r"'((?:[^']|'')*)'")
_NUMBER = re.compile(r"(?<![\w.'])-?\d+(?:\.\d+)?(?![\w.'])")
_KINDS = (
    ("uuid", re.compile(r"\buuid\b", re.IGNORECASE)),
    ("json", re.compile(r"\bjsonb?\b", re.IGNORECASE)),
    ("moment", re.compile(r"\b(?:date|datetime|timestamp)\b", re.IGNORECASE)),
    ("number", re.compile(r"\b(?:\w*int|integer|serial|numeric|decimal|real|double|float)\b", re.IGNORECASE)),
)


@dataclass(frozen=True)
class Outlook:
    """What is asked of the values of columns at some point of a history.

    :param plain: columns of keys and checks, whose values have to fit others.
    :param texts: texts that checks and enum types of a column allow.
    :param numbers: numbers that checks of a column mention.
    :param kinds: what a column is cast to: ``number``, ``moment``, ``uuid`` or ``json``.
    """

    plain: set[Place] = field(default_factory=set)
    texts: dict[Place, list[str]] = field(default_factory=lambda: defaultdict(list))
    numbers: dict[Place, list[str]] = field(default_factory=lambda: defaultdict(list))
    kinds: dict[Place, set[str]] = field(default_factory=lambda: defaultdict(set))


def outlook(schemas: Iterable[Schema]) -> Outlook:
    """What a history asks of values, by the schemas that it leads to."""
    found = Outlook()
    for schema in schemas:
        enum_types = {
            name: labels.split(", ") for (kind, _, name), labels in schema.others.items() if kind == "enum type"
        }
        for name, table in schema.tables.items():
            _of_parts(found, name, table)
            for column, shape in table.columns.items():
                place = (name, column)
                labels = enum_types.get(shape.type_.rpartition(".")[2].strip('"'), []) or _texts(shape.type_)
                _add(found.texts[place], labels)
                found.kinds[place] |= {kind for kind, pattern in _KINDS if pattern.search(shape.type_)}
    return found


def _of_parts(found: Outlook, name: TableName, table: TableShape) -> None:
    for part in table.parts:
        if part.kind in {"primary", "foreign", "check", "exclude"}:
            text = f"{part.source} {part.definition}"
            mentioned = part.columns or [one for one in table.columns if re.search(rf"\b{re.escape(one)}\b", text)]
            for column in mentioned:
                found.plain.add((name, column))
                if part.kind == "check":
                    _add(found.texts[name, column], _texts(text))
                    _add(found.numbers[name, column], _NUMBER.findall(text))


def _texts(text: str) -> list[str]:
    return [one.replace("''", "'") for one in _TEXT.findall(text)]


def _add(known: list[str], new: Iterable[str]) -> None:
    known.extend(one for one in new if one not in known)
