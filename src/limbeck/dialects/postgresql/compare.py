"""PostgreSQL's part of the classic comparison (behaviour 7.5, 7.6, appendix B)."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa
from sqlalchemy import exc

from limbeck import sqla
from limbeck.call_site import caller
from limbeck.ddl.base import format_name
from limbeck.ddl.classic_compare import Comparison
from limbeck.ddl.comparison_result import ComparisonResult
from limbeck.errors import CommandError

from .shapes import PostgresqlNormalizer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Connection, Inspector

    from limbeck.ddl.impl import DefaultImpl
    from limbeck.ddl.index_values import IndexValue, PlainTable

log = logging.getLogger("alembic.ddl.postgresql")

_CAST = re.compile(r"::[\w ]+(?:\([\d, ]+\))?(?:\[\])*")
_CAST_CALL = re.compile(r"\bcast\s*\(", re.IGNORECASE)
_SPACE_OR_QUOTE = re.compile(r"""[\s"']""")
# what an index key says by saying nothing, in the order in which the suffixes are tried
_DEFAULT_ORDER = (
    ("asc nulls last", ""),
    ("asc nulls first", "nulls first"),
    ("desc nulls first", "desc"),
    ("nulls last", ""),
    ("asc", ""),
)
# a literal and the type without length that PostgreSQL adds to it
_CAST_LITERAL = re.compile(r"""('(?:[^']|'')*')::[\w ."]+""")
_NEXTVAL = re.compile(r"nextval\('(.+?)'::regclass\)$")
_OWNED = """
    SELECT n.nspname, t.relname, a.attname, s.oid::regclass::text, s.relname
    FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
    JOIN pg_catalog.pg_class t ON t.oid = d.refobjid
    JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.deptype = 'a'
"""
# text takes any type (PostgreSQL manual, CREATE CAST, "I/O conversion casts"); arrays as their elements do
_CAN_ASSIGN = sa.text("""
    SELECT t.typcategory = 'S' OR s.oid = t.oid OR EXISTS (
        SELECT 1 FROM pg_catalog.pg_cast c WHERE c.castcontext IN ('a', 'i')
            AND c.castsource = coalesce(nullif(s.typelem, 0), s.oid)
            AND c.casttarget = coalesce(nullif(t.typelem, 0), t.oid)
            AND (s.typcategory = 'A') = (t.typcategory = 'A'))
    FROM pg_catalog.pg_type s, pg_catalog.pg_type t
    WHERE s.oid = to_regtype(regexp_replace(:source, ' COLLATE .*', ''))
        AND t.oid = to_regtype(regexp_replace(:target, ' COLLATE .*', ''))
""")
_OPERATOR_CLASS = re.compile(r"_ops$")
_TEXT = re.compile(r"(?:TEXT|VARCHAR|CHAR)(?:\(.*\))?")
_NUMBER = re.compile(r"(?:SMALLINT|INTEGER|BIGINT|NUMERIC|DECIMAL|REAL|FLOAT|DOUBLE PRECISION)(?:\(.*\))?")


