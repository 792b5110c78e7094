"""SQLite's part of the exact comparison: the texts that it stores, of real tables and of scratch tables in memory."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from limbeck import sqla
from limbeck.ddl.scratch_normalizer import UNKNOWN, ScratchNormalizer
from limbeck.ddl.shape import PART, ColumnShape, PartShape, TableShape
from limbeck.ddl.sql_text import words_of

from .create_table import StoredTable, UnreadableTable, unquoted
from .reflection import correct_computed, correct_constraints
from .virtual_tables import virtual_and_shadow_tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy.engine import Connection

    from limbeck.ddl.impl import DefaultImpl
    from limbeck.ddl.shape import TableName

    from .create_table import Part, StoredColumn

_WORD = re.compile(
    r"""\s+|--[^\n]*(?:\n|$)|/\*.*?\*/|(?P<string>'(?:[^']|'')*')|(?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])"""
    r"""|(?P<name>[^\W\d][\w$]*)|(?P<other>[\d.]+(?:[eE][+-]?\d+)?|<>|[<>=!|]=|\|\||.)""",
    re.DOTALL,
)
_STORED = "SELECT type, name, tbl_name, sql FROM {catalogue} WHERE type IN ('table', 'index') AND sql IS NOT NULL"


class StoredTables(Mapping["TableName", TableShape]):
    """Tables by the texts that SQLite stores; each text is parsed when its table is asked for.

    A table whose text cannot be parsed, such as a virtual one, is not among them.
    """

    def __init__(self) -> None:
        self._texts: dict[TableName, list[tuple[str, str, str]]] = {}
        self._shapes: dict[TableName, TableShape | None] = {}

    def add(self, schema: str | None, rows: Iterable[Any]) -> None:
        """Add rows of a schema's `sqlite_master`: kind, name, table, text."""
        for type_, name, table, sql in rows:
            self._texts.setdefault((schema, table), []).append((type_, name, sql))

    def texts(self, name: TableName) -> set[str]:
        """The texts of a table and its indexes."""
        return {sql.strip() for _, _, sql in self._texts.get(name, ())}

    def text(self, name: TableName) -> str:
        """The text of a table; nothing where there is none."""
        return next((sql for type_, _, sql in self._texts.get(name, ()) if type_ == "table"), "")

    def __getitem__(self, name: TableName) -> TableShape:
        """The shape of a table; raises KeyError where there is none."""
        if name not in self._shapes:
            self._shapes[name] = _shape(self._texts[name])
        shape = self._shapes[name]
        if shape is None:
            raise KeyError(name)
        return shape

    def __iter__(self) -> Iterator[TableName]:
        """The tables whose texts can be parsed."""
        return (name for name in self._texts if name in self)

    def __len__(self) -> int:
        """How many they are."""
        return sum(1 for _ in self)


