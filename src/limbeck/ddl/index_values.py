"""Indexes and unique constraints as plain values, in the same form for those of a model and those of a catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence


class UniqueValue(NamedTuple):
    """A unique constraint.

    :param name: its name, if it has one. :param columns: its columns, sorted.
    :param options: those options that the impl compares and that are set.
    """

    name: str | None
    columns: tuple[str, ...]
    options: frozenset[str] = frozenset()


class IndexValue(NamedTuple):
    """An index.

    :param name: its name. :param unique: whether it forbids equal keys.
    :param columns: its columns, in order; None where one of its keys is an expression.
    :param options: those options that the impl compares and that are set.
    """

    name: str | None
    unique: bool
    columns: tuple[str, ...] | None
    options: frozenset[str] = frozenset()


class KeyValues(NamedTuple):
    """The unique constraints and the indexes of a table, of the models or of the database."""

    uniques: Sequence[UniqueValue]
    indexes: Sequence[IndexValue]

    def is_unchanged(self, database: KeyValues) -> bool:
        """Whether the database has the same as these, which are the models'.

        A unique constraint without a name in the models equals one on the same columns with any name.
        """
        named = {item for item in self.uniques if item.name is not None}
        unnamed = {item.columns for item in self.uniques if item.name is None}
        return (
            self._are_distinct()
            and database._are_distinct()
            and all(item.columns is not None for item in self.indexes)
            and set(self.indexes) == set(database.indexes)
            and named <= set(database.uniques)
            and unnamed <= {item.columns for item in database.uniques}
            and all(item in named or item.name is None or item.columns in unnamed for item in database.uniques)
        )

    def _are_distinct(self) -> bool:
        names = [item.name for items in (self.uniques, self.indexes) for item in items if item.name is not None]
        return len(set(names)) == len(names)


class TableValue(NamedTuple):
    """What a dialect needs to know of a table to tell whether an index belongs to a constraint.

    :param columns: the names of the table's columns.
    :param foreign_keys: name and columns of its foreign keys.
    :param carriers: names of the indexes that implement a constraint by what the catalogue says.
    """

    columns: Collection[str]
    foreign_keys: Sequence[tuple[str | None, Collection[str]]]
    carriers: Collection[str | None] = ()


def index_value(index: sa.Index, name: str | None, compared: Iterable[str] = ()) -> IndexValue:
    """An index of a table.

    :param name: its final name. :param compared: the options that are compared, as ``postgresql_nulls_not_distinct``.
    """
    plain = all(isinstance(key, sa.Column) for key in index.expressions)
    columns = tuple(key.name for key in index.expressions) if plain else None  # type: ignore[union-attr]  # they are Columns
    return IndexValue(name, bool(index.unique), columns, _set(compared, index.dialect_kwargs))


def table_value(table: sa.Table) -> TableValue:
    """A table."""
    keys = [item for item in table.constraints if isinstance(item, sa.ForeignKeyConstraint)]
    return TableValue(
        {column.name for column in table.columns},
        [(None if key.name is None else str(key.name), key.column_keys) for key in keys],
        [index.name for index in table.indexes if index.info.get("duplicates_constraint")],
    )


def unique_value(unique: sa.UniqueConstraint, name: str | None, compared: Iterable[str] = ()) -> UniqueValue:
    """A unique constraint of a table; parameters as for `index_value`."""
    columns = tuple(sorted(column.name for column in unique.columns))
    return UniqueValue(name, columns, _set(compared, unique.dialect_kwargs))


def listed_index(listed: Mapping[str, Any], compared: Iterable[str] = ()) -> IndexValue:
    """An index as ``Inspector.get_indexes`` lists it."""
    plain = None not in listed["column_names"] and not listed.get("expressions") and not listed.get("column_sorting")
    columns = tuple(listed["column_names"]) if plain else None
    return IndexValue(
        listed["name"], bool(listed["unique"]), columns, _set(compared, listed.get("dialect_options", {}))
    )


def listed_unique(listed: Mapping[str, Any], compared: Iterable[str] = ()) -> UniqueValue:
    """A unique constraint as ``Inspector.get_unique_constraints`` lists it."""
    columns = tuple(sorted(listed["column_names"]))
    return UniqueValue(listed["name"], columns, _set(compared, listed.get("dialect_options", {})))


def _set(compared: Iterable[str], options: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(name for name in compared if options.get(name))