class PostgresqlComparison(Comparison):
    """What PostgreSQL writes in its own way: defaults with casts, expressions in indexes, constraints as indexes."""

    compared_options = ("postgresql_nulls_not_distinct",)

    # -- server defaults -------------------------------------------------------------------------------------------

    def compare_server_default(
        self,
        inspector_column: sa.Column[Any],
        metadata_column: sa.Column[Any],
        rendered_metadata_default: str | None,
        rendered_inspector_default: str | None,
    ) -> bool:
        """Whether the defaults differ; where their texts do, the database compares the values.

        A serial's own default is no difference. Text that the database cannot evaluate counts as different.
        """
        if sqla.counts_up(metadata_column) and metadata_column.server_default is None:
            return False
        ours, theirs = (_without_regclass(text) for text in (rendered_metadata_default, rendered_inspector_default))
        if ours is None or theirs is None:
            return ours is not theirs
        literal = _CAST_LITERAL.fullmatch(theirs)
        if ours in (theirs, literal and literal.group(1)):
            return False
        return not self._same_value(theirs, ours, metadata_column)

    def _same_value(self, theirs: str, ours: str, column: sa.Column[Any]) -> bool:
        connection = self.connection
        if connection is None:
            return False
        type_ = self.dialect.type_compiler_instance.process(column.type.dialect_impl(self.dialect))
        query = f"SELECT ({theirs})::{type_}::text = ({ours})::{type_}::text"
        try:
            with sqla.savepoint(connection):
                return bool(connection.execute(sqla.as_written(query)).scalar())
        except exc.DBAPIError:
            return False

    def _normalize_computed_default(self, sqltext: str) -> str:
        return super()._normalize_computed_default(_CAST.sub("", sqltext))

    # -- indexes and constraints -----------------------------------------------------------------------------------

    def correct_for_autogen_constraints(
        self,
        conn_uniques: set[sa.UniqueConstraint],
        conn_indexes: set[sa.Index],
        metadata_unique_constraints: set[sa.UniqueConstraint],
        metadata_indexes: set[sa.Index],
    ) -> None:
        """Indexes that only carry a constraint are no indexes of their own."""
        for index in [index for index in conn_indexes if index.info.get("duplicates_constraint")]:
            conn_indexes.discard(index)
        named = {constraint.name for constraint in conn_uniques}
        for index in [index for index in conn_indexes if index.unique and index.name in named]:
            conn_indexes.discard(index)

    def belongs_to_constraint(self, index: IndexValue, table: PlainTable) -> bool:
        """Whether the catalogue says so."""
        return index.name in table.carriers

    def compare_indexes(self, metadata_index: sa.Index, reflected_index: sa.Index) -> ComparisonResult:
        """As the default's; keys are compared without what PostgreSQL adds: casts, parentheses, default order."""
        differences = self._unique_difference(metadata_index, reflected_index)
        if len(metadata_index.expressions) != len(reflected_index.expressions):
            differences.append(
                f"number of keys {len(reflected_index.expressions)} to {len(metadata_index.expressions)}"
            )
            return ComparisonResult.Different(differences)
        skipped = []
        for position, (ours, theirs) in enumerate(
            zip(metadata_index.expressions, reflected_index.expressions, strict=True), 1
        ):
            our_key, their_key = self._key(ours, metadata_index), self._key(theirs, reflected_index)
            if our_key == their_key:
                continue
            if _OPERATOR_CLASS.search(our_key) and not isinstance(ours, sa.Column):
                skipped.append(
                    f"Expression #{position} {self._expression_text(ours)!r} in index {metadata_index.name!r} detected "
                    "to include an operator clause. Expression compare cannot proceed. Please move the operator clause "
                    "to the ``postgresql_ops`` dict"
                )
                continue
            differences.append(f"expression #{position} {their_key!r} to {our_key!r}")
        differences += self._option_differences(metadata_index, reflected_index)
        if differences:
            return ComparisonResult.Different(differences)
        return ComparisonResult.Skip(skipped) if skipped else ComparisonResult.Equal()

    def _key(self, expression: Any, index: sa.Index) -> str:
        if isinstance(expression, sa.Column):
            return str(expression.name)
        return plain_expression(self._expression_text(expression), index.table.name if index.table is not None else "")

    def compare_unique_constraint(
        self, metadata_constraint: sa.UniqueConstraint, reflected_constraint: sa.UniqueConstraint
    ) -> ComparisonResult:
        """As the default's, and NULLS NOT DISTINCT."""
        plain = super().compare_unique_constraint(metadata_constraint, reflected_constraint)
        options = self._option_differences(metadata_constraint, reflected_constraint)
        if not options:
            return plain
        return ComparisonResult.Different([plain.message, *options] if plain.is_different else options)

    def _option_differences(self, ours: Any, theirs: Any) -> list[str]:
        flags = {
            option: [bool(item.dialect_kwargs.get(option)) for item in (theirs, ours)]
            for option in self.compared_options
        }
        return [f"{option}={old} to {new}" for option, (old, new) in flags.items() if old is not new]

    # -- the exact comparison --------------------------------------------------------------------------------------

    def normalizer(self, reader: Connection) -> PostgresqlNormalizer:
        """Tables as `pg_catalog` has them."""
        return PostgresqlNormalizer(cast("DefaultImpl", self))

    def table_option_statements(
        self, table: str, schema: str | None, options: Mapping[str, Any], existing: Mapping[str, Any]
    ) -> list[str]:
        """The statements that give a table other options (PostgreSQL manual, ALTER TABLE).

        Raises `CommandError` for another partition key.
        """
        quote = self.dialect.identifier_preparer.quote
        name = format_name(self.dialect.identifier_preparer, table, schema)
        if "postgresql_partition_by" in options:
            file, line = caller()
            raise CommandError(
                f"op.alter_table_options(): PostgreSQL cannot change how {table} is partitioned",
                code="no-table-options",
                hint="make the table anew: create one with the other key, INSERT ... SELECT, drop the old, rename",
                file=file,
                line=line,
            )
        clauses = []
        if "postgresql_unlogged" in options:
            clauses.append("SET UNLOGGED" if options["postgresql_unlogged"] else "SET LOGGED")
        if "postgresql_tablespace" in options:
            clauses.append(f"SET TABLESPACE {quote(options['postgresql_tablespace'] or 'pg_default')}")
        if "postgresql_using" in options:
            clauses.append(f"SET ACCESS METHOD {quote(options['postgresql_using'] or 'heap')}")
        if "postgresql_with" in options:
            new, old = (dict(side.get("postgresql_with") or {}) for side in (options, existing))
            if new:
                clauses.append(f"SET ({', '.join(f'{key} = {value}' for key, value in new.items())})")
            if gone := [key for key in old if key not in new]:
                clauses.append(f"RESET ({', '.join(gone)})")
        return [f"ALTER TABLE {name} {clause}" for clause in clauses]

    def owned_sequence_statements(self, sequence: sa.Sequence, table: str, column: str) -> list[str]:
        """The statements that give a sequence to a column, and let it begin after the rows there are."""
        preparer = self.dialect.identifier_preparer
        name, quoted = preparer.format_sequence(sequence), preparer.quote(column)
        place = format_name(preparer, table, sequence.schema)
        literal = sqla.literal(sqla.for_script(self.dialect), name)
        return [
            f"ALTER SEQUENCE {name} OWNED BY {place}.{quoted}",
            f"SELECT setval({literal}, max({quoted})) FROM {place} HAVING max({quoted}) IS NOT NULL",  # noqa: S608 quoted
        ]

    def type_change_options(self, theirs: sa.Column[Any], ours: sa.Column[Any]) -> dict[str, Any]:
        """USING, where PostgreSQL does not find the way from one type to the other by itself (failures G8)."""
        old, new = (self._type_text(column) for column in (theirs, ours))
        column = self.dialect.identifier_preparer.quote(ours.name)
        options = {
            "modify_postgresql_using": None if self._has_assignment_cast(old, new) else _using(column, old, new),
            "existing_postgresql_using": None if self._has_assignment_cast(new, old) else _using(column, new, old),
        }
        return options if any(options.values()) else {}

    def _has_assignment_cast(self, source: str, target: str) -> bool:
        """Whether a value of one type can be stored in a column of the other; a type not yet there has no cast."""
        if self.connection is None:
            return True
        return bool(self.connection.scalar(_CAN_ASSIGN, {"source": source, "target": target}))

    # -- reflection ------------------------------------------------------------------------------------------------

    def autogen_column_reflect(self, inspector: Inspector, table: sa.Table, column_info: dict[str, Any]) -> None:
        """A default that is the column's own sequence is a SERIAL and no default to a person."""
        default = column_info.get("default")
        if not isinstance(default, str) or not isinstance(column_info["type"], (sa.INTEGER, sa.BIGINT, sa.SMALLINT)):
            return
        match = _NEXTVAL.match(default)
        if match is None or self.connection is None:
            return
        place = (table.schema or inspector.default_schema_name, table.name, column_info["name"])
        written, sequence = self._owned_sequences(inspector, self.connection).get(place, (None, None))
        if written == match.group(1).replace("''", "'"):
            log.info(
                "Detected sequence named '%s' as owned by integer column '%s(%s)', assuming SERIAL and omitting",
                sequence,
                table.name,
                column_info["name"],
            )
            del column_info["default"]

    def _owned_sequences(self, inspector: Inspector, connection: Connection) -> dict[Any, tuple[str, str]]:
        """Sequences by schema, table and column that own them, as SQL and bare; asked once an inspector."""
        found: dict[Any, tuple[str, str]] | None = inspector.info_cache.get(_OWNED)
        if found is None:
            rows = connection.execute(sqla.as_written(_OWNED))
            found = {tuple(place): (written, name) for *place, written, name in rows}
            inspector.info_cache[_OWNED] = found
        return found

    def adjust_reflected_dialect_options(self, reflected_object: dict[str, Any], kind: str) -> dict[str, Any]:
        """As the default's, without an empty ``INCLUDE``."""
        options = super().adjust_reflected_dialect_options(reflected_object, kind)
        if not options.get("postgresql_include"):
            options.pop("postgresql_include", None)
        return options


