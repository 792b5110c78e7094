"""The database's side: tables as SQLAlchemy objects, read in bulk (appendix B, "Reflection")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Index, MetaData, Table, UniqueConstraint, event, literal_column
from sqlalchemy.sql.elements import conv
from sqlalchemy.types import NULLTYPE

from limbeck import sqla

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Inspector

    from limbeck.ddl.impl import DefaultImpl

    from ..context import AutogenContext

TableName = tuple[str | None, str]


class Reflection:
    """The tables of a database that a comparison looks at.

    :param inspector: SQLAlchemy's inspector of the database.
    :param impl: the impl of its dialect, which corrects reflected columns.
    """

    def __init__(self, inspector: Inspector, impl: DefaultImpl) -> None:
        self._inspector = inspector
        self._impl = impl
        self._said: dict[str | None, Any] = {}
        self.metadata = MetaData()
        adapt = impl._compat_autogen_column_reflect(inspector)
        event.listen(self.metadata, "column_reflect", lambda _inspector, table, column_info: adapt(table, column_info))

    def read(self, names: Iterable[TableName]) -> None:
        """Read the tables ``names``; what is gone meanwhile is left out."""
        by_schema: dict[str | None, list[str]] = {}
        for schema, name in names:
            by_schema.setdefault(schema, []).append(name)
        for schema, tables in by_schema.items():
            self._said[schema] = sqla.reflect_in_bulk(self._inspector, self.metadata, schema, tables)
        for table in list(self.metadata.tables.values()):
            self._finish(table)

    def table(self, name: TableName) -> Table | None:
        """The table, or None where it was not read."""
        schema, bare = name
        return self.metadata.tables.get(f"{schema}.{bare}" if schema else bare)

    def _finish(self, table: Table) -> None:
        """Mark the names that the database gave as final, and make placeholders for tables that were not read."""
        for constraint in table.constraints:
            if isinstance(constraint.name, str):
                constraint.name = conv(constraint.name)
        for index in table.indexes:
            if isinstance(index.name, str):
                index.name = conv(index.name)
        for key in table.foreign_keys:
            schema, name, column = sqla.fk_target(key)
            target = self.table((schema, name))
            if target is None:
                target = Table(name, self.metadata, schema=schema, info={"alembic_placeholder": True})
            if target.info.get("alembic_placeholder") and column not in target.c:
                target.append_column(Column(column, NULLTYPE))

    # --- constraints as the catalogue lists them, before anything is left out -------------------------------------

    def unique_constraints(self, table: Table) -> list[dict[str, Any]] | None:
        """The unique constraints of ``table`` as ``Inspector`` gives them; None where the dialect cannot tell."""
        return self._listed(table, "unique_constraints", self._inspector.get_unique_constraints)

    def indexes(self, table: Table) -> list[dict[str, Any]]:
        """The indexes of ``table``, as ``Inspector.get_indexes`` gives them."""
        return self._listed(table, "indexes", self._inspector.get_indexes) or []

    def knows_foreign_key_options(self, table: Table) -> bool:
        """Whether the dialect tells actions and deferral of foreign keys."""
        listed = self._listed(table, "foreign_keys", self._inspector.get_foreign_keys) or []
        return any("options" in key for key in listed)

    def _listed(self, table: Table, kind: str, ask: Any) -> list[dict[str, Any]] | None:
        said = self._said.get(table.schema)
        listed = None if said is None else getattr(said, kind).get((table.schema, table.name))
        if listed is not None:
            return list(listed)
        try:
            return list(ask(table.name, schema=table.schema))
        except NotImplementedError:
            return None

    def unique_constraint(self, table: Table, listed: dict[str, Any]) -> UniqueConstraint:
        """A `UniqueConstraint` of ``table``."""
        options = self._impl.adjust_reflected_dialect_options(listed, "unique_constraint")
        columns = [table.c[name] for name in listed["column_names"]]
        constraint = UniqueConstraint(*columns, name=_final(listed["name"]), **options)
        if listed.get("duplicates_index"):
            constraint.info["duplicates_index"] = listed["duplicates_index"]
        return constraint

    def index(self, table: Table, listed: dict[str, Any]) -> Index:
        """An `Index` of ``table``."""
        options = self._impl.adjust_reflected_dialect_options(listed, "index")
        keys = listed.get("expressions") or listed["column_names"]
        sorting = listed.get("column_sorting", {})
        expressions = [
            self._key(table, key, column, sorting) for key, column in zip(keys, listed["column_names"], strict=True)
        ]
        index = sqla.index_of(table, _final(listed["name"]), expressions, unique=listed["unique"], **options)
        if listed.get("duplicates_constraint"):
            index.info["duplicates_constraint"] = listed["duplicates_constraint"]
        return index

    def _key(self, table: Table, key: str, column: str | None, sorting: dict[str, tuple[str, ...]]) -> Any:
        expression: Any = literal_column(key) if column is None else table.c[column]
        for word in sorting.get(key, ()):
            expression = getattr(expression, word)()
        return expression


def _final(name: str | None) -> conv | None:
    return None if name is None else conv(name)


def reflection_of(autogen_context: AutogenContext) -> Reflection:
    """The reflection of this comparison, made on first use."""
    found: Reflection | None = autogen_context.__dict__.get("_reflection")
    if found is None:
        found = Reflection(autogen_context.inspector, autogen_context.migration_context.impl)
        autogen_context.__dict__["_reflection"] = found
    return found
