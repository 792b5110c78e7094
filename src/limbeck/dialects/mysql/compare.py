"""MySQL's and MariaDB's part of the classic comparison."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy.sql.elements import BinaryExpression, Grouping, UnaryExpression
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import asc_op, desc_op

from limbeck import sqla
from limbeck.ddl.classic_compare import Comparison
from limbeck.ddl.index_values import index_value, table_value

from .show_create import ShowCreateReader

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.engine import Connection

    from limbeck.ddl.index_values import IndexValue, TableValue
    from limbeck.ddl.types import Params

_ON_UPDATE = re.compile(r"(.*?)\s+on update\s+(.*)", re.IGNORECASE | re.DOTALL)
_NUMBER = re.compile(r"^[('\s]*(-?[0-9]+(?:\.[0-9]+)?)[)'\s]*$")
_LABEL = re.compile(r"'(?:[^']|'')*'")


class MySQLComparison(Comparison):
    """The servers quote numbers, have ON UPDATE in defaults, and create indexes for foreign keys."""

    usual_actions = frozenset({"no action", "restrict"})

    def compare_type(self, inspector_column: sa.Column[Any], metadata_column: sa.Column[Any]) -> bool:
        """As the default's; two ENUMs are equal if they have the same labels, in any order."""
        labels = [_labels(self._type_text(column)) for column in (inspector_column, metadata_column)]
        if None not in labels:
            return labels[0] != labels[1]
        return super().compare_type(inspector_column, metadata_column)

    def _column_types_match(self, inspector_params: Params, metadata_params: Params) -> bool:
        return super()._column_types_match(inspector_params, metadata_params) or (
            {inspector_params.token0, metadata_params.token0} == {"integer", "int"}
        )

    def compare_server_default(
        self,
        inspector_column: sa.Column[Any],
        metadata_column: sa.Column[Any],
        rendered_metadata_default: str | None,
        rendered_inspector_default: str | None,
    ) -> bool:
        """Whether the defaults differ; numbers are compared without quotes, functions without case and ``()``."""
        model, database = rendered_metadata_default, rendered_inspector_default
        has_no_default = metadata_column.server_default is None and database in (None, "0", "'0'")
        if sqla.counts_up(metadata_column) and has_no_default:
            return False
        return _parts(model) != _parts(database)

    def _index_key(self, expr: sa.ClauseElement) -> sa.ClauseElement:
        return Grouping(expr) if _needs_parentheses(expr) else expr  # type: ignore[arg-type]  # a ColumnElement then

    def catalogue_reader(self, connection: Connection) -> ShowCreateReader:
        """One that executes SHOW CREATE TABLE once a table."""
        return ShowCreateReader(connection)

    def correct_for_autogen_constraints(
        self,
        conn_uniques: set[sa.UniqueConstraint],
        conn_indexes: set[sa.Index],
        metadata_unique_constraints: set[sa.UniqueConstraint],
        metadata_indexes: set[sa.Index],
    ) -> None:
        """Remove the indexes that the server creates for foreign keys; list unique indexes in the models' form only."""
        made = {index for index in conn_indexes if self._made_for_key(index)}
        names = {index.name for index in made}
        conn_indexes -= made
        metadata_indexes -= {index for index in metadata_indexes if index.name in names}
        as_index = {index.name for index in metadata_indexes if index.unique}
        as_unique = {constraint.name for constraint in metadata_unique_constraints}
        twins = {constraint.name for constraint in conn_uniques} & {index.name for index in conn_indexes}
        for name in twins:
            if name in as_index and name not in as_unique:
                conn_uniques -= {constraint for constraint in conn_uniques if constraint.name == name}
            else:
                conn_indexes -= {index for index in conn_indexes if index.name == name}

    def _made_for_key(self, index: sa.Index) -> bool:
        return index.table is not None and self.belongs_to_constraint(
            index_value(index, index.name), table_value(index.table)
        )

    def belongs_to_constraint(self, index: IndexValue, table: TableValue) -> bool:
        """Whether the index has the name of a column or of a foreign key, as those that the server creates for one.

        As in Alembic, the name of a column is enough, even if it is in no foreign key.
        """
        if index.unique or index.columns is None:
            return False
        if index.name in table.columns:
            return index.name in index.columns
        return index.name is not None and any(name == index.name for name, _ in table.foreign_keys)


def _labels(type_text: str) -> frozenset[str] | None:
    return frozenset(_LABEL.findall(type_text)) if type_text.lower().startswith("enum") else None


def _parts(default: str | None) -> tuple[str | None, str | None]:
    """Default and ON UPDATE, each in normal form."""
    if default is None:
        return None, None
    match = _ON_UPDATE.match(default)
    value, on_update = match.groups() if match else (default, None)
    return _plain(value), _plain(on_update)


def _plain(value: str | None) -> str | None:
    if value is None:
        return None
    if number := _NUMBER.match(value):
        return f"{Decimal(number.group(1)).normalize():f}"
    text = value.strip()
    while text.startswith("(") and text.endswith(")"):
        text = text[1:-1].strip()
    return text if text.startswith("'") else text.lower().removesuffix("()")


def _needs_parentheses(key: sa.ClauseElement) -> bool:
    """Whether SQLAlchemy writes a key of an index in parentheses."""
    if isinstance(key, UnaryExpression):
        return key.modifier not in (asc_op, desc_op)
    return isinstance(key, BinaryExpression | FunctionElement)
