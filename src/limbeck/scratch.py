"""The models' side of an exact comparison: what a database makes of them, on scratch objects that vanish again.

Most columns of a schema are spelled alike, so each spelling is made once, in a scratch table of such columns; keys and
plain indexes leave no choice of words. A table whose shape then still differs from the real one, or cannot be told
without its own columns (expressions), is made as a whole.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import exc

from . import sqla
from .ddl.column_specs import ColumnSpecs
from .ddl.shape import ColumnShape, ModelPart, ModelShape, ModelSide, PartShape, alike

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from .ddl.column_specs import ColumnSpec
    from .ddl.impl import DefaultImpl
    from .ddl.shape import DomainShape, TableName, TableShape, TypeOfShape

SCRATCH = "limbeck_scratch"
"""What names of scratch objects begin with."""


class ScratchNormalizer:
    """The algorithm; a dialect says how to read, and where scratch tables live.

    :param impl: the impl, online.
    """

    kinds: ClassVar[dict[str, str]] = {
        "primary_key_constraint": "primary",
        "unique_constraint": "unique",
        "check_constraint": "check",
        "column_check_constraint": "check",
        "table_or_column_check_constraint": "check",
        "exclude_constraint": "exclude",
    }
    """The kind of a part by the ``__visit_name__`` of its constraint."""
    names_primary_keys = True
    """Whether a primary key has the name that it is given."""
    counts_under_key = False
    ignored_warnings: tuple[str, ...] = ("Cannot correctly sort tables",)
    counts_by_sequence = False
    columns_at_once = 100
    """How many columns a scratch table of spellings has; a row has its limits."""

    def __init__(self, impl: DefaultImpl) -> None:
        self._impl = impl
        self._dialect = impl.dialect
        self._names = count()
        self.failed: list[str] = []
        self.first_made: TableShape | None = None
        self.powerless: str | None = None

    # -- what a dialect says ---------------------------------------------------------------------------------------

    def scratch(self, columns: Iterable[sa.Column[Any]]) -> AbstractContextManager[None]:
        """A block in which scratch tables may be made; afterwards they are gone.

        :param columns: columns of the models, with whose types the scratch tables may be made.
        """
        raise NotImplementedError

    def attempt(self) -> AbstractContextManager[Any]:
        """A block in the former whose failure leaves the session usable."""
        raise NotImplementedError

    def create(self, table: sa.Table) -> None:
        """Create a scratch table with its indexes."""
        raise NotImplementedError

    def create_columns(self, name: str, columns: Sequence[str]) -> None:
        """Create the scratch table ``name`` of ``columns``, written out as SQL."""
        raise NotImplementedError

    def read_scratch(self, names: Sequence[str]) -> dict[str, TableShape]:
        """The shapes of scratch tables."""
        raise NotImplementedError

    def spelling(self, column: sa.Column[Any]) -> str | None:
        """The SQL of a column without its name; None where only its table tells what it means."""
        raise NotImplementedError

    def likely_part(self, item: Any) -> str:
        """The definition that the database probably gives to a constraint or an index, by its text."""
        raise NotImplementedError

    def options(self, table: sa.Table, made: TableShape | None) -> dict[str, str]:
        """The options of a table of the models.

        :param made: its scratch table, for what can be told by that alone.
        """
        raise NotImplementedError

    # -- what not every database has -------------------------------------------------------------------------------

    def unmanaged_tables(self, schema: str | None) -> set[str]:
        """Names of tables of the schema that are not compared."""
        return set()

    def enum_types(self, schema: str | None) -> dict[str, list[str]]:
        """None: an enum belongs to its column."""
        return {}

    def sequences(self, schema: str | None) -> dict[str, dict[str, Any]]:
        """None."""
        return {}

    def sequences_of_models(self, sequences: Sequence[sa.Sequence]) -> dict[str, dict[str, Any]]:
        """None."""
        return {}

    def usual_sequence(self) -> dict[str, Any]:
        """None."""
        return {}

    def domains(self, schema: str | None) -> dict[str, DomainShape]:
        """None."""
        return {}

    def domains_of_models(self, domains: Sequence[Any]) -> tuple[dict[str, DomainShape], list[str]]:
        """None."""
        return {}, []

    def identity(self, column: ColumnShape) -> sa.Identity | None:
        """None."""
        return None

    def own_sequence(self, schema: str | None, table: str, column: str) -> tuple[str, dict[str, Any]]:
        """Where columns count by sequences of their own."""
        raise NotImplementedError

    def chosen_sequence(self, table: Any, column: Any) -> tuple[str, dict[str, Any]]:
        """Where columns count by sequences of their own."""
        raise NotImplementedError

    def next_value(self, schema: str | None, sequence: str) -> Any:
        """Where columns count by sequences of their own."""
        raise NotImplementedError

    def key_name(self, table: str, columns: Sequence[str], taken: set[str]) -> str | None:
        """None: a foreign key without a name has none."""
        return None

    def rendered_types(
        self, old: TypeOfShape, new: TypeOfShape, tables: tuple[TableShape, ModelShape]
    ) -> tuple[Any, Any]:
        """The types as they are: a column's is its own."""
        return old[0], new[0]

    def option_values(self, options: Mapping[str, str]) -> dict[str, Any]:
        """Options of a shape, but for the comment, as ``op.alter_table_options`` takes them."""
        return {f"{self._dialect.name}_{name}": value for name, value in options.items() if name != "comment"}

    # -- the algorithm ---------------------------------------------------------------------------------------------

    def of_models(self, tables: Mapping[TableName, sa.Table], there: Mapping[TableName, TableShape]) -> ModelSide:
        """The models' side of tables that are in the database."""
        alike_ = {name for name, table in tables.items() if self.is_written_alike(name, table)}
        others = {name: table for name, table in tables.items() if name not in alike_ and name in there}
        spellings = ColumnSpecs(others, self.spelling)
        shapes: dict[TableName, ModelShape] = {}
        with self.scratch(spelling.example for spelling in spellings.distinct) if others else nullcontext():
            self._make(spellings)
            for name, table in others.items():
                if self.powerless is not None:
                    shapes[name] = self._by_text(table, there[name])
                    continue
                likely = self._likely(table, spellings.of(name))
                if likely is not None and alike(there[name], likely):
                    alike_.add(name)
                    shapes[name] = likely
                else:
                    shapes[name] = self._made(table, there[name])
        failed = self.failed if self.powerless is None else [f"every table ({self.powerless})"]
        return ModelSide(shapes, frozenset(alike_), failed)

    def _make(self, spellings: ColumnSpecs) -> None:
        """Let the database say what it makes of each spelling of a column."""
        by_sql: dict[str, list[ColumnSpec]] = {}
        for spelling in spellings.distinct:
            if spelling.sql is not None:
                by_sql.setdefault(spelling.sql, []).append(spelling)
        found: dict[str, ColumnShape] = {}
        listed = list(by_sql)
        for start in range(0, len(listed), self.columns_at_once):
            self._make_columns(listed[start : start + self.columns_at_once], found)
        for sql, alike_ in by_sql.items():
            for spelling in alike_:
                column = spelling.example
                # what the database refuses it cannot have: it differs from whatever is there
                shape = found.get(sql) or ColumnShape(f"? {sql}", bool(column.nullable), f"? {sql}")
                spelling.shape = self.adapted(column, shape)._replace(comment=self._comment(column))

    def _make_columns(self, listed: Sequence[str], found: dict[str, ColumnShape]) -> None:
        """Make a table of columns; where that fails halves of it, until the one at fault is found."""
        name = f"{SCRATCH}_{next(self._names)}"
        columns = {f"c{number}": sql for number, sql in enumerate(listed)}
        try:
            with self.attempt():
                self.create_columns(name, [f"{column} {sql}" for column, sql in columns.items()])
                shape = self.read_scratch([name])[name]
            self.first_made = self.first_made or shape
        except exc.DBAPIError as error:
            if self.first_made is None and not self._can_create():
                self.powerless = str(error.orig).splitlines()[0]
                return
            if len(listed) > 1:
                half = len(listed) // 2
                self._make_columns(listed[:half], found)
                self._make_columns(listed[half:], found)
            return
        for column, sql in columns.items():
            found[sql] = shape.columns[column]

    def _can_create(self) -> bool:
        """Whether a scratch table can be made at all."""
        name = f"{SCRATCH}_{next(self._names)}"
        try:
            with self.attempt():
                self.create_columns(name, ["c0 INTEGER"])
        except exc.DBAPIError:
            return False
        return True

    def _likely(self, table: sa.Table, columns: Iterable[tuple[sa.Column[Any], ColumnSpec]]) -> ModelShape | None:
        """The shape by spellings and texts; None where a column has none of its own."""
        shapes: dict[str, ColumnShape] = {}
        for column, spelling in columns:
            if spelling.shape is None:
                return None
            shapes[column.name] = spelling.shape
        parts = [
            ModelPart(item, PartShape(kind, name, self.likely_part(item), part_columns(item)))
            for item, kind, name in self.parts_of(table)
        ]
        return self._with_implied(table, ModelShape(shapes, tuple(parts), self.options(table, None)))

    def _by_text(self, table: sa.Table, there: TableShape) -> ModelShape:
        """What can be told of a table without a scratch copy; types and defaults are left to the classic comparison.

        :param there: the real table, whose columns stand in.
        """
        columns = {
            column.name: there.columns.get(column.name, ColumnShape("?"))._replace(
                nullable=bool(column.nullable), comment=self._comment(column)
            )
            for column in _columns(table)
        }
        parts = tuple(self._told_by_text(table, there))
        return self._with_implied(table, ModelShape(columns, parts, there.options, by_text=True))

    def _told_by_text(self, table: sa.Table, there: TableShape) -> Iterator[ModelPart]:
        """The parts of a model; what has more than one spelling counts as the one that is there in its place."""
        listed = list(self.parts_of(table))
        names = {(kind, name) for _, kind, name in listed}
        by_name = {(part.kind, part.name): part for part in there.parts}
        nameless = [part for part in there.parts if part.kind == "check" and (part.kind, part.name) not in names]
        for item, kind, name in listed:
            present = by_name.get((kind, name)) if name is not None else None
            if name is None and kind == "check" and nameless:
                present = nameless.pop(0)
            likely = self.likely_part(item)
            spelled = kind == "check" or likely == "?"
            definition = present.definition if present is not None and spelled else likely
            yield ModelPart(item, PartShape(kind, name, definition, part_columns(item)))

    def _with_implied(self, table: sa.Table, shape: ModelShape) -> ModelShape:
        return replace(shape, parts=(*shape.parts, *self.implied(table, shape)))

    def adapted(self, column: sa.Column[Any], shape: ColumnShape) -> ColumnShape:
        """The shape of a spelling with what the column has by its place in the table."""
        return shape

    def is_written_alike(self, name: TableName, table: sa.Table) -> bool:
        """Whether the database keeps the very text with which ``table`` would be made."""
        return False

    def implied(self, table: sa.Table, shape: ModelShape) -> list[ModelPart]:
        """The parts that the database adds to a table of the models by itself."""
        return []

    def scratch_prefixes(self) -> list[str]:
        """The words between CREATE and TABLE of a scratch copy."""
        return ["TEMPORARY"]

    def scratch_name(self, table: sa.Table) -> str:
        """The name of the scratch copy of a table."""
        return table.name

    def _made(self, table: sa.Table, there: TableShape) -> ModelShape:
        """The shape of a scratch copy; what its text tells where the database refuses that."""
        copy, parts = self._copy(table)
        try:
            with self.attempt():
                self.create(copy)
                made = self.read_scratch([copy.name])[copy.name]
        except exc.DBAPIError as error:
            self.failed.append(f"{table.fullname} ({str(error.orig).splitlines()[0]})")
            return self._by_text(table, there)
        comments = {column.name: self._comment(column) for column in table.c}
        columns = {name: shape._replace(comment=comments[name]) for name, shape in made.columns.items()}
        matched = [*_matched(parts, made.parts), *self._plain_parts(table)]
        return self._with_implied(table, ModelShape(columns, tuple(matched), self.options(table, made)))

    def _plain_parts(self, table: sa.Table) -> Iterator[ModelPart]:
        """The parts that a scratch copy lacks."""
        for item, kind, name in self.parts_of(table):
            if self.is_plain(item):
                yield ModelPart(item, PartShape(kind, name, self.likely_part(item), part_columns(item)))

    def is_plain(self, item: Any) -> bool:
        """Whether a part leaves no choice of words, and scratch tables do not take it."""
        return False

    def _copy(self, table: sa.Table) -> tuple[sa.Table, list[tuple[Any, str, str | None]]]:
        """A copy without foreign keys, and its parts: object of the model, kind, name."""
        copied = sa.Table(
            self.scratch_name(table), sa.MetaData(), prefixes=self.scratch_prefixes(), **self.table_kw(table)
        )
        for column in table.c:
            twin = sqla.copy_column(column)
            twin.unique = twin.index = None
            twin.constraints.clear()
            twin.foreign_keys.clear()
            copied.append_column(twin)
        for item in [item for item in copied.constraints if sqla.is_type_bound(item)]:
            copied.constraints.discard(item)  # it comes again, among the parts of the model
        parts = [part for part in self.parts_of(table) if not self.is_plain(part[0])]
        for item, _kind, name in parts:
            self._copy_part(item, copied, None if name is None else sqla.conv(name))
        return copied, parts

    def _copy_part(self, item: Any, copied: sa.Table, name: Any) -> None:
        if isinstance(item, sa.Index):
            keys = [sqla.copy_expression(key, item.table, copied) for key in item.expressions]
            options = {key: value for key, value in item.dialect_kwargs.items() if "concurrently" not in key}
            sqla.index_of(copied, name, keys, unique=item.unique, **options)
            return
        if isinstance(item, sa.PrimaryKeyConstraint):
            names = [column.name for column in item.columns]
            deferral: Any = {"deferrable": item.deferrable, "initially": item.initially}
            twin: Any = sa.PrimaryKeyConstraint(*names, name=name, **deferral, **item.dialect_kwargs)
        elif sqla.column_of_check(item) is not None:
            twin = sa.CheckConstraint(item.sqltext, **item.dialect_kwargs)
        else:
            twin = sqla.copy_constraint(item, copied)
        twin.name = name
        sqla.make_unconditional(twin)
        copied.append_constraint(twin)

    def table_kw(self, table: sa.Table) -> dict[str, Any]:
        """Keywords of the scratch copy of ``table``."""
        return dict(table.dialect_kwargs)

    def _comment(self, column: sa.Column[Any]) -> str | None:
        return (column.comment or None) if self._dialect.supports_comments else None

    def parts_of(self, table: sa.Table) -> Iterator[tuple[Any, str, str | None]]:
        """Constraints but foreign keys, and indexes of a model: the object, its kind, its final name."""
        on_columns = [check for column in table.c for check in column.constraints]
        for each in sqla.in_order({*table.constraints, *on_columns}):
            item: Any = each
            kind = self.kinds.get(item.__visit_name__)
            if kind is None or not sqla.wanted_by(item, self._impl) or (kind == "primary" and not item.columns):
                continue
            named = kind != "primary" or self.names_primary_keys
            yield item, kind, sqla.constraint_name(item, self._dialect) if named else None
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            yield index, "index", sqla.constraint_name(index, self._dialect)


