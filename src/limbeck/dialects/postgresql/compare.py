"""PostgreSQL's part of the classic comparison."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, ClassVar, cast

import sqlalchemy as sa
from sqlalchemy import exc

from limbeck import sqla
from limbeck.ddl.classic_compare import Comparison
from limbeck.ddl.comparison_result import ComparisonResult
from limbeck.errors import warn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection, Inspector

    from limbeck.ddl.index_values import IndexValue, TableValue

log = logging.getLogger("alembic.ddl.postgresql")

_CAST = re.compile(r"::[\w ]+(?:\([\d, ]+\))?(?:\[\])*")
_CAST_CALL = re.compile(r"\bcast\s*\(", re.IGNORECASE)
_SPACE_OR_QUOTE = re.compile(r"""[\s"']""")
_ORDER = re.compile(r"^(.*?)((?: asc| desc| nulls first| nulls last)*)$", re.DOTALL)
# what stands before an order of an index key that goes without saying, the order, and what stands after it
_DEFAULT_ORDERS = (
    ("", "asc nulls last", ""),
    ("(?<! desc)", "nulls last", ""),
    ("", "asc", "(?: nulls first)?"),
    (" desc", "nulls first", ""),
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
_OPERATOR_CLASS = re.compile(r"_ops$")


class PostgresqlComparison(Comparison):
    """PostgreSQL adds casts to defaults, rewrites expressions of indexes, and lists constraints as indexes."""

    compared_options = ("postgresql_nulls_not_distinct",)
    _default_modifiers_re: ClassVar[tuple[re.Pattern[str], ...]] = tuple(
        re.compile(f"{before}( {order}){after}$") for before, order, after in _DEFAULT_ORDERS
    )

    # -- server defaults -------------------------------------------------------------------------------------------

    def compare_server_default(
        self,
        inspector_column: sa.Column[Any],
        metadata_column: sa.Column[Any],
        rendered_metadata_default: str | None,
        rendered_inspector_default: str | None,
    ) -> bool:
        """Whether the defaults differ; if their texts do, the database compares the values.

        The default of a serial is no difference. Defaults that the database cannot evaluate count as different.
        """
        if sqla.counts_up(metadata_column) and metadata_column.server_default is None:
            return False
        model, database = (_without_regclass(text) for text in (rendered_metadata_default, rendered_inspector_default))
        if model is None or database is None:
            return model is not database
        literal = _CAST_LITERAL.fullmatch(database)
        if model in (database, literal and literal.group(1)):
            return False
        return not self._same_value(database, model, metadata_column)

    def _same_value(self, database: str, model: str, column: sa.Column[Any]) -> bool:
        connection = self.connection
        if connection is None:
            return False
        type_ = self.dialect.type_compiler_instance.process(column.type.dialect_impl(self.dialect))
        query = f"SELECT ({database})::{type_}::text = ({model})::{type_}::text"
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
        """Remove the indexes that implement a constraint."""
        for index in [index for index in conn_indexes if index.info.get("duplicates_constraint")]:
            conn_indexes.discard(index)
        named = {constraint.name for constraint in conn_uniques}
        for index in [index for index in conn_indexes if index.unique and index.name in named]:
            conn_indexes.discard(index)

    def belongs_to_constraint(self, index: IndexValue, table: TableValue) -> bool:
        """Whether the catalogue says that it implements one."""
        return index.name in table.carriers

    def compare_indexes(self, metadata_index: sa.Index, reflected_index: sa.Index) -> ComparisonResult:
        """As the default's, and by the expressions, without the casts, parentheses and order that PostgreSQL adds.

        An expression with an operator class in its text is not compared, with a warning: it is not reflected so.
        """
        differences = self._unique_difference(metadata_index, reflected_index)
        model, database = (self._keys(index) for index in (metadata_index, reflected_index))
        if len(model) != len(database):
            differences.append(f"number of keys {len(database)} to {len(model)}")
            return ComparisonResult.Different(differences)
        changed = {
            position: (old, new)
            for position, (old, new) in enumerate(zip(database, model, strict=True), 1)
            if old != new
        }
        not_compared = self._with_operator_class(metadata_index, {at: new for at, (_, new) in changed.items()})
        differences += [
            f"expression #{position} {old!r} to {new!r}"
            for position, (old, new) in changed.items()
            if position not in not_compared
        ]
        differences += self._option_differences(metadata_index, reflected_index)
        if differences:
            return ComparisonResult.Different(differences)
        return ComparisonResult.Skip(list(not_compared.values())) if not_compared else ComparisonResult.Equal()

    def _with_operator_class(self, index: sa.Index, keys: dict[int, str]) -> dict[int, str]:
        """Why expressions with an operator class are not compared, by position from 1; each with a warning."""
        found = {}
        for position, key in keys.items():
            expression = index.expressions[position - 1]
            if isinstance(expression, sa.Column) or not _OPERATOR_CLASS.search(key):
                continue
            text = self.render_ddl_sql_expr(cast("sa.ColumnElement[Any]", expression))
            found[position] = f"expression #{position} {text!r} detected as including operator clause."
            warn(
                f"Expression #{position} {text!r} in index {index.name!r} detected to include an operator clause. "
                "Expression compare cannot proceed. Please move the operator clause to the ``postgresql_ops`` dict to "
                "enable proper compare of the index expressions: "
                "https://docs.sqlalchemy.org/en/latest/dialects/postgresql.html#operator-classes",
                code="operator-class",
            )
        return found

    def _keys(self, index: sa.Index) -> list[str]:
        return [self._key(expression, index) for expression in index.expressions]

    def _key(self, expression: Any, index: sa.Index) -> str:
        if isinstance(expression, sa.Column):
            return str(expression.name)
        return self._cleanup_index_expr(index, self.render_ddl_sql_expr(expression))

    def _cleanup_index_expr(self, index: sa.Index, expr: str) -> str:
        table = "" if index.table is None else index.table.name
        return plain_expression(expr, table, self._default_modifiers_re)

    def compare_unique_constraint(
        self, metadata_constraint: sa.UniqueConstraint, reflected_constraint: sa.UniqueConstraint
    ) -> ComparisonResult:
        """As the default's, and NULLS NOT DISTINCT."""
        plain = super().compare_unique_constraint(metadata_constraint, reflected_constraint)
        options = self._option_differences(metadata_constraint, reflected_constraint)
        if not options:
            return plain
        return ComparisonResult.Different([plain.message, *options] if plain.is_different else options)

    def _option_differences(self, model: Any, database: Any) -> list[str]:
        flags = {
            option: [bool(item.dialect_kwargs.get(option)) for item in (database, model)]
            for option in self.compared_options
        }
        return [f"{option}={old} to {new}" for option, (old, new) in flags.items() if old is not new]

    # -- reflection and rendering ----------------------------------------------------------------------------------

    def _index_key(self, expr: sa.ClauseElement) -> sa.ClauseElement:
        return expr if isinstance(expr, sa.ColumnClause) else expr.self_group()

    def autogen_column_reflect(self, inspector: Inspector, table: sa.Table, column_info: dict[str, Any]) -> None:
        """Remove a default that is the column's own sequence: the column is a SERIAL."""
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
        """The owned sequences, quoted for SQL and unquoted, by schema, table and column; read once an inspector."""
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


def plain_expression(expression: str, table: str, default_orders: Iterable[re.Pattern[str]]) -> str:
    """The expression of an index key without what PostgreSQL adds to it or changes in it.

    :param default_orders: find orders that go without saying, each as a group.
    """
    text = _SPACE_OR_QUOTE.sub(lambda match: " " if match.group().isspace() else "", expression.lower()).strip()
    if table:
        text = text.replace(f"{table.lower()}.", "")
    text = _without_outer_parentheses(_without_cast_calls(_CAST.sub("", text)))
    found = next((match for pattern in default_orders if (match := pattern.search(text))), None)
    if found is not None:
        text = text[: found.start(1)] + text[found.end(1) :]
    key, order = _ORDER.fullmatch(text).groups()  # type: ignore[union-attr]  # matches any text
    return _SPACE_OR_QUOTE.sub("", _without_outer_parentheses(key) + order)


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
