"""PostgreSQL's part of the exact comparison: `pg_catalog` of real tables and of scratch tables, which are temporary."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from copy import copy
from itertools import count
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.dialects.postgresql import ARRAY, DOMAIN, ENUM, ExcludeConstraint
from sqlalchemy.dialects.postgresql.named_types import NamedType
from sqlalchemy.schema import CreateIndex, CreateSequence, CreateTable
from sqlalchemy.types import NullType

from limbeck import sqla
from limbeck.ddl.scratch_normalizer import SCRATCH, UNKNOWN, ScratchNormalizer
from limbeck.ddl.shape import ColumnShape, Dependent, DomainShape, PartShape, TableShape
from limbeck.types import SqlType

from .definitions import IndexDefinition, condition, exclude_of, index_of, index_query, settled, with_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy.engine import Connection

    from limbeck.ddl.shape import TableName

_TABLES = """
SELECT c.oid, c.relname, c.relpersistence = 'u', array_to_string(c.reloptions, ', '), s.spcname,
    obj_description(c.oid, 'pg_class'), pg_get_partkeydef(c.oid), am.amname
FROM pg_catalog.pg_class c
LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace
LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam AND am.amname <> 'heap'
WHERE {is_there} AND c.relname = ANY (:names) AND c.relkind IN ('r', 'p')
"""

_COLUMNS = """
SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod) || repeat('[]', a.attndims - 1)
        || CASE WHEN a.attcollation <> t.typcollation THEN ' COLLATE ' || a.attcollation::regcollation ELSE '' END,
    a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attgenerated::text, a.attidentity::text, q.owned, q.options,
    col_description(a.attrelid, a.attnum)
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN (
    SELECT o.refobjid, o.refobjsubid, o.deptype = 'a' AS owned,
        concat_ws(' ', q.seqtypid::regtype, q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcache, q.seqcycle)
            AS options
    FROM pg_catalog.pg_depend o
    JOIN pg_catalog.pg_sequence q ON q.seqrelid = o.objid
    WHERE o.classid = 'pg_class'::regclass AND o.refclassid = 'pg_class'::regclass AND o.deptype IN ('a', 'i')
) q ON q.refobjid = a.attrelid AND q.refobjsubid = a.attnum
WHERE a.attrelid = ANY (:oids) AND a.attnum > 0 AND a.attislocal AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
"""

_CONSTRAINTS = """
SELECT k.conrelid, k.contype::text, k.conname, regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', ''),
    ARRAY(SELECT a.attname FROM unnest(k.conkey) WITH ORDINALITY n (attnum, place)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = n.attnum ORDER BY n.place),
    CASE WHEN k.condeferred THEN 'DEFERRED' WHEN k.condeferrable THEN 'IMMEDIATE' END
FROM pg_catalog.pg_constraint k
WHERE k.conrelid = ANY (:oids) AND k.conislocal AND k.contype IN ('p', 'u', 'c')
ORDER BY k.conrelid, k.oid
"""
"""Their definitions are taken as they are: nothing is looked for in them."""

_UNMANAGED = """
SELECT c.relname FROM pg_catalog.pg_class c
WHERE {is_there} AND c.relkind IN ('r', 'p', 'f') AND (c.relispartition OR c.oid IN (
    SELECT d.objid FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'e'))