def _without_regclass(default: str | None) -> str | None:
    return None if default is None else default.replace("::regclass", "")


def plain_expression(expression: str, table: str) -> str:
    """An index key without what makes two spellings of it differ (appendix B, "PG index expressions")."""
    text = _SPACE_OR_QUOTE.sub(lambda match: " " if match.group().isspace() else "", expression.lower()).strip()
    if table:
        text = text.replace(f"{table.lower()}.", "")
    text = _without_outer_parentheses(_without_cast_calls(_CAST.sub("", text)))
    for suffix, meaning in _DEFAULT_ORDER:
        if text.endswith(f" {suffix}"):
            text = f"{_without_outer_parentheses(text.removesuffix(suffix).strip())} {meaning}"
            break
    return _SPACE_OR_QUOTE.sub("", text)


def _without_cast_calls(text: str) -> str:
    """``cast(x as type)`` becomes ``x``, nested ones too."""
    while match := _CAST_CALL.search(text):
        end = _closing(text, match.end() - 1)
        inner = text[match.end() : end]
        operand = inner[: inner.rfind(" as ")] if " as " in inner else inner
        text = text[: match.start()] + operand + text[end + 1 :]
    return text


def _without_outer_parentheses(text: str) -> str:
    text = text.strip()
    while text.startswith("(") and _closing(text, 0) == len(text) - 1:
        text = text[1:-1].strip()
    return text


def _closing(text: str, opening: int) -> int:
    depth = 0
    for position in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        if depth == 0:
            return position
    return len(text) - 1


def _using(column: str, old: str, new: str) -> str:
    """The expression that turns a value of one type into one of another: by its text, numbers for truth."""
    if old == "BOOLEAN" and _NUMBER.fullmatch(new):
        return f"{column}::integer" if new == "INTEGER" else f"{column}::integer::{new}"
    if new == "BOOLEAN" and _NUMBER.fullmatch(old):
        return f"{column} <> 0"
    return f"{column}::{new}" if _TEXT.fullmatch(old) else f"{column}::text::{new}"
