"""The model side of an exact comparison: what a database makes of the models, in scratch tables that are dropped again.

Most columns of a schema have the same few specifications. So each specification is created once, as a column of one
scratch table, and the definitions of keys and plain indexes follow from the models. A table is created as a whole only
where its shape then still differs from that of the real one, or cannot be known without its own columns (expressions).
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import exc

from limbeck import sqla

from .column_specs import ColumnSpecs
from .shape import ColumnShape, ModelPart, ModelShape, ModelSide, PartShape, is_unchanged, part_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from .column_specs import ColumnSpec
    from .impl import DefaultImpl
    from .shape import Dependent, DomainShape, TableName, TableShape, TypeOfShape

SCRATCH = "limbeck_scratch"
"""What names of scratch objects begin with."""

UNKNOWN = "?"
"""The definition of a constraint or an index that only the database can tell."""


class ScratchNormalizer:
    """The algorithm; a dialect says how to read tables, and where scratch tables are created.

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
    columns_per_table = 100
    """How many columns a scratch table of column specifications has at most; databases limit the size of a row."""
    autoincrement_needs_key = False
    autoincrements_by_sequence = False
    ignored_warnings: tuple[str, ...] = ("Cannot correctly sort tables",)

    def __init__(self, impl: DefaultImpl) -> None:
        self._impl = impl
        self._dialect = impl.dialect
        self._names = count()
        #: tables that the database refused to create, each with its message
        self.failed: list[str] = []
        #: the first scratch table that was created, which has the database's default options
        self.first_created: TableShape | None = None
        #: why no scratch table can be created at all
        self.refusal: str | None = None

    # -- required of a dialect -------------------------------------------------------------------------------------

    def scratch(self, columns: Iterable[sa.Column[Any]]) -> AbstractContextManager[None]:
        """A block in which scratch tables can be created; afterwards they are gone.

        :param columns: columns of the models, with whose types the scratch tables may be created.
        """
        raise NotImplementedError

    def attempt(self) -> AbstractContextManager[Any]:
        """A block within `scratch` that leaves the session usable when a statement in it fails."""
        raise NotImplementedError

    def create(self, table: sa.Table) -> None:
        """Create a scratch table with its indexes."""
        raise NotImplementedError

    def create_columns(self, name: str, columns: Sequence[str]) -> None:
        """Create the scratch table ``name`` with ``columns``, each as SQL."""
        raise NotImplementedError

    def read_scratch(self, names: Sequence[str]) -> dict[str, TableShape]:
        """The shapes of scratch tables."""
        raise NotImplementedError

    def column_sql(self, column: sa.Column[Any]) -> str | None:
        """The specification of a column as SQL, without its name; None where it depends on the column's table."""
        raise NotImplementedError

    def expected_definition(self, item: Any) -> str:
        """The definition that the database most likely gives to a constraint or an index, or `UNKNOWN`."""
        raise NotImplementedError

    def options(self, table: sa.Table, created: TableShape | None) -> dict[str, str]:
        """The options of a table of the models.

        :param created: its scratch table, where there is one.
        """
        raise NotImplementedError

    # -- optional: what not every database has -----------------------------------------------------------------------

    def unmanaged_tables(self, schema: str | None) -> set[str]:
        """Names of tables of the schema that are not compared; by default none."""
        return set()

    def found_on_path(self, kind: str) -> dict[str, str]:
        """By default none: a name without a schema means the default schema."""
        return {}

    def enum_types(self, schema: str | None) -> dict[str, list[str]]:
        """By default none: an enum belongs to its column."""
        return {}

    def sequences(self, schema: str | None) -> dict[str, dict[str, Any]]:
        """By default none."""
        return {}

    def sequences_of_models(self, sequences: Sequence[sa.Sequence]) -> dict[str, dict[str, Any]]:
        """By default none."""
        return {}

    def default_sequence_options(self) -> dict[str, Any]:
        """By default none."""
        return {}

    def dependents(self, kind: str, schema: str | None, name: str) -> Sequence[Dependent]:
        """By default none."""
        return ()

    def domains(self, schema: str | None) -> dict[str, DomainShape]:
        """By default none."""
        return {}

    def domains_of_models(self, domains: Sequence[Any]) -> tuple[dict[str, DomainShape], list[str]]:
        """By default none."""
        return {}, []

    def identity(self, column: ColumnShape) -> sa.Identity | None:
        """By default none."""
        return None

    def owned_sequence(self, schema: str | None, table: str, column: str) -> tuple[str, dict[str, Any]]:
        """Required where `autoincrements_by_sequence`."""
        raise NotImplementedError

    def default_sequence(self, table: Any, column: Any) -> tuple[str, dict[str, Any]]:
        """Required where `autoincrements_by_sequence`."""
        raise NotImplementedError

    def next_value(self, schema: str | None, sequence: str) -> Any:
        """Required where `autoincrements_by_sequence`."""
        raise NotImplementedError

    def key_name(self, table: str, columns: Sequence[str], taken: set[str]) -> str | None:
        """By default None: a foreign key without a name has none."""
        return None

    def rendered_types(
        self, old: TypeOfShape, new: TypeOfShape, tables: tuple[TableShape, ModelShape]
    ) -> tuple[Any, Any]:
        """By default the types as they are: nothing about a type comes from its table."""
        return old[0], new[0]

    def option_values(self, options: Mapping[str, str]) -> dict[str, Any]:
        """By default the values of the shape, under the dialect's prefix; the comment is left out."""
        return {f"{self._dialect.name}_{name}": value for name, value in options.items() if name != "comment"}

    def in_table(self, column: sa.Column[Any], shape: ColumnShape) -> ColumnShape:
        """``shape``, that of a specification, with what ``column`` has by its table; by default nothing."""
        return shape

    def is_stored_verbatim(self, name: TableName, table: sa.Table) -> bool:
        """Whether the database stores the very text with which SQLAlchemy would create ``table``; by default no."""
        return False

    def implied(self, table: sa.Table, shape: ModelShape, database: TableShape) -> list[ModelPart]:
        """The parts that the database adds to a table of the models by itself; by default none.

        :param database: the shape of the real table.
        """
        return []

    def is_left_out(self, item: Any) -> bool:
        """Whether scratch tables refuse a part, the definition of which follows from the model; by default no."""
        return False

    def impossible_default(self, column: sqla.AnyColumn) -> str | None:
        """In words, a default that no scratch table can have, and no real one has; by default None."""
        return None

    def scratch_prefixes(self) -> list[str]:
        """The words between CREATE and TABLE of a scratch copy."""
        return ["TEMPORARY"]

    def scratch_name(self, table: sa.Table) -> str:
        """The name of the scratch copy of a table."""
        return table.name

    def table_kw(self, table: sa.Table) -> dict[str, Any]:
        """Keywords of the scratch copy of ``table``."""
        return dict(table.dialect_kwargs)

    # -- the algorithm ---------------------------------------------------------------------------------------------

    def of_models(self, tables: Mapping[TableName, sa.Table], database: Mapping[TableName, TableShape]) -> ModelSide:
        """The model side of tables that are in the database.

        :param database: the shapes of the real tables.
        """
        unchanged = {name for name, table in tables.items() if self.is_stored_verbatim(name, table)}
        others = {name: table for name, table in tables.items() if name not in unchanged and name in database}
        specs = ColumnSpecs(others, self.column_sql)
        shapes: dict[TableName, ModelShape] = {}
        with self.scratch(spec.example for spec in specs.distinct) if others else nullcontext():
            self._create_specs(specs)
            for name, table in others.items():
                if self.refusal is not None:
                    shapes[name] = self._by_text(table, database[name])
                    continue
                expected = self._expected(table, specs.of(name), database[name])
                if expected is not None and is_unchanged(database[name], expected):
                    unchanged.add(name)
                    shapes[name] = expected
                else:
                    shapes[name] = self._created(table, database[name])
        failed = self.failed if self.refusal is None else [f"every table ({self.refusal})"]
        return ModelSide(shapes, frozenset(unchanged), failed)

    def _create_specs(self, specs: ColumnSpecs) -> None:
        """Have the database say what it makes of each column specification."""
        by_sql: dict[str, list[ColumnSpec]] = {}
        for spec in specs.distinct:
            if spec.sql is not None:
                by_sql.setdefault(spec.sql, []).append(spec)
        found: dict[str, ColumnShape] = {}
        listed = list(by_sql)
        for start in range(0, len(listed), self.columns_per_table):
            self._create_columns(listed[start : start + self.columns_per_table], found)
        for sql, same_sql in by_sql.items():
            for spec in same_sql:
                column = spec.example
                # what the database refuses it cannot contain, so it differs from any real column
                shape = found.get(sql) or ColumnShape(f"? {sql}", bool(column.nullable), f"? {sql}")
                spec.shape = self.in_table(column, shape)._replace(comment=self._comment(column))

    def _create_columns(self, listed: Sequence[str], found: dict[str, ColumnShape]) -> None:
        """Create a table of columns; where that fails, each half of them, until the columns at fault are found."""
        name = f"{SCRATCH}_{next(self._names)}"
        columns = {f"c{number}": sql for number, sql in enumerate(listed)}
        try:
            with self.attempt():
                self.create_columns(name, [f"{column} {sql}" for column, sql in columns.items()])
                shape = self.read_scratch([name])[name]
            self.first_created = self.first_created or shape
        except exc.DBAPIError as error:
            if self.first_created is None and not self._can_create():
                self.refusal = str(error.orig).splitlines()[0]
                return
            if len(listed) > 1:
                half = len(listed) // 2
                self._create_columns(listed[:half], found)
                self._create_columns(listed[half:], found)
            return
        for column, sql in columns.items():
            found[sql] = shape.columns[column]

    def _can_create(self) -> bool:
        """Whether a scratch table can be created at all."""
        name = f"{SCRATCH}_{next(self._names)}"
        try:
            with self.attempt():
                self.create_columns(name, ["c0 INTEGER"])
        except exc.DBAPIError:
            return False
        return True

    def _expected(
        self, table: sa.Table, columns: Iterable[tuple[sa.Column[Any], ColumnSpec]], database: TableShape
    ) -> ModelShape | None:
        """The shape by specifications and expected definitions; None where one of its columns depends on the table."""
        shapes: dict[str, ColumnShape] = {}
        for column, spec in columns:
            if spec.shape is None:
                return None
            shapes[column.name] = spec.shape
        parts = [
            ModelPart(item, PartShape(kind, name, self.expected_definition(item), part_columns(item)))
            for item, kind, name in self.parts_of(table)
        ]
        return self._with_implied(table, ModelShape(shapes, tuple(parts), self.options(table, None)), database)

    def _created(self, table: sa.Table, database: TableShape) -> ModelShape:
        """The shape of a scratch copy; by the model's text where the database refuses to create it."""
        copy, parts = self._copy(table)
        try:
            with self.attempt():
                self.create(copy)
                created = self.read_scratch([copy.name])[copy.name]
        except exc.DBAPIError as error:
            self.failed.append(f"{table.fullname} ({str(error.orig).splitlines()[0]})")
            return self._by_text(table, database)
        comments = {column.name: self._comment(column) for column in table.c}
        columns = {name: shape._replace(comment=comments[name]) for name, shape in created.columns.items()}
        for column in _columns(table):
            if default := self.impossible_default(column):
                columns[column.name] = columns[column.name]._replace(default=default)
        matched = [*_matched(parts, created.parts), *self._left_out_parts(table)]
        return self._with_implied(table, ModelShape(columns, tuple(matched), self.options(table, created)), database)

    def _by_text(self, table: sa.Table, database: TableShape) -> ModelShape:
        """What a model itself says of a table; types and defaults are left to the classic comparison.

        :param database: the real table, whose columns stand in.
        """
        columns = {
            column.name: database.columns.get(column.name, ColumnShape("?"))._replace(
                nullable=bool(column.nullable), comment=self._comment(column)
            )
            for column in _columns(table)
        }
        parts = tuple(self._parts_by_text(table, database))
        return self._with_implied(table, ModelShape(columns, parts, database.options, by_text=True), database)

    def _parts_by_text(self, table: sa.Table, database: TableShape) -> Iterator[ModelPart]:
        """The parts of a model; one that can be written in several ways counts as equal to its counterpart."""
        listed = list(self.parts_of(table))
        names = {(kind, name) for _, kind, name in listed}
        by_name = {(part.kind, part.name): part for part in database.parts}
        nameless = [part for part in database.parts if part.kind == "check" and (part.kind, part.name) not in names]
        for item, kind, name in listed:
            present = by_name.get((kind, name)) if name is not None else None
            if name is None and kind == "check" and nameless:
                present = nameless.pop(0)
            expected = self.expected_definition(item)
            may_vary = kind == "check" or expected == UNKNOWN
            definition = present.definition if present is not None and may_vary else expected
            yield ModelPart(item, PartShape(kind, name, definition, part_columns(item)))

    def _with_implied(self, table: sa.Table, shape: ModelShape, database: TableShape) -> ModelShape:
        return replace(shape, parts=(*shape.parts, *self.implied(table, shape, database)))

    def _left_out_parts(self, table: sa.Table) -> Iterator[ModelPart]:
        for item, kind, name in self.parts_of(table):
            if self.is_left_out(item):
                yield ModelPart(item, PartShape(kind, name, self.expected_definition(item), part_columns(item)))

    def _copy(self, table: sa.Table) -> tuple[sa.Table, list[tuple[Any, str, str | None]]]:
        """A copy without foreign keys, and its parts: object of the model, kind, name."""
        copied = sa.Table(
            self.scratch_name(table), sa.MetaData(), prefixes=self.scratch_prefixes(), **self.table_kw(table)
        )
        for column in table.c:
            twin = sqla.copy_column(column)
            twin.unique = twin.index = None
            if self.impossible_default(column):
                sqla.set_server_default(twin, None)
            twin.constraints.clear()
            twin.foreign_keys.clear()
            copied.append_column(twin)
        for item in [item for item in copied.constraints if sqla.is_type_bound(item)]:
            copied.constraints.discard(item)  # it is among the parts of the model
        parts = [part for part in self.parts_of(table) if not self.is_left_out(part[0])]
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

    def _comment(self, column: sa.Column[Any]) -> str | None:
        return (column.comment or None) if self._dialect.supports_comments else None

    def parts_of(self, table: sa.Table) -> Iterator[tuple[Any, str, str | None]]:
        """Indexes, and constraints other than foreign keys, of a model: the object, its kind, its final name."""
        on_columns = [check for column in table.c for check in column.constraints]
        for each in sqla.in_order({*table.constraints, *on_columns}):
            item: Any = each
            kind = self.kinds.get(item.__visit_name__)
            if kind is None or not sqla.wanted_by(item, self._impl) or (kind == "primary" and not item.columns):
                continue
            if not self._impl.applies(item):
                continue
            named = kind != "primary" or self.names_primary_keys
            yield item, kind, sqla.constraint_name(item, self._dialect) if named else None
        for index in sorted(filter(self._impl.applies, table.indexes), key=lambda index: str(index.name)):
            yield index, "index", sqla.constraint_name(index, self._dialect)


def _matched(parts: list[tuple[Any, str, str | None]], created: Sequence[PartShape]) -> Iterator[ModelPart]:
    """The parts of a model, each with what the database made of it: by name, those without a name in their order.

    A unique constraint that repeats another one is not created at all.
    """
    by_name = {(part.kind, part.name): part for part in created}
    named = {(kind, name) for _, kind, name in parts if name is not None}
    nameless: dict[str, list[PartShape]] = {}
    for part in created:
        if (part.kind, part.name) not in named:
            nameless.setdefault(part.kind, []).append(part)
    for item, kind, name in parts:
        if name is not None and (kind, name) in by_name:
            yield ModelPart(item, by_name[(kind, name)])
            continue
        # SQLAlchemy writes an autoincrement key without its name where SQLite wants AUTOINCREMENT in the column
        same = [part for part in nameless.get(kind, ()) if kind != "unique" or part.columns == part_columns(item)]
        if same and (name is None or kind == "primary"):
            part = same[0]
            nameless[kind].remove(part)
            yield ModelPart(item, part._replace(name=None), default_name=part.name)


def _columns(table: sa.Table) -> list[sa.Column[Any]]:
    return [column for column in table.c if not column.system]
