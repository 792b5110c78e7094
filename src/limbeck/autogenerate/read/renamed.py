"""What a catalogue says, and shapes that were read, as they will be after renamings: plain values in other words."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from limbeck.autogenerate.compare.renames import Renames
    from limbeck.ddl.schema_facts import SchemaFacts
    from limbeck.ddl.shape import TableShape

    from .reflect import TableName

_QUOTED = re.compile(r"('(?:[^']|'')*')")
_COLUMN_LISTS = ("constrained_columns", "column_names")
_TEXTS = ("sqltext", "postgresql_where", "sqlite_where", "expressions")


def renamed_facts(
    kind: str, said: Mapping[TableName, Any], renames: Renames, impl: SchemaFacts
) -> dict[TableName, Any]:
    """Facts of one kind by table, as ``Inspector.get_multi_<kind>`` gives them, after ``renames``.

    :param impl: knows which names change with them.
    """
    found: dict[TableName, Any] = {}
    for old, facts in said.items():
        name = renames.after(old)
        words = renames.columns_of(name)
        if isinstance(facts, list):
            found[name] = [_fact(kind, fact, old, words, renames, impl) for fact in facts]
        else:
            found[name] = _fact(kind, facts, old, words, renames, impl) if facts else facts
    return found


def _fact(
    kind: str, fact: Mapping[str, Any], table: TableName, words: Mapping[str, str], renames: Renames, impl: SchemaFacts
) -> dict[str, Any]:
    told = {key: _translated(key, value, words) for key, value in fact.items()}
    if kind == "columns":
        told["name"] = words.get(fact["name"], fact["name"])
    elif kind == "foreign_keys":
        target = renames.after((fact["referred_schema"], fact["referred_table"]))
        theirs = renames.columns_of(target)
        told["referred_table"] = target[1]
        told["referred_columns"] = [theirs.get(name, name) for name in fact["referred_columns"]]
        if fact["name"] is not None:
            told["name"] = impl.key_name_after_rename(fact["name"], table[1], renames.after(table)[1])
    return told


def _translated(key: str, value: Any, words: Mapping[str, str]) -> Any:
    if not words:
        return value
    if key in _COLUMN_LISTS or key.endswith("_include"):
        return [words.get(name, name) for name in value]
    if key in _TEXTS:
        return [in_words(text, words) for text in value] if isinstance(value, list) else in_words(value, words)
    if key == "column_sorting":
        return {words.get(name, name): order for name, order in value.items()}
    if key in ("computed", "dialect_options") and value:
        return {name: _translated(name, inner, words) for name, inner in value.items()}
    return value


def in_words(sql: str | None, words: Mapping[str, str]) -> str | None:
    """``sql`` with names replaced where they stand as words, outside of quoted strings."""
    if not sql or not words:
        return sql
    names = re.compile(r"(?<![\w$])(" + "|".join(map(re.escape, words)) + r")(?![\w$(])")
    parts = _QUOTED.split(sql)
    parts[::2] = [names.sub(lambda found: words[found[1]], part) for part in parts[::2]]
    return "".join(parts)


def renamed_shapes(read: Mapping[TableName, TableShape], renames: Renames) -> Mapping[TableName, TableShape]:
    """Normalizer of tables, read under the names of the database, after ``renames``."""
    if not renames:
        return read
    tables = {old[1]: new for old, new in renames.tables.items()}
    found = {}
    for old, shape in read.items():
        name = renames.after(old)
        words = renames.columns_of(name)
        columns = {
            words.get(column, column): facts._replace(computed=in_words(facts.computed, words))
            for column, facts in shape.columns.items()
        }
        parts = tuple(
            part._replace(
                definition=in_words(part.definition, _words_of(part.kind, words, tables, renames)) or "",
                columns=tuple(words.get(column, column) for column in part.columns),
            )
            for part in shape.parts
        )
        found[name] = replace(shape, columns=columns, parts=parts)
    return found


def _words_of(kind: str, words: Mapping[str, str], tables: Mapping[str, str], renames: Renames) -> Mapping[str, str]:
    """What changes in the definition of a part; a foreign key names another table and its columns too."""
    if kind != "foreign":
        return words
    theirs: Iterable[Mapping[str, str]] = renames.columns.values()
    return {key: value for columns in theirs for key, value in columns.items()} | dict(tables) | dict(words)
