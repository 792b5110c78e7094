"""Facts of the catalogue and shapes of tables, as they will be after renamings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from limbeck.ddl.schema_facts import SchemaFacts
    from limbeck.ddl.shape import PartShape, TableShape

    from .names import TableName
    from .renames import Renames

    Words = Mapping[str, str]  # new names by old ones

_QUOTED = re.compile(r"('(?:[^']|'')*')")


def renamed_facts(
    kind: str, facts: Mapping[TableName, Any], renames: Renames, impl: SchemaFacts
) -> dict[TableName, Any]:
    """Facts of one kind by table, as ``Inspector.get_multi_<kind>`` returns them, after ``renames``.

    :param impl: knows which names of constraints change with the names of their tables.
    """
    renamed: dict[TableName, Any] = {}
    for table, found in facts.items():
        name = renames.after(table)
        if isinstance(found, list):
            renamed[name] = [_renamed_fact(kind, fact, table, renames, impl) for fact in found]
        else:
            renamed[name] = _renamed_fact(kind, found, table, renames, impl) if found else found
    return renamed


def _renamed_fact(
    kind: str, fact: Mapping[str, Any], table: TableName, renames: Renames, impl: SchemaFacts
) -> dict[str, Any]:
    words = renames.columns_of(renames.after(table))
    renamed = {key: _with_new_names(key, value, words) for key, value in fact.items()}
    if kind == "columns":
        renamed["name"] = words.get(fact["name"], fact["name"])
    elif kind == "foreign_keys":
        target = renames.after((fact["referred_schema"], fact["referred_table"]))
        words_of_target = renames.columns_of(target)
        renamed["referred_table"] = target[1]
        renamed["referred_columns"] = [words_of_target.get(name, name) for name in fact["referred_columns"]]
        if fact["name"] is not None:
            renamed["name"] = impl.key_name_after_rename(fact["name"], table[1], renames.after(table)[1])
    return renamed


def _with_new_names(key: str, value: Any, words: Words) -> Any:
    """The value of a fact with columns renamed; by its ``key`` it is SQL, a list of columns, or contains such."""
    if not words or not value:
        return value
    if key in ("constrained_columns", "column_names", "column_sorting") or key.endswith("_include"):
        return _renamed_columns(value, words)
    if key in ("sqltext", "expressions") or key.endswith("_where"):
        return [in_words(text, words) for text in value] if isinstance(value, list) else in_words(value, words)
    if key in ("computed", "dialect_options"):
        return {name: _with_new_names(name, inner, words) for name, inner in value.items()}
    return value


def _renamed_columns(columns: Mapping[str, object] | Iterable[str], words: Words) -> object:
    """A list of columns, or what is said of columns by their names."""
    if isinstance(columns, Mapping):
        return {words.get(name, name): value for name, value in columns.items()}
    return [words.get(name, name) for name in columns]


def in_words(sql: str | None, words: Words) -> str | None:
    """``sql`` with names replaced where they stand as words, outside of quoted strings.

    :param words: new names by old ones.
    """
    if not sql or not words:
        return sql
    names = re.compile(r"(?<![\w$])(" + "|".join(map(re.escape, words)) + r")(?![\w$(])")
    parts = _QUOTED.split(sql)
    parts[::2] = [names.sub(lambda found: words[found[1]], part) for part in parts[::2]]
    return "".join(parts)


def renamed_shapes(read: Mapping[TableName, TableShape], renames: Renames) -> Mapping[TableName, TableShape]:
    """The shapes of tables of the database after ``renames``, by their new names."""
    if not renames:
        return read
    return {renames.after(name): _renamed_shape(renames.after(name), shape, renames) for name, shape in read.items()}


def _renamed_shape(name: TableName, shape: TableShape, renames: Renames) -> TableShape:
    words = renames.columns_of(name)
    columns = {
        words.get(column, column): facts._replace(computed=in_words(facts.computed, words))
        for column, facts in shape.columns.items()
    }
    parts = tuple(
        part._replace(
            definition=in_words(part.definition, _words_in_definition(part, words, renames)) or "",
            columns=tuple(words.get(column, column) for column in part.columns),
        )
        for part in shape.parts
    )
    return replace(shape, columns=columns, parts=parts)


def _words_in_definition(part: PartShape, words: Words, renames: Renames) -> Words:
    """What changes in the definition of a part; that of a foreign key has another table and its columns in it."""
    if part.kind != "foreign":
        return words
    tables = {old: new for (_, old), new in renames.tables.items()}
    columns: Iterable[Words] = renames.columns.values()
    return {old: new for those in columns for old, new in those.items()} | tables | dict(words)
