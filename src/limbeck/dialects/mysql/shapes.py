"""MySQL's and MariaDB's part of the exact comparison: SHOW CREATE TABLE of real tables and of temporary ones.

Temporary tables do not commit a transaction and go with the session, after a crash too. They cannot have foreign keys,
which are compared by their parts.
"""

from __future__ import annotations

import re
from contextlib import contextmanager, nullcontext
from itertools import count
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.schema import CreateIndex, CreateTable

from limbeck import sqla
from limbeck.ddl.scratch_normalizer import SCRATCH, UNKNOWN, ScratchNormalizer
from limbeck.ddl.shape import PART, ColumnShape, ModelPart, PartShape, TableShape
from limbeck.errors import CommandError
from limbeck.types import SqlType

from .sequences import USUAL, completed, sequence_names, sequences
from .show_create import quoted, shown_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy.engine import Connection

    from limbeck.ddl.impl import DefaultImpl
    from limbeck.ddl.shape import ModelShape, TableName, TypeOfShape

_KEY = re.compile(r"^(?:(UNIQUE|FULLTEXT|SPATIAL) )?KEY ")
_REFUSED = re.compile(r"_(?:row_format|key_block_size|\w*partition\w*)$")
_COLLATION = re.compile(r" COLLATE (\w+)$")
_QUOTED = re.compile(r"""'(?:[^'\\]|''|\\.)*'|"((?:[^"]|"")*)\"""", re.DOTALL)
_PREFIX = re.compile(r"^`((?:[^`]|``)+)`(?:\((\d+)\))?( DESC)?$")