"""  # with EXISTS the server estimates so much that it compiles the query, which takes longer than the query

_ON_PATH = {
    "c": "SELECT c.relname, n.nspname FROM pg_catalog.pg_class c "
    "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE {is_there} AND c.relkind IN ('r', 'p', 'f', 'S')",
    "t": "SELECT t.typname, n.nspname FROM pg_catalog.pg_type t "
    "JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE {is_there} AND t.typtype IN ('d', 'e')",
}

_ENUMS = """
SELECT t.typname, array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_enum e ON e.enumtypid = t.oid
WHERE {is_there} AND NOT EXISTS (
    SELECT 1 FROM pg_catalog.pg_depend d
    WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
GROUP BY t.typname ORDER BY t.typname
"""

_DOMAINS = """
SELECT t.typname, format_type(t.typbasetype, t.typtypmod)
        || CASE WHEN t.typcollation <> b.typcollation THEN ' COLLATE ' || t.typcollation::regcollation ELSE '' END,
    pg_get_expr(t.typdefaultbin, 0), t.typnotnull,
    ARRAY(SELECT ARRAY[k.conname::text, pg_get_expr(k.conbin, 0)] FROM pg_catalog.pg_constraint k
          WHERE k.contypid = t.oid AND k.contype = 'c' ORDER BY k.conname)
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
WHERE t.typtype = 'd' AND {is_there} AND NOT EXISTS (
    SELECT 1 FROM pg_catalog.pg_depend d
    WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
ORDER BY t.oid
"""

_SEQUENCES = """
SELECT c.relname, q.seqtypid::regtype::text, q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcache, q.seqcycle
FROM pg_catalog.pg_sequence q
JOIN pg_catalog.pg_class c ON c.oid = q.seqrelid
WHERE {is_there} AND NOT EXISTS (
    SELECT 1 FROM pg_catalog.pg_depend d
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i', 'e'))
ORDER BY c.relname
"""
_OWN_SEQUENCE = """
SELECT s.relname, q.seqtypid::regtype::text, q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcache, q.seqcycle
FROM pg_catalog.pg_depend o
JOIN pg_catalog.pg_sequence q ON q.seqrelid = o.objid
JOIN pg_catalog.pg_class s ON s.oid = q.seqrelid
JOIN pg_catalog.pg_attribute a ON a.attrelid = o.refobjid AND a.attnum = o.refobjsubid
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
WHERE o.classid = 'pg_class'::regclass AND o.deptype = 'a'
    AND {is_there} AND c.relname = :table AND a.attname = :column
"""
_DEPENDENTS = """
SELECT DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid),
    CASE WHEN d.classid = 'pg_attrdef'::regclass THEN 'default' WHEN k.oid IS NOT NULL THEN 'constraint'
        WHEN i.indexrelid IS NOT NULL THEN 'index' WHEN c.oid IS NOT NULL AND a.attname IS NOT NULL THEN 'column'
        WHEN t.typtype = 'd' THEN 'domain' ELSE 'other' END,
    coalesce(a.attname, k.conname, x.relname, t.typname, ''), c.relname, coalesce(n.nspname, ''),
    coalesce(pg_table_is_visible(c.oid), pg_type_is_visible(t.oid), false)
FROM pg_catalog.pg_depend d
LEFT JOIN pg_catalog.pg_attrdef f ON d.classid = 'pg_attrdef'::regclass AND f.oid = d.objid
LEFT JOIN pg_catalog.pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
LEFT JOIN pg_catalog.pg_index i ON d.classid = 'pg_class'::regclass AND i.indexrelid = d.objid
LEFT JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
LEFT JOIN pg_catalog.pg_class c ON c.relkind IN ('r', 'p', 'f') AND c.oid = coalesce(f.adrelid, nullif(k.conrelid, 0),
    i.indrelid, CASE WHEN d.classid = 'pg_class'::regclass THEN d.objid END)
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = coalesce(f.adnum, nullif(d.objsubid, 0))
LEFT JOIN pg_catalog.pg_type t ON t.oid = coalesce(nullif(k.contypid, 0),
    CASE WHEN d.classid = 'pg_type'::regclass THEN d.objid END)
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = coalesce(c.relnamespace, t.typnamespace)
WHERE d.deptype IN ('n', 'a') AND k.contypid IS DISTINCT FROM d.refobjid AND ({target})
ORDER BY 1
"""
_OF_TYPE = """d.refclassid = 'pg_type'::regclass AND d.refobjid IN (
    SELECT unnest(ARRAY[t.oid, t.typarray]) FROM pg_catalog.pg_type t WHERE t.typname = :name AND {is_there})"""
_OF_SEQUENCE = """d.refclassid = 'pg_class'::regclass AND d.refobjid = (
    SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relname = :name AND {is_there})"""
_SEQUENCE_TYPES = {"bigint": sa.BigInteger(), "smallint": sa.SmallInteger(), "integer": sa.Integer()}
_DEFAULT_SEQUENCE = {
    "start": 1,
    "increment": 1,
    "minvalue": 1,
    "maxvalue": 2**63 - 1,
    "cache": 1,
    "cycle": False,
    "data_type": "BIGINT",
}
_SEQUENCE_OPTIONS = ("start", "increment", "minvalue", "maxvalue", "cache", "cycle")

_REFLECTED_AS_VARCHAR = ("name", '"char"')
_KINDS = {"p": "primary", "u": "unique", "c": "check"}
_NAMESPACE_OF = {"c": "c.relnamespace", "t": "t.typnamespace"}
_VISIBLE = {"c": "pg_table_is_visible(c.oid)", "t": "pg_type_is_visible(t.oid)"}


def _is_scratch(alias: str) -> str:
    """The condition that a relation (``c``) or type (``t``) is temporary."""
    return f"{_NAMESPACE_OF[alias]} = pg_my_temp_schema()"


def _is_in(schema: str | None, alias: str) -> str:
    """The condition that one is in the schema ``:schema``; without a schema, that the search path finds it."""
    if schema is None:
        return f"{_VISIBLE[alias]} AND NOT {_is_scratch(alias)}"
    return f"{_NAMESPACE_OF[alias]} = (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = :schema)"  # noqa: S608 constants


class PostgresqlNormalizer(ScratchNormalizer):
    """Creates scratch tables in a savepoint, which is rolled back.

    A temporary table needs a privilege only that every role has by default; a schema would need CREATE on the database.
    And it can have the name of the real table, which expressions may mention.
    """

    @property
    def _connection(self) -> Connection:
        return self._impl.require_connection("An exact comparison")

    # -- the database ----------------------------------------------------------------------------------------------

    def read(self, names: Sequence[TableName]) -> dict[TableName, TableShape]:
        """The shapes of tables of the database; a table that is no longer there is left out."""
        by_schema: dict[str | None, list[str]] = {}
        for schema, name in names:
            by_schema.setdefault(schema, []).append(name)
        found: dict[TableName, TableShape] = {}
        for schema, bare in by_schema.items():
            where = _in(schema, names=bare)
            found |= {(schema, name): shape for name, shape in self._read(_is_in(schema, "c"), where).items()}
        return found

    def read_scratch(self, names: Sequence[str]) -> dict[str, TableShape]:
        """The shapes of scratch tables."""
        return self._read(_is_scratch("c"), {"names": list(names)})

    def _rows(self, query: Any, where: dict[str, Any]) -> Sequence[Any]:
        return self._connection.execute(query, where).all()

    def _read(self, is_there: str, where: dict[str, Any]) -> dict[str, TableShape]:
        tables = self._rows(sa.text(_TABLES.format(is_there=is_there)), where)
        oids = {"oids": [row[0] for row in tables]}
        columns: dict[int, dict[str, ColumnShape]] = {}
        for oid, name, *facts in self._rows(_bound(_COLUMNS), oids):
            columns.setdefault(oid, {})[name] = _column(*facts)
        parts: dict[int, list[PartShape]] = {}
        for oid, kind, name, definition, used, deferral in self._rows(_bound(_CONSTRAINTS), oids):
            shape = PartShape(_KINDS[kind], name, settled(definition), tuple(used), deferral=deferral)
            parts.setdefault(oid, []).append(shape)
        for oid, kind, name, used, *facts in self._rows(_bound(index_query(self._impl.dialect)), oids):
            shape = PartShape(kind, name, IndexDefinition.read(facts).text, tuple(used))
            parts.setdefault(oid, []).append(shape)
        return {
            name: TableShape(columns.get(oid, {}), tuple(parts.get(oid, ())), _options(*facts))
            for oid, name, *facts in tables
        }

    def unmanaged_tables(self, schema: str | None) -> set[str]:
        """Partitions, which their parent creates, and tables of extensions."""
        return {name for (name,) in self._rows(_bound(_UNMANAGED.format(is_there=_is_in(schema, "c"))), _in(schema))}

    def found_on_path(self, kind: str) -> dict[str, str]:
        """Those in later schemas of the search path whose names no earlier one hides."""
        alias = "c" if kind in ("table", "sequence") else "t"
        elsewhere = f"{_is_in(None, alias)} AND n.nspname NOT IN ('pg_catalog', :schema)"
        query = _bound(_ON_PATH[alias].format(is_there=elsewhere))
        return dict(self._rows(query, {"schema": self._impl.default_schema}))

    def enum_types(self, schema: str | None) -> dict[str, list[str]]:
        """The enum types of a schema with their values, without those of extensions."""
        query = _bound(_ENUMS.format(is_there=_is_in(schema, "t")))
        return {name: list(values) for name, values in self._rows(query, _in(schema))}

    def dependents(self, kind: str, schema: str | None, name: str) -> list[Dependent]:
        """What is built on a type, or on an array of it, or on a sequence."""
        named, alias = (_OF_SEQUENCE, "c") if kind == "sequence" else (_OF_TYPE, "t")
        target = named.format(is_there=_is_in(schema, alias))
        where = _in(schema, name=name)
        return [Dependent(*row) for row in self._rows(_bound(_DEPENDENTS.format(target=target)), where)]

    def domains(self, schema: str | None) -> dict[str, DomainShape]:
        """The domains of a schema without those of extensions, each after those that it is based on."""
        return self._domains(_is_in(schema, "t"), _in(schema))

    def _domains(self, is_there: str, where: dict[str, Any]) -> dict[str, DomainShape]:
        return {
            name: DomainShape(type_, default, not_null, {check: condition(sql) for check, sql in checks})
            for name, type_, default, not_null, checks in self._rows(_bound(_DOMAINS.format(is_there=is_there)), where)
        }

    def domains_of_models(self, domains: Sequence[DOMAIN]) -> tuple[dict[str, DomainShape], list[str]]:
        """What the database makes of domains of the models, created in the temporary schema, and those it refused."""
        refused = []
        made: set[Any] = set()
        with self.scratch(()):
            for domain in domains:
                try:
                    with self.attempt():
                        self._make_types(self._made_of(domain.data_type), made)
                        self._make_temporary(domain)
                        made.add((domain.schema, str(domain.name)))
                except exc.DBAPIError as error:
                    refused.append(f"{domain.name} ({str(error.orig).splitlines()[0]})")
            return self._domains(_is_scratch("t"), {}), refused

    def sequences(self, schema: str | None) -> dict[str, dict[str, Any]]:
        """The sequences of a schema that belong to no column, with the options of `sqlalchemy.Sequence`."""
        return self._sequences(_is_in(schema, "c"), _in(schema))

    def default_sequence_options(self) -> dict[str, Any]:
        """The options of a sequence that is created without any."""
        return _DEFAULT_SEQUENCE

    def _sequences(self, is_there: str, where: dict[str, Any]) -> dict[str, dict[str, Any]]:
        found = {}
        for name, type_, *options in self._rows(_bound(_SEQUENCES.format(is_there=is_there)), where):
            found[name] = _sequence(type_, options)
        return found

    ignored_warnings = (*ScratchNormalizer.ignored_warnings, "Did not recognize type")
    autoincrements_by_sequence = True

    def identity(self, column: ColumnShape) -> sa.Identity | None:
        """The identity of a column with every option stated; None where it has none."""
        if column.identity is None:
            return None
        always, _, options = column.identity.partition(": ")
        words = options.split(" ")[1:]
        numbers = dict(zip(_SEQUENCE_OPTIONS, map(int, words[:-1]), strict=False))
        return sa.Identity(always=always == "ALWAYS", cycle=words[-1] == "t", **numbers)  # type: ignore[arg-type]

    def owned_sequence(self, schema: str | None, table: str, column: str) -> tuple[str, dict[str, Any]]:
        """Name and options of the sequence of a serial column of the database."""
        query = _bound(_OWN_SEQUENCE.format(is_there=_is_in(schema, "c")))
        [(name, type_, *options)] = self._rows(query, _in(schema, table=table, column=column))
        return name, _sequence(type_, options)

    def default_sequence(self, table: Any, column: Any) -> tuple[str, dict[str, Any]]:
        """``table_column_seq``, of the column's own type."""
        type_ = column.type.dialect_impl(self._dialect)
        words = next(words for words, kind in _SEQUENCE_TYPES.items() if isinstance(type_, type(kind)))
        return f"{table.name}_{column.name}_seq", {"data_type": _SEQUENCE_TYPES[words]}

    def next_value(self, schema: str | None, sequence: str) -> Any:
        """The default of a serial column."""
        name = sqla.for_script(self._dialect).identifier_preparer.format_sequence(sa.Sequence(sequence, schema=schema))
        return sa.text(f"nextval({sqla.literal(sqla.for_script(self._dialect), name)}\\:\\:regclass)")

    def key_name(self, table: str, columns: Sequence[str], taken: set[str]) -> str | None:
        """``table_columns_fkey``, numbered; None where that is too long, and PostgreSQL would cut it."""
        names = (f"{table}_{'_'.join(columns)}_fkey{number or ''}" for number in count())
        name = next(name for name in names if name not in taken)
        return name if len(name.encode()) <= self._dialect.max_identifier_length else None

    def sequences_of_models(self, sequences: Sequence[sa.Sequence]) -> dict[str, dict[str, Any]]:
        """The options that the database gives to sequences of the models, created in the temporary schema."""
        if not sequences:
            return {}
        with self.scratch(()):
            for sequence in sequences:
                names = (*_SEQUENCE_OPTIONS, "data_type")
                options: dict[str, Any] = {name: getattr(sequence, name, None) for name in names}
                copy = sa.Sequence(sequence.name, schema="pg_temp", **options)
                self._connection.execute(CreateSequence(copy))
            made = self._sequences(_is_scratch("c"), {})  # beside temporary ones of the session
            return {str(sequence.name): made[sequence.name] for sequence in sequences}

    # -- scratch tables --------------------------------------------------------------------------------------------

    @contextmanager
    def scratch(self, columns: Iterable[sa.Column[Any]]) -> Iterator[None]:
        """A savepoint that is rolled back; types and sequences that the database lacks are created in it."""
        connection = self._connection
        in_autocommit = sqla.is_autocommit(connection)
        if in_autocommit:
            connection.exec_driver_sql("BEGIN")
        savepoint = connection.begin_nested()
        try:
            examples = list(columns)
            self._make_types((type_ for column in examples for type_ in self._made_of(column.type)), set())
            self._make_sequences({each for column in examples for each in sqla.sequences_of_default(column)})
            yield
        finally:
            savepoint.rollback()
            if in_autocommit:
                connection.exec_driver_sql("ROLLBACK")

    def _make_sequences(self, sequences: Iterable[sa.Sequence]) -> None:
        """Create the sequences that defaults name and the database lacks: it refuses a default without its sequence."""
        for sequence in sequences:
            with suppress(exc.DBAPIError), self.attempt():
                self._connection.execute(CreateSequence(sequence, if_not_exists=True))

    def _make_types(self, types: Iterable[Any], made: set[Any]) -> None:
        """Create the types that the database lacks, and all domains without a schema as the models have them.

        A temporary type hides the real one of its name, so that columns of a domain are read as the models want them.
        A type that is refused makes the comparison of domains, or a scratch table, fail later.

        :param made: schemas and names of those that exist already.
        """
        for type_ in types:
            place = (getattr(type_, "schema", None), str(getattr(type_, "name", None)))
            if isinstance(type_, NamedType) and place not in made:
                made.add(place)
                with suppress(exc.DBAPIError), self.attempt():
                    self._make_type(type_)

    def _make_type(self, type_: Any) -> None:
        if isinstance(type_, DOMAIN) and type_.schema is None:
            self._make_temporary(type_)
            return
        if isinstance(type_, ENUM) and not set(type_.enums).issubset(self._values_of(type_) or type_.enums):
            self._rename(type_)
        type_.create(self._connection, checkfirst=True)

    def _make_temporary(self, domain: DOMAIN) -> None:
        twin = copy(domain)
        twin.schema = "pg_temp"
        twin.create(self._connection, checkfirst=False)

    def _values_of(self, enum: ENUM) -> list[str] | None:
        impl: Any = self._impl
        found: list[str] | None = impl.enum_values(str(enum.name), enum.schema)
        return found

    def _rename(self, type_: Any) -> None:
        """Rename a type that lacks values of the models, which defaults, checks and indexes may mention."""
        scratch_name = f"{SCRATCH}_{next(self._names)}"
        name = sqla.for_script(self._dialect).identifier_preparer.format_type(type_)  # type: ignore[attr-defined]  # PostgreSQL's has it
        self._connection.execute(sqla.as_written(f"ALTER TYPE {name} RENAME TO {scratch_name}"))

    def _made_of(self, type_: Any) -> list[Any]:
        """The named types in a type, each after those that it is based on."""
        return list(sqla.type_and_items(type_, self._dialect))[::-1]

    def attempt(self) -> AbstractContextManager[Any]:
        """A savepoint."""
        return self._connection.begin_nested()

    def create(self, table: sa.Table) -> None:
        """Create a scratch table with its indexes."""
        self._connection.execute(CreateTable(table))
        for index in table.indexes:
            self._connection.execute(CreateIndex(index))

    def create_columns(self, name: str, columns: Sequence[str]) -> None:
        """Create the scratch table ``name`` with ``columns``, each as SQL."""
        self._connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {name} ({', '.join(columns)})")

    def table_kw(self, table: sa.Table) -> dict[str, Any]:
        """Keywords of the scratch copy of ``table``, without ON COMMIT and tablespace."""
        left_out = ("postgresql_on_commit", "postgresql_tablespace")
        return {key: value for key, value in table.dialect_kwargs.items() if key not in left_out}

    def column_sql(self, column: sa.Column[Any]) -> str | None:
        """The specification as SQL; None for a computed column."""
        if column.computed is not None:
            return None
        return sqla.column_specification(self._dialect, column)

    def expected_definition(self, item: Any) -> str:
        """The definition that follows from the model."""
        quote = self._dialect.identifier_preparer.quote
        if isinstance(item, sa.Index):
            if item.dialect_kwargs or not all(isinstance(key, sa.Column) for key in item.expressions):
                return UNKNOWN
            keys = tuple(quote(column.name) for column in item.columns)
            return IndexDefinition(unique=bool(item.unique), keys=keys).text
        if item.dialect_kwargs or item.deferrable or item.initially:
            return UNKNOWN
        if isinstance(item, (sa.PrimaryKeyConstraint, sa.UniqueConstraint)):
            word = "PRIMARY KEY" if isinstance(item, sa.PrimaryKeyConstraint) else "UNIQUE"
            return f"{word} ({', '.join(quote(column.name) for column in item.columns)})"
        if isinstance(item, sa.CheckConstraint):
            return f"CHECK (({self._impl.render_ddl_sql_expr(item.sqltext)}))"
        return UNKNOWN

    def options(self, table: sa.Table, created: TableShape | None) -> dict[str, str]:
        """The options of a table of the models; storage parameters as its scratch table has them."""
        given = sqla.dialect_options(table, "postgresql")
        options = {
            "comment": table.comment or "",
            "unlogged": "yes" if "UNLOGGED" in map(str.upper, sqla.table_prefixes(table)) else "",
            "tablespace": given.get("tablespace") or "",
        }
        for name in ("with", "partition_by", "using"):
            if created is not None:
                options[name] = created.options.get(name, "")
            elif given.get(name):
                options[name] = UNKNOWN
        return {name: value for name, value in options.items() if value}

    # -- what reflection leaves out --------------------------------------------------------------------------------

    def complete(self, table: sa.Table, shape: TableShape) -> None:
        """Types, columns of domains, deferral, exclusion constraints, indexes key by key, options of the table."""
        _complete_columns(table, shape)
        _complete_constraints(table, shape)
        for column in [column for column in table.c if isinstance(column.type, DOMAIN)]:
            _without_defaults_of_domain(column, shape.columns[column.name])
        _give_dimensions(table, shape)
        table.indexes.clear()
        for part in shape.parts:
            if part.kind == "exclude":
                table.append_constraint(exclude_of(table, part))
            elif part.kind == "index":
                index_of(table, part)
        for name, value in self.option_values(shape.options).items():
            if name == "postgresql_unlogged":
                sqla.set_table_prefixes(table, ["UNLOGGED"])
            else:
                table.dialect_kwargs[name] = value

    def option_values(self, options: Mapping[str, str]) -> dict[str, Any]:
        """Options of a shape as `sqlalchemy.Table` and ``op.alter_table_options`` take them."""
        values: dict[str, Any] = {f"postgresql_{name}": value for name, value in options.items() if name != "comment"}
        if "postgresql_with" in values:
            values["postgresql_with"] = dict(pair.split("=", 1) for pair in options["with"].split(", "))
        if "postgresql_unlogged" in values:
            values["postgresql_unlogged"] = True
        return values


def _without_defaults_of_domain(column: sa.Column[Any], shape: ColumnShape) -> None:
    """Take default and NOT NULL of its domain, which SQLAlchemy reflects as the column's, from ``column``."""
    column.nullable = shape.nullable
    if shape.default is None and column.computed is None and column.identity is None:
        sqla.set_server_default(column, None)


def _sequence(type_: str, options: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(_SEQUENCE_OPTIONS, options, strict=True)) | {"data_type": _SEQUENCE_TYPES[type_]}


def _in(schema: str | None, **values: object) -> dict[str, object]:
    """``values`` for a query with `_is_in`."""
    return values if schema is None else {"schema": schema, **values}


def _bound(query: str) -> Any:
    return sa.text(query.replace("::", "\\:\\:"))


def _column(
    type_: str,
    not_null: bool,
    expression: str | None,
    generated: str,
    identity: str,
    owned: bool | None,
    sequence: str | None,
    comment: str | None,
) -> ColumnShape:
    is_serial = bool(owned) and expression is not None and expression.startswith("nextval(")
    generation = {"s": "STORED", "v": "VIRTUAL"}.get(generated)
    return ColumnShape(
        type_=type_,
        nullable=not not_null,
        default=None if is_serial or generation else expression,
        computed=f"{settled(expression or '')} {generation}" if generation else None,
        identity=f"{'ALWAYS' if identity == 'a' else 'BY DEFAULT'}: {sequence}" if identity else None,
        autoincrement=is_serial,
        comment=comment,
    )


def _options(
    unlogged: bool,
    storage: str | None,
    tablespace: str | None,
    comment: str | None,
    partition: str | None,
    am: str | None,
) -> dict[str, str]:
    options = {
        "comment": comment,
        "unlogged": "yes" if unlogged else "",
        "with": storage,
        "tablespace": tablespace,
        "partition_by": partition,
        "using": am,
    }
    return {name: value for name, value in options.items() if value}


def _complete_columns(table: sa.Table, shape: TableShape) -> None:
    for column in list(table.c):
        if column.name not in shape.columns:
            sqla.take_out_column(column)  # it is inherited, and belongs to the parent
        elif _has_no_class(column.type, words := shape.columns[column.name].type_):
            column.type = SqlType(words)


def _complete_constraints(table: sa.Table, shape: TableShape) -> None:
    described = {(part.kind, part.name): part for part in shape.parts}
    for constraint in table.constraints:
        if isinstance(constraint, sa.CheckConstraint):
            constraint.sqltext = sqla.as_written(with_in(str(constraint.sqltext)))
        # SQLAlchemy passes on what it reflects of a check under a name that its constructor does not know; to ask for
        # a name that is not there would have it look for a dialect called "dialect" among all installed packages
        if "dialect_options" in list(constraint.dialect_kwargs):
            reflected = constraint.dialect_kwargs.pop("dialect_options")
            constraint.dialect_kwargs["postgresql_not_valid"] = reflected.get("not_valid", False)
        for option in [option for option, value in constraint.dialect_kwargs.items() if not value]:
            del constraint.dialect_kwargs[option]
        part = described.get((_kind_of(constraint), str(constraint.name)))
        if part is not None and part.deferral is not None:
            constraint.deferrable = True
            constraint.initially = "DEFERRED" if part.deferral == "DEFERRED" else None


def _has_no_class(type_: Any, words: str) -> bool:
    """Whether SQLAlchemy has no class for a type, or reflects another one."""
    if isinstance(type_, ARRAY):
        return _has_no_class(type_.item_type, words.removesuffix("[]"))
    return isinstance(type_, NullType) or words in _REFLECTED_AS_VARCHAR


def _give_dimensions(table: sa.Table, shape: TableShape) -> None:
    for column in table.c:
        dimensions = shape.columns[column.name].type_.count("[]") if column.name in shape.columns else 0
        if isinstance(column.type, ARRAY) and dimensions > 1:
            column.type = ARRAY(column.type.item_type, dimensions=dimensions)


def _kind_of(constraint: Any) -> str:
    for kind, class_ in (
        ("primary", sa.PrimaryKeyConstraint),
        ("unique", sa.UniqueConstraint),
        ("check", sa.CheckConstraint),
        ("exclude", ExcludeConstraint),
    ):
        if isinstance(constraint, class_):
            return kind
    return ""
