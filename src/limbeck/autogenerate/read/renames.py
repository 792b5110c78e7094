"""Renamed tables and columns, as values: those that are settled, and those that a person has to decide on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from limbeck.errors import USAGE, CommandError

if TYPE_CHECKING:
    from .names import TableName


@dataclass
class Renames:
    """What is renamed.

    :param tables: new names of tables by their names in the database.
    :param columns: new names of columns by their old ones, by the new name of their table.
    """

    tables: dict[TableName, str] = field(default_factory=dict)
    columns: dict[TableName, dict[str, str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.tables or self.columns)

    def after(self, name: TableName) -> TableName:
        """The new name of a table of the database."""
        return name[0], self.tables.get(name, name[1])

    def before(self, name: TableName) -> TableName:
        """The name in the database of the table whose new name is ``name``."""
        return next((old for old in self.tables if self.after(old) == name), name)

    def columns_of(self, name: TableName) -> dict[str, str]:
        """New names of columns by their old ones; ``name`` is the new one of their table."""
        return self.columns.get(name, {})

    def column_before(self, name: TableName, column: str) -> str:
        """The name in the database of a column; ``name`` is the new name of its table, ``column`` its own."""
        return next((old for old, new in self.columns_of(name).items() if new == column), column)

    def concern(self, name: TableName) -> bool:
        """Whether the table whose new name is ``name`` is renamed, or a column of it."""
        return name in self.columns or any(self.after(old) == name for old in self.tables)

    def tables_in_order(self) -> list[TableName]:
        """The old names of renamed tables, each after that of a table which has its new name.

        Raises `CommandError` where tables exchange their names.
        """
        found: list[TableName] = []
        waiting = dict(self.tables)
        while waiting:
            free = [name for name in waiting if (name[0], waiting[name]) not in waiting]
            if not free:
                old, new = next(iter(waiting.items()))
                raise name_is_taken(old[1], new, "table")
            found += free
            for name in free:
                del waiting[name]
        return found


def name_is_taken(old: str, new: str, kind: str) -> CommandError:
    """The error for a renaming to the name of a table or column that the database has."""
    return CommandError(
        f"{old} cannot be renamed to {new}: the database has a {kind} of that name",
        code="rename-taken",
        hint="rename or drop that one first, in a revision of its own",
        exit_code=USAGE,
    )


@dataclass(frozen=True)
class OpenRename:
    """A drop and an addition that may be one renaming, which was neither confirmed nor denied.

    :param old: the name in the database. :param new: the name in the models.
    :param table: the table of two columns; None where ``old`` and ``new`` are tables.
    :param schema: their schema; None: the default one.
    """

    old: str
    new: str
    table: TableName | None
    schema: str | None

    @property
    def answer(self) -> str:
        """The value of ``--rename`` that confirms it."""
        path = [part for part in (self.schema, self.table and self.table[1], self.old) if part]
        return f"{'.'.join(path)}:{self.new}"

    @property
    def question(self) -> str:
        """The question that is asked at a terminal."""
        what = f"column {self.table[1]}.{self.old}" if self.table else f"table {self.old}"
        return f"Was {what} renamed to {self.new}?"

    @property
    def fact(self) -> str:
        """What was found, as a sentence."""
        where = f" of {self.table[1]!r}" if self.table else ""
        kind = "column" if self.table else "table"
        return f"{kind} {self.old!r}{where} is dropped and {self.new!r} added: they may be one that was renamed"

    @property
    def hint(self) -> str:
        """How to confirm it."""
        return f'if so, say --rename {self.answer}, or info={{"renamed_from": "{self.old}"}} in the model'