class MySQLNormalizer(ScratchNormalizer):
    """Reads SHOW CREATE TABLE.

    :param impl: the impl, online.
    :param reader: what is asked for real tables.
    """

    def __init__(self, impl: DefaultImpl, reader: Connection) -> None:
        super().__init__(impl)
        self._reader = reader

    columns_per_table = 15
    names_primary_keys = False
    autoincrement_needs_key = True
    kinds = ScratchNormalizer.kinds | {"unique_constraint": "index"}

    @property
    def _connection(self) -> Connection:
        return self._impl.require_connection("An exact comparison")

    # -- the database ----------------------------------------------------------------------------------------------

    def read(self, names: Sequence[TableName]) -> dict[TableName, TableShape]:
        """The shapes of tables of the database."""
        return {name: self._read(self._reader, *name) for name in names}

    def read_scratch(self, names: Sequence[str]) -> dict[str, TableShape]:
        """The shapes of scratch tables."""
        return {name: self._read(self._connection, None, name) for name in names}

    def _read(self, connection: Connection, schema: str | None, table: str) -> TableShape:
        place = ".".join(map(self._dialect.identifier_preparer.quote_identifier, filter(None, (schema, table))))
        row: Any = connection.exec_driver_sql(f"SHOW CREATE TABLE {place}").first()
        text = str(row[1]).strip()
        if self._dialect.identifier_preparer.initial_quote == '"':  # sql_mode has ANSI_QUOTES
            text = _QUOTED.sub(
                lambda found: found[0] if found[1] is None else quoted(found[1].replace('""', '"')), text
            )
        return shown_table(text)

    def sequences(self, schema: str | None) -> dict[str, dict[str, Any]]:
        """The sequences of a schema; MySQL has none."""
        return sequences(self._connection, schema) if self._dialect.supports_sequences else {}

    def sequences_of_models(self, sequences: Sequence[sa.Sequence]) -> dict[str, dict[str, Any]]:
        """The options that MariaDB gives to sequences of the models."""
        return {each.name: completed(each) for each in sequences} if self._dialect.supports_sequences else {}

    def default_sequence_options(self) -> dict[str, Any]:
        """The options of a sequence that is created without any."""
        return USUAL

    def rendered_types(
        self, old: TypeOfShape, new: TypeOfShape, tables: tuple[TableShape, ModelShape]
    ) -> tuple[Any, Any]:
        """The types with their collations where these, or those of the tables, differ.

        The tables' may change before or after the columns'.
        """
        found = [_COLLATION.search(shape.type_) for _, shape in (old, new)]
        collations = [match and match[1] for match in found]
        of_tables = {(shape.options.get("default_charset"), shape.options.get("collate")) for shape in tables}
        if len(of_tables) == 1 and (collations[0] == collations[1] or None in collations):
            return old[0], new[0]
        types = (self._collated(type_, collation) for (type_, _), collation in zip((old, new), collations, strict=True))
        return next(types), next(types)

    def _collated(self, type_: Any, collation: str | None) -> Any:
        if collation is None:
            return type_
        while isinstance(type_, sa.types.TypeDecorator):
            type_ = type_.load_dialect_impl(self._dialect)
        if getattr(type_, "collation", None) is not None or not isinstance(type_, sa.String):
            return type_
        if isinstance(type_, sa.Enum) and not isinstance(type_, mysql.ENUM):
            native = mysql.ENUM(*type_.enums, collation=collation)
            return native if type_.native_enum else mysql.VARCHAR(type_.length, collation=collation)
        return type_.adapt(type(type_), collation=collation)

    # -- scratch tables --------------------------------------------------------------------------------------------

    @contextmanager
    def scratch(self, columns: Iterable[sa.Column[Any]]) -> Iterator[None]:
        """Drops the temporary tables at the end."""
        self._made_tables: list[str] = []
        try:
            yield
        finally:
            for name in self._made_tables:
                self._connection.exec_driver_sql(f"DROP TEMPORARY TABLE IF EXISTS {name}")

    def attempt(self) -> AbstractContextManager[Any]:
        """No block is needed: a statement that fails leaves the session as it is."""
        return nullcontext()

    def scratch_name(self, table: sa.Table) -> str:
        """A name of its own: a temporary table would hide the real one."""
        return f"{SCRATCH}_{next(self._names)}"

    def create(self, table: sa.Table) -> None:
        """Create a scratch table with its indexes."""
        self._made_tables.append(table.name)
        self._connection.execute(CreateTable(table))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            self._connection.execute(CreateIndex(index))

    def create_columns(self, name: str, columns: Sequence[str]) -> None:
        """Create the scratch table ``name`` with ``columns``, each as SQL."""
        self._made_tables.append(name)
        self._connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {name} ({', '.join(columns)})")

    def column_sql(self, column: sa.Column[Any]) -> str | None:
        """The specification as SQL; None for a computed column, and where options of the table may change it."""
        if column.computed is not None or self._options(column.table) or self.impossible_default(column):
            return None
        return sqla.column_specification(self._dialect, column).replace(" AUTO_INCREMENT", "")

    def impossible_default(self, column: sqla.AnyColumn) -> str | None:
        """A default by a sequence that the database lacks: the server refuses it, and creating a sequence commits."""
        for each in sqla.sequences_of_default(column) if self._dialect.supports_sequences else []:
            if each.name not in sequence_names(self._connection, each.schema):
                return f"by the new sequence {each.name}"
        return None

    def _options(self, table: sa.Table) -> dict[str, Any]:
        found = {name: sqla.dialect_options(table, name) for name in (self._dialect.name, "mysql")}
        return found[self._dialect.name] or found["mysql"]

    def in_table(self, column: sa.Column[Any], shape: ColumnShape) -> ColumnShape:
        """With AUTO_INCREMENT, which depends on the table's key."""
        autoincrement = sqla.column_specification(self._dialect, column).endswith(" AUTO_INCREMENT")
        return shape._replace(autoincrement=autoincrement)

    def expected_definition(self, item: Any) -> str:
        """The definition that follows from the model."""
        if self.is_left_out(item):
            return self._search_index(item)
        if item.dialect_kwargs:
            return UNKNOWN
        if isinstance(item, sa.CheckConstraint):
            return f"CHECK ({self._impl.render_ddl_sql_expr(item.sqltext)})"
        if isinstance(item, sa.Index) and not all(isinstance(key, sa.Column) for key in item.expressions):
            return UNKNOWN
        keys = ", ".join(quoted(column.name) for column in item.columns)
        if isinstance(item, sa.PrimaryKeyConstraint):
            return f"PRIMARY KEY ({keys})"
        unique = isinstance(item, sa.UniqueConstraint) or item.unique
        return f"{'UNIQUE ' if unique else ''}KEY ({keys})"

    def is_left_out(self, item: Any) -> bool:
        """Whether it is a FULLTEXT or SPATIAL index, which InnoDB refuses to temporary tables."""
        options = sqla.dialect_options(item, self._dialect.name) if isinstance(item, sa.Index) else {}
        return str(options.get("prefix")).upper() in ("FULLTEXT", "SPATIAL")

    def _search_index(self, index: sa.Index) -> str:
        keys = ", ".join(quoted(column.name) for column in index.columns)
        parser = sqla.dialect_options(index, "mysql").get("with_parser")
        words = f" WITH PARSER {quoted(parser)}" if parser else ""
        return f"{sqla.dialect_options(index, self._dialect.name)['prefix'].upper()} KEY ({keys}){words}"

    def table_kw(self, table: sa.Table) -> dict[str, Any]:
        """Keywords of the scratch copy, without those that InnoDB refuses to temporary tables."""
        return {name: value for name, value in table.dialect_kwargs.items() if not _REFUSED.search(name)}

    def options(self, table: sa.Table, created: TableShape | None) -> dict[str, str]:
        """The options of a table of the models as its scratch table has them; without one, the database's own."""
        if created is None and self._options(table):
            return {UNKNOWN: UNKNOWN}
        options = dict((created or self.first_created or TableShape({})).options)
        options.pop("comment", None)
        said = sqla.dialect_options(table, self._dialect.name)
        options |= {name: str(said[name]).upper() for name in ("row_format", "key_block_size") if name in said}
        return options | ({"comment": table.comment} if table.comment else {})

    def implied(self, table: sa.Table, shape: ModelShape, database: TableShape) -> list[ModelPart]:
        """The indexes that the server creates for foreign keys without one."""
        leading = [part.shape.columns for part in shape.parts if part.shape.kind in ("primary", "index")]
        names = {part.shape.name or part.default_name for part in shape.parts}
        found = []
        for key in sqla.in_order(table.constraints):
            if not isinstance(key, sa.ForeignKeyConstraint):
                continue
            columns = tuple(column.name for column in key.columns)
            if any(other[: len(columns)] == columns for other in leading):
                continue
            given = sqla.constraint_name(key, self._dialect)
            numbered = (f"{columns[0]}_{number}" if number > 1 else columns[0] for number in count(1))
            keys = ", ".join(quoted(column) for column in columns)
            renamed = _index_of_named_key(table.name, key, f"KEY ({keys})", database)
            name = given or renamed or next(each for each in numbered if each not in names)
            names.add(name)
            leading.append(columns)
            found.append(ModelPart(None, PartShape("index", name, f"KEY ({keys})", columns)))
        return found

    # -- what reflection leaves out --------------------------------------------------------------------------------

    def complete(self, table: sa.Table, shape: TableShape) -> None:
        """Indexes key by key, defaults and comments that SQLAlchemy cannot read, the check that makes text JSON."""
        if unread := [name for name in shape.columns if name not in table.c]:
            raise CommandError(
                f"SQLAlchemy cannot read column {unread[0]!r} of table {table.fullname!r}",
                code="unreadable-column",
                hint="it reflects no quote in a name: rename the column, or leave the table out by include_name",
            )
        for name, column in shape.columns.items():
            if "json_valid" in (column.extra or ""):
                table.c[name].type = mysql.JSON()
            if isinstance(table.c[name].type, sa.types.NullType):
                table.c[name].type = _unreflected(column.type_)
            table.c[name].comment = column.comment
            words = [column.default or "", *re.findall(r"on update \S+", column.extra or "")]
            if any(words) and column.computed is None:
                default = sa.DefaultClause(sqla.as_written(" ".join(filter(None, words))))
                sqla.set_server_default(table.c[name], default)
        table.indexes.clear()
        for constraint in [item for item in table.constraints if isinstance(item, sa.UniqueConstraint)]:
            table.constraints.discard(constraint)
        for part in shape.parts:
            if part.kind == "index":
                self._index_of(table, part)
            elif part.kind == "check" and part.name is None:
                check = sa.CheckConstraint(sqla.as_written(part.source[1:-1]))
                check.info[PART] = part
                table.append_constraint(check)

    def _index_of(self, table: sa.Table, part: PartShape) -> sa.Index:
        found = _KEY.match(part.definition)
        kind = found[1] if found else None
        options: dict[str, Any] = {}
        prefix = self._dialect.name
        if kind in ("FULLTEXT", "SPATIAL"):
            options[f"{prefix}_prefix"] = kind
        keys: list[Any] = []
        lengths: dict[str, int] = {}
        inner, _, rest = part.definition[part.definition.index("(") + 1 :].rpartition(")")
        for key in re.split(r",(?=`)|, (?=`)", inner):
            plain = _PREFIX.match(key)
            if plain is None:
                keys.append(sa.text(key))
                continue
            name = plain[1].replace("``", "`")
            if plain[2]:
                lengths[name] = int(plain[2])
            keys.append(table.c[name].desc() if plain[3] else table.c[name])
        if lengths:
            options[f"{prefix}_length"] = lengths
        if using := re.search(r"USING (\w+)", rest):
            options[f"{prefix}_using"] = using[1].lower()  # SQLAlchemy quotes capital letters
        return sqla.index_of(table, sqla.conv(part.name or ""), keys, unique=kind == "UNIQUE", **options)


