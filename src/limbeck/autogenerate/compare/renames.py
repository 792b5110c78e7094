"""Tables and columns that have another name in the models: those that are declared, and those that are asked about.

They are declared by ``--rename old:new`` (``rename=`` of ``configure()``) or by ``info={"renamed_from": "old"}`` in the
models. They are compared as the database will be after the renaming.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column
from sqlalchemy.types import NullType

from limbeck import console
from limbeck.autogenerate.read.renames import OpenRename, Renames, name_is_taken
from limbeck.errors import USAGE, CommandError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sqlalchemy import Table

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.autogenerate.read.names import TableName
    from limbeck.sqla import AnyColumn


def settle_renames(
    autogen_context: AutogenContext, names: Collection[TableName], models: Mapping[TableName, Table]
) -> Renames:
    """Find what is renamed, and have the database read from now on as it will be afterwards.

    :param names: the tables of the database. :param models: the tables of the models by name.

    Raises `CommandError` for a declaration that fits nothing in the database or in the models.
    """
    search = _Search(autogen_context, names, models)
    search.take_declared()
    search.ask_about_tables()
    search.ask_about_columns()
    autogen_context.state.open_renames = search.open
    autogen_context.state.reflection.rename(search.renames)
    return search.renames


@dataclass(frozen=True)
class _Answer:
    """A value of ``--rename``.

    :param text: the value. :param column: None where a table is renamed.
    """

    text: str
    table: TableName
    column: str | None
    new: str


class _Search:
    """Looks for renamings in one database."""

    def __init__(
        self, autogen_context: AutogenContext, names: Collection[TableName], models: Mapping[TableName, Table]
    ) -> None:
        self.renames = Renames()
        self.open: list[OpenRename] = []
        self._context = autogen_context
        self._catalogue = autogen_context.state.reflection.catalogue
        self._names = names
        self._models = models

    # --- declared renamings ---------------------------------------------------------------------------------------

    def take_declared(self) -> None:
        """Take what ``--rename`` and the models declare: tables first, since columns go by their new names."""
        answers = [_parsed(text, self._names) for text in self._context.opts.get("rename") or ()]
        for answer in answers:
            if answer.column is None:
                self._take_table(answer)
        self._take_tables_of_models()
        for answer in answers:
            if answer.column is not None:
                self._take_column(answer, answer.column)
        self._take_columns_of_models()
        self._check_that_names_are_free()

    def _take_table(self, answer: _Answer) -> None:
        schema = answer.table[0]
        self._check(answer.table in self._names, answer, [name for _, name in self._names])
        self._check((schema, answer.new) in self._models, answer, [name for _, name in self._models])
        self.renames.tables[answer.table] = answer.new

    def _take_tables_of_models(self) -> None:
        for name, model in self._models.items():
            old = (name[0], _renamed_from(model) or name[1])
            if old in self._names and name not in self._names and old not in self.renames.tables:
                self.renames.tables[old] = name[1]

    def _take_column(self, answer: _Answer, column: str) -> None:
        table = self.renames.after(answer.table)  # the table may be given by its old name or by its new one
        self._check(table in self._models, answer, [name for _, name in self._models])
        self._check(column in self._columns(table), answer, list(self._columns(table)))
        columns_of_model = self._models[table].c
        self._check(answer.new in columns_of_model, answer, [each.name for each in columns_of_model])
        self.renames.columns.setdefault(table, {})[column] = answer.new

    def _take_columns_of_models(self) -> None:
        for name, model in self._models.items():
            declared = [(column.name, old) for column in model.c if (old := _renamed_from(column))]
            database = self._columns(name) if declared else {}
            for new, old in declared:
                if old in database and new not in database:
                    self.renames.columns.setdefault(name, {}).setdefault(old, new)

    def _columns(self, table: TableName) -> dict[str, Mapping[str, Any]]:
        """The columns in the database of the table whose new name is ``table``, as the catalogue lists them."""
        known = table[0] in self._catalogue.schemas
        listed = self._catalogue.of("columns", self.renames.before(table)) if known else None
        return {column["name"]: column for column in listed or ()}

    def _check(self, fits: bool, answer: _Answer, known: list[str]) -> None:
        if fits:
            return
        old, _, new = answer.text.partition(":")
        near = get_close_matches(old.rpartition(".")[2], known, n=1) or get_close_matches(new, known, n=1)
        raise CommandError(
            f"--rename {answer.text}: no such table or column, before a renaming in the database and after it in the "
            "models",
            code="rename-unknown",
            hint=(f"did you mean '{near[0]}'? " if near else "") + "say table:new or table.column:new",
            exit_code=USAGE,
        )

    def _check_that_names_are_free(self) -> None:
        for (schema, old), new in self.renames.tables.items():
            if (schema, new) in self._names and (schema, new) not in self.renames.tables:
                raise name_is_taken(old, new, "table")
        for table, columns in self.renames.columns.items():
            database = self._columns(table)
            for old, new in columns.items():
                if new in database:
                    raise name_is_taken(f"{table[1]}.{old}", new, "column")
        self.renames.tables_in_order()

    # --- questions ------------------------------------------------------------------------------------------------

    def ask_about_tables(self) -> None:
        """Ask about each table that is dropped where one with the same columns is added."""
        added = self._added_tables()
        for old in [name for name in self._names if name not in self._models and name not in self.renames.tables]:
            candidates = added.get(_outline(old, self._columns(old)), [])
            alike = [name for name in candidates if self._are_alike(old, name)]
            chosen = self._choose([OpenRename(old[1], new, None, old[0]) for _, new in alike])
            if chosen is None:
                continue
            candidates.remove((old[0], chosen.new))
            if chosen not in self.open:
                self.renames.tables[old] = chosen.new

    def _added_tables(self) -> dict[_Outline, list[TableName]]:
        """The tables of the models that the database lacks, by what those that it has must have in common with them."""
        present = {self.renames.after(name) for name in self._names}
        added: dict[_Outline, list[TableName]] = {}
        for name in [name for name in self._models if name not in present]:
            added.setdefault(_outline(name, (column.name for column in self._models[name].c)), []).append(name)
        return added

    def ask_about_columns(self) -> None:
        """Ask about each column that is dropped where one of the same type and nullability is added."""
        for table in [name for name in map(self.renames.after, self._names) if name in self._models]:
            self._ask_about_columns_of(table)

    def _ask_about_columns_of(self, table: TableName) -> None:
        database, settled = self._columns(table), self.renames.columns_of(table)
        added = self._added_columns(table)
        dropped = [name for name in database if name not in settled and name not in self._models[table].c]
        for old in dropped if added else ():
            alike = [name for name, column in added.items() if self._are_alike_columns(database[old], column)]
            chosen = self._choose([OpenRename(old, new, table, table[0]) for new in alike])
            if chosen is None:
                continue
            del added[chosen.new]
            if chosen not in self.open:
                self.renames.columns.setdefault(table, {})[old] = chosen.new

    def _added_columns(self, table: TableName) -> dict[str, AnyColumn]:
        """The columns of the model that the database lacks, by name."""
        settled = self.renames.columns_of(table)
        present = {settled.get(name, name) for name in self._columns(table)}
        columns = [column for column in self._models[table].c if not column.system]
        return {column.name: column for column in columns if column.name not in present}

    def _choose(self, candidates: list[OpenRename]) -> OpenRename | None:
        """The one of ``candidates`` that is confirmed at a terminal; without a terminal the first, which stays open."""
        if self._context.can_ask:
            return next((rename for rename in candidates if console.confirm(rename.question)), None)
        self.open += candidates[:1]
        return candidates[0] if candidates else None

    def _are_alike(self, old: TableName, new: TableName) -> bool:
        """Whether the columns of two tables, which have the same names, are the same."""
        database = self._columns(old)
        return all(self._are_alike_columns(database[column.name], column) for column in self._models[new].c)

    def _are_alike_columns(self, listed: Mapping[str, Any], column: AnyColumn) -> bool:
        """Whether two columns have the same type and nullability."""
        if isinstance(listed["type"], NullType) or isinstance(column.type, NullType):
            return False
        reflected = Column(listed["name"], listed["type"])
        impl = self._context.migration_context.impl
        return listed["nullable"] is column.nullable and not impl.compare_type(reflected, column)


_Outline = tuple[str | None, frozenset[str]]


def _outline(table: TableName, columns: Iterable[str]) -> _Outline:
    """What two tables must have in common to be compared at all: their schema and the names of their columns."""
    return table[0], frozenset(columns)


def _renamed_from(item: Table | AnyColumn) -> str | None:
    """``info["renamed_from"]`` of the model, read without making the dictionary, which most items lack."""
    found: str | None = vars(item).get("info", {}).get("renamed_from")
    return found


def _parsed(text: str, names: Collection[TableName]) -> _Answer:
    """``[schema.]table[.column]:new`` as a value; ``names`` tell a schema from a table."""
    old, colon, new = text.partition(":")
    path, new = old.split("."), new.rpartition(".")[2]
    if not colon or not new or not all(path):
        raise CommandError(
            f"--rename {text}: not of the form old:new",
            code="usage",
            hint="say table:new or table.column:new",
            exit_code=USAGE,
        )
    schema, rest = (path[0], path[1:]) if len(path) > 1 and (path[0], path[1]) in names else (None, path)
    if len(rest) > _TABLE_AND_COLUMN:
        schema, rest = ".".join(rest[:-2]), rest[-2:]
    return _Answer(text, (schema, rest[0]), rest[1] if len(rest) == _TABLE_AND_COLUMN else None, new)


_TABLE_AND_COLUMN = 2