def _matched(parts: list[tuple[Any, str, str | None]], made: Sequence[PartShape]) -> Iterator[ModelPart]:
    """The parts of a model, each with what the database made of it: by name, nameless ones in their order.

    A unique constraint that says the same as another is not made at all.
    """
    by_name = {(part.kind, part.name): part for part in made}
    named = {(kind, name) for _, kind, name in parts if name is not None}
    nameless: dict[str, list[PartShape]] = {}
    for part in made:
        if (part.kind, part.name) not in named:
            nameless.setdefault(part.kind, []).append(part)
    for item, kind, name in parts:
        if name is not None and (kind, name) in by_name:
            yield ModelPart(item, by_name[(kind, name)])
            continue
        # SQLAlchemy writes a key that counts without its name where SQLite wants AUTOINCREMENT in the column
        alike_ = [part for part in nameless.get(kind, ()) if kind != "unique" or part.columns == part_columns(item)]
        if alike_ and (name is None or kind == "primary"):
            part = alike_[0]
            nameless[kind].remove(part)
            yield ModelPart(item, part._replace(name=None), chosen=part.name)


def _columns(table: sa.Table) -> list[sa.Column[Any]]:
    return [column for column in table.c if not column.system]


def part_columns(item: Any) -> tuple[str, ...]:
    """The columns that a constraint or index of the models mentions by objects."""
    if (column := sqla.column_of_check(item)) is not None:
        return (column.name,)
    return tuple(column.name for column in item.columns)