def _index_of_named_key(table: str, key: sa.ForeignKeyConstraint, definition: str, database: TableShape) -> str | None:
    """The index beneath ``key``, unnamed in the model, that has the name with which the key was created.

    That is a name of the server's making, or one that the models gave before.
    """
    number = re.compile(re.escape(table) + r"_ibfk_\d+")
    text = _text_of_key(key)
    found = (part.name for part in database.parts if part.kind == "index" and part.definition == definition)
    return next(
        (name for name in found if number.fullmatch(name or "") or database.key_texts.get(name or "") == text), None
    )


def _text_of_key(key: sa.ForeignKeyConstraint) -> str:
    """A foreign key without a name, as SHOW CREATE TABLE has it."""
    schema, target, remote = sqla.referred_columns(key)
    place = ".".join(map(quoted, filter(None, (schema, target))))
    local, referred = (", ".join(map(quoted, names)) for names in ([column.name for column in key.columns], remote))
    actions = (("DELETE", key.ondelete), ("UPDATE", key.onupdate))
    said = (f" ON {event} {action.upper()}" for event, action in actions if action and action.upper() != "RESTRICT")
    return f"FOREIGN KEY ({local}) REFERENCES {place} ({referred}){''.join(said)}"


def _unreflected(words: str) -> sqla.AnyType:
    """A type that SQLAlchemy does not reflect: that of its dialect with the name (``inet6``), or the text itself."""
    known: type[sqla.AnyType] | None = getattr(mysql, words.upper(), None) or getattr(sa, words.upper(), None)
    return SqlType(words) if known is None else known()