class SQLiteNormalizer(ScratchNormalizer):
    """Reads `sqlite_master`; scratch tables are created in a database in memory."""

    ignored_warnings = (
        *ScratchNormalizer.ignored_warnings,
        "Skipped unsupported reflection of expression-based index",
        "WARNING: SQL-parsed foreign key constraint",
    )

    def __init__(self, impl: DefaultImpl) -> None:
        super().__init__(impl)
        self._database = StoredTables()

    # -- the database ----------------------------------------------------------------------------------------------

    def read(self, names: Sequence[TableName]) -> StoredTables:
        """The shapes of tables of the database; a table that is no longer there is left out."""
        connection = self._impl.require_connection("An exact comparison")
        for schema in dict.fromkeys(schema for schema, _ in names):
            self._database.add(schema, _read(connection, schema))
        return self._database

    def read_scratch(self, names: Sequence[str]) -> dict[str, TableShape]:
        """The shapes of scratch tables."""
        created = StoredTables()
        created.add(None, self._memory.exec_driver_sql(_STORED.format(catalogue="sqlite_master") + " ORDER BY rowid"))
        return {name: created[None, name] for name in names}

    def is_stored_verbatim(self, name: TableName, table: sa.Table) -> bool:
        """Whether the texts of table and indexes are those that SQLAlchemy writes."""
        statements: list[Any] = [CreateTable(table), *map(CreateIndex, table.indexes)]
        return {str(each.compile(dialect=self._dialect)).strip() for each in statements} == self._database.texts(name)

    def unmanaged_tables(self, schema: str | None) -> set[str]:
        """Virtual tables, which are objects, and their shadow tables."""
        return virtual_and_shadow_tables(self._impl.require_connection("An exact comparison"), schema)

    # -- scratch tables --------------------------------------------------------------------------------------------

    @contextmanager
    def scratch(self, columns: Iterable[sa.Column[Any]]) -> Iterator[None]:
        """A database in memory."""
        engine = sa.create_engine("sqlite://")
        try:
            with engine.connect() as connection:
                self._memory = connection
                yield
        finally:
            engine.dispose()

    def attempt(self) -> AbstractContextManager[Any]:
        """No block is needed: a statement that fails leaves the session as it is."""
        return nullcontext()

    def create(self, table: sa.Table) -> None:
        """Create a scratch table with its indexes, in place of the one before."""
        for (name,) in self._memory.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").all():
            if name != "sqlite_sequence":
                self._memory.exec_driver_sql(f"DROP TABLE {self._dialect.identifier_preparer.quote_identifier(name)}")
        self._memory.execute(CreateTable(table))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            self._memory.execute(CreateIndex(index))

    def create_columns(self, name: str, columns: Sequence[str]) -> None:
        """Not needed: each table is created as a whole."""
        raise NotImplementedError

    def column_sql(self, column: sa.Column[Any]) -> None:
        """None: each table is created as a whole, so that SQLite stores the text of it."""

    def expected_definition(self, item: Any) -> str:
        """Unknown: each table is created as a whole."""
        return UNKNOWN

    def scratch_prefixes(self) -> list[str]:
        """No prefix: the whole database is temporary."""
        return []

    def options(self, table: sa.Table, created: TableShape | None) -> dict[str, str]:
        """The options of a table of the models, as its scratch table has them."""
        return {} if created is None else dict(created.options)

    # -- what reflection leaves out --------------------------------------------------------------------------------

    def complete(self, table: sa.Table, shape: TableShape) -> None:
        """Collations, names of foreign keys, unnamed checks, indexes with expressions, and options such as STRICT."""
        text = self._database.text((table.schema, table.name))
        correct_constraints(table, text)
        correct_computed(table, text)
        for name, column in shape.columns.items():
            words, _, collation = column.type_.partition(" collate ")
            if self._words(type_ := table.c[name].type) != words:
                type_ = table.c[name].type = self._type_of(words) or type_
            if collation and isinstance(type_, sa.String):
                type_.collation = collation.upper()
        for constraint in [item for item in table.constraints if isinstance(item, _REPLACED)]:
            table.constraints.discard(constraint)
        table.indexes.clear()
        for part in shape.parts:
            self._append(table, part)
        for name, value in self.option_values(shape.options).items():
            table.dialect_kwargs[name] = value

    def _type_of(self, words: str) -> sqla.AnyType | None:
        """The type that is written like that, such as VARBINARY, which SQLAlchemy reflects as NUMERIC; else None."""
        name, _, arguments = words.rstrip(")").partition("(")
        class_ = getattr(sa, name.strip().upper().replace(" ", "_"), None)
        numbers = [int(number) for number in re.findall(r"\d+", arguments)]
        if not isinstance(class_, type) or not issubclass(class_, sa.types.TypeEngine) or len(numbers) > 1:
            return None
        type_ = class_(*numbers)
        return type_ if self._words(type_) == words else None

    def _words(self, type_: sqla.AnyType) -> str:
        return str(self._dialect.type_compiler_instance.process(type_)).lower()

    def _append(self, table: sa.Table, part: PartShape) -> None:
        name = None if part.name is None else sqla.conv(part.name)
        item: Any = None
        if part.kind == "unique":
            resolution = re.search(r"\) on conflict (\w+)$", part.definition)
            options: dict[str, Any] = {"sqlite_on_conflict": resolution[1].upper()} if resolution else {}
            item = sa.UniqueConstraint(*[table.c[column] for column in part.columns], name=name, **options)
        elif part.kind == "check":
            item = sa.CheckConstraint(sqla.as_written(part.source), name=name)
        elif part.kind == "index":
            found = _INDEX.match(part.source)
            if found is not None:
                keys, rest = _keys(found[2])
                where = re.match(r"\s*WHERE\s+(.*)$", rest, re.DOTALL | re.IGNORECASE)
                filtered = {"sqlite_where": sqla.as_written(where[1])} if where else {}
                expressions = [table.c[unquoted(key)] if unquoted(key) in table.c else sa.text(key) for key in keys]
                sqla.index_of(table, name, expressions, unique=bool(found[1]), **filtered)
        if item is not None:
            item.info[PART] = part
            table.append_constraint(item)

    def option_values(self, options: Mapping[str, str]) -> dict[str, Any]:
        """Options of a shape as `sqlalchemy.Table` takes them."""
        values = {"autoincrement": True, "strict": True, "with_rowid": False}
        return {f"sqlite_{name}": values[name] for name in options}


_REPLACED = (sa.UniqueConstraint, sa.CheckConstraint)
_INDEX = re.compile(r"^\s*CREATE\s+(UNIQUE\s+)?INDEX\b.*?\bON\b[^(]*(\(.*)$", re.DOTALL | re.IGNORECASE)


def _read(connection: Connection, schema: str | None) -> list[Any]:
    """What SQLite stores of tables and indexes: kind, name, table, text."""
    quote = connection.dialect.identifier_preparer.quote
    catalogue = f"{quote(schema)}.sqlite_master" if schema else "sqlite_master"
    return list(connection.exec_driver_sql(_STORED.format(catalogue=catalogue) + " ORDER BY rowid"))


