"""The database's side: tables as SQLAlchemy objects, read in bulk (appendix B, "Reflection")."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Index, MetaData, Table, UniqueConstraint, event, literal_column
from sqlalchemy.sql.elements import conv
from sqlalchemy.types import NULLTYPE

from limbeck import sqla

from .catalogue import Catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.engine import Inspector

    from limbeck.autogenerate.compare.renames import Renames
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
        reader = impl.catalogue_reader(inspector.bind)  # type: ignore[arg-type]  # a comparison has a connection
        self.catalogue = Catalogue(sqla.reading_through(inspector, reader))
        self.metadata = MetaData()
        adapt = impl._compat_autogen_column_reflect(inspector)
        self.renames: Renames | None = None

        def correct(_inspector: Inspector, table: Table, column_info: Any) -> None:
            with self._under_the_old_names(table, column_info) as present:
                adapt(present, column_info)

        event.listen(self.metadata, "column_reflect", correct)

    @contextmanager
    def _under_the_old_names(self, table: Table, column_info: Any) -> Iterator[Table]:
        """A table and a column as the database knows them, for who asks it more about them."""
        name = (table.schema, table.name)
        if self.renames is None or not self.renames.concern(name):
            yield table
            return
        new = column_info["name"]
        column_info["name"] = self.renames.column_before(name, new)
        yield Table(self.renames.before(name)[1], MetaData(), schema=table.schema)
        column_info["name"] = new

    def read(self, names: Iterable[TableName]) -> list[TableName]:
        """Look at the tables ``names``; returns those that are still there. Nothing is made of them yet."""
        wanted = list(names)
        self.catalogue.look_at(wanted)
        return [name for name in wanted if self.catalogue.has(name)]

    def build(self, names: Iterable[TableName]) -> None:
        """Make `Table` objects of tables that were read, and of those that their foreign keys lead to."""
        wanted = [name for name in self._with_referred(names) if self.table(name) is None]
        for schema in dict.fromkeys(schema for schema, _ in wanted):
            tables = [name for where, name in wanted if where == schema]
            said = {kind: self.catalogue.all_of(kind, schema) for kind in sqla.KINDS}
            sqla.build_tables(self._inspector, self.metadata, schema, tables, said)
        for name in wanted:
            self._finish(self.built(name))

    def _with_referred(self, names: Iterable[TableName]) -> list[TableName]:
        found = dict.fromkeys(names)
        pending = list(found)
        while pending:
            for key in self.catalogue.of("foreign_keys", pending.pop()) or ():
                referred = (key["referred_schema"], key["referred_table"])
                if referred not in found and self.catalogue.has(referred):
                    found[referred] = None
                    pending.append(referred)
        return list(found)

    def table(self, name: TableName) -> Table | None:
        """The table, or None where it was not made."""
        return self.metadata.tables.get(qualified(name))

    def built(self, name: TableName) -> Table:
        """The table, which was made."""
        return self.metadata.tables[qualified(name)]

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
        name = (table.schema, table.name)
        listed = self.catalogue.of(kind, name) if self.catalogue.has(name) else None
        if listed is not None:
            return list(listed)
        try:
            return list(ask(table.name, schema=table.schema))
        except NotImplementedError:
            return None

    def unique_constraint(self, table: Table, listed: dict[str, Any]) -> UniqueConstraint:
        """A `UniqueConstraint` of ``table``."""
        options = self._impl.adjust_reflected_dialect_options(listed, "unique_constraint")
        there: UniqueConstraint | None = _reflected(table.constraints, listed, options)
        if there is not None:
            return there
        columns = [table.c[name] for name in listed["column_names"]]
        constraint = UniqueConstraint(*columns, name=_final(listed["name"]), **options)
        if listed.get("duplicates_index"):
            constraint.info["duplicates_index"] = listed["duplicates_index"]
        return constraint

    def index(self, table: Table, listed: dict[str, Any]) -> Index:
        """An `Index` of ``table``."""
        options = self._impl.adjust_reflected_dialect_options(listed, "index")
        there: Index | None = _reflected(table.indexes, listed, options)
        if there is not None and not listed.get("expressions") and not listed.get("column_sorting"):
            return there
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


def _reflected(items: Iterable[Any], listed: dict[str, Any], options: dict[str, Any]) -> Any:
    """What `Inspector.reflect_table` has made of an index or unique constraint, unless the impl wants other options."""
    if listed["name"] is None or options != listed.get("dialect_options", {}):
        return None
    if listed.get("duplicates_index") or listed.get("duplicates_constraint"):
        return None
    kinds = (Index, UniqueConstraint)
    return next((item for item in items if isinstance(item, kinds) and item.name == listed["name"]), None)


def qualified(name: TableName) -> str:
    """``schema.table``, as the keys of a MetaData and log lines say it."""
    schema, table = name
    return f"{schema}.{table}" if schema else table


def _final(name: str | None) -> conv | None:
    return None if name is None else conv(name)


def reflection_of(autogen_context: AutogenContext) -> Reflection:
    """The reflection of this comparison, made on first use."""
    found: Reflection | None = autogen_context.__dict__.get("_reflection")
    if found is None:
        found = Reflection(autogen_context.inspector, autogen_context.migration_context.impl)
        autogen_context.__dict__["_reflection"] = found
    return found