def _shape(texts: Iterable[tuple[str, str, str]]) -> TableShape | None:
    """A table by the texts of it and its indexes; None where they cannot be parsed."""
    table: TableShape | None = None
    indexes = []
    for type_, name, sql in texts:
        if type_ == "index":
            indexes.append(_index(name, sql))
            continue
        try:
            table = _table(StoredTable.read(sql))
        except UnreadableTable:
            return None
    return table and TableShape(table.columns, (*table.parts, *indexes), table.options)


def _table(stored: StoredTable) -> TableShape:
    columns: dict[str, ColumnShape] = {}
    parts: list[PartShape] = []
    options = {}
    for column in stored.columns:
        columns[column.name] = _column(column)
        for part in column.parts:
            if part.kind == "PRIMARY" and "autoincrement" in words(part.text).split():
                options["autoincrement"] = "yes"
            parts += _part(part, (column.name,))
    for part in stored.constraints:
        parts += _part(part, ())
    tail = words(stored.tail).split()
    options |= {name: "yes" for word, name in (("strict", "strict"), ("rowid", "with_rowid")) if word in tail}
    return TableShape(columns, tuple(parts), options)


def _column(column: StoredColumn) -> ColumnShape:
    clauses = {part.kind: words(_unnamed(part)) for part in column.parts}
    collation = f" {clauses['COLLATE']}" if "COLLATE" in clauses else ""
    computed = None
    if "GENERATED" in clauses:
        text = clauses["GENERATED"].removeprefix("generated always ").removeprefix("as ")
        kind = "stored" if text.endswith(" stored") else "virtual"
        computed = f"{_bare(text.removesuffix(' stored').removesuffix(' virtual'))} {kind}"
    default = clauses.get("DEFAULT")
    return ColumnShape(
        type_=re.sub(r" ?([(),]) ?", r"\1", words(column.type_)) + collation,
        nullable=clauses.get("NULL", "") != "not null",
        default=None if default is None else _bare(default.removeprefix("default ")),
        computed=computed,
    )


def _part(part: Part, columns: tuple[str, ...]) -> list[PartShape]:
    """A constraint, of a column or of the table, in the form of a constraint of the table."""
    text = _unnamed(part)
    if part.kind == "CHECK":
        source = text[text.index("(") + 1 : text.rindex(")")].strip()
        return [PartShape("check", part.name, f"check {words(source)}", columns, source)]
    if part.kind not in ("PRIMARY", "UNIQUE"):
        return []
    if not columns:
        keys, rest = _keys(text[text.index("(") :])
        columns = tuple(unquoted(words_of(key)[0]) for key in keys)
    else:
        rest = re.sub(r"(?i)^\s*(?:PRIMARY\s+KEY|UNIQUE)|\bAUTOINCREMENT\b", "", text)
    kind = "primary" if part.kind == "PRIMARY" else "unique"
    return [PartShape(kind, part.name, f"{kind} ({', '.join(columns)}) {words(rest)}".rstrip(), columns)]


def _unnamed(part: Part) -> str:
    text = part.text.strip()
    if part.name is None:
        return text
    return re.sub(r'(?is)^CONSTRAINT\s+("(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|\S+)\s*', "", text)


def _index(name: str, sql: str) -> PartShape:
    found = _INDEX.match(sql)
    if found is None:
        return PartShape("index", name, words(sql), (), sql)
    keys, rest = _keys(found[2])
    columns = tuple(unquoted(key) for key in keys)
    shown = f"{'unique ' if found[1] else ''}({', '.join(words(key) for key in keys)}) {words(rest)}"
    return PartShape("index", name, shown.rstrip(), columns, sql)


def _keys(text: str) -> tuple[list[str], str]:
    """The items in the parentheses that ``text`` begins with, and what comes after the parentheses."""
    items: list[str] = []
    depth, start = 0, 1
    for token in _WORD.finditer(text):
        letter = token.group()
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return [*items, text[start : token.start()].strip()], text[token.end() :]
        if letter == "," and depth == 1:
            items.append(text[start : token.start()].strip())
            start = token.end()
    raise UnreadableTable(text)


def words(sql: str) -> str:
    """``sql`` in normal form: one space between words, names without quotes, everything but strings in lower case."""
    found = []
    for token in _WORD.finditer(sql):
        if token["string"]:
            found.append(token.group())
        elif token["quoted"]:
            found.append(unquoted(token.group()).lower())
        elif token["name"] or token["other"]:
            found.append(token.group().lower())
    return " ".join(found)


def _bare(expression: str) -> str:
    """An expression without parentheses around the whole of it."""
    text = expression.strip()
    while text.startswith("(") and _closes_last(text):
        text = text[1:-1].strip()
    return text


def _closes_last(text: str) -> bool:
    depth = 0
    for token in _WORD.finditer(text):
        depth += (token.group() == "(") - (token.group() == ")")
        if depth == 0:
            return token.end() == len(text)
    return False
