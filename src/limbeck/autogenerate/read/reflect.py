"""The tables of the database as SQLAlchemy objects, made from what the catalogue returned for all of them at once."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Column, Index, MetaData, Table, UniqueConstraint, event, literal_column
from sqlalchemy.sql.elements import conv

from limbeck import sqla

from .catalogue import Catalogue
from .names import qualified
from .renames import Renames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sqlalchemy.engine import Connection, Inspector
    from sqlalchemy.sql.elements import ColumnElement

    from limbeck.ddl.impl import DefaultImpl

    from .names import TableName

    Listed = Mapping[str, Any]  # an index or constraint, as Inspector lists it

_PLACEHOLDER = "alembic_placeholder"
"""Key in the ``info`` of a table that a foreign key refers to, and that was not read."""


class Reflection:
    """The tables of a database that a comparison reads.

    :param inspector: SQLAlchemy's inspector of the database.
    :param impl: the impl of its dialect, which corrects reflected columns.
    """

    def __init__(self, inspector: Inspector, impl: DefaultImpl) -> None:
        self._inspector = inspector
        self._impl = impl
        reader = impl.catalogue_reader(cast("Connection", inspector.bind))
        self.catalogue = Catalogue(sqla.reading_through(inspector, reader))
        self.metadata = MetaData()
        self.renames = Renames()
        adapt = impl._compat_autogen_column_reflect(inspector)  # noqa: SLF001 what Alembic calls it

        def correct(_inspector: Inspector, table: Table, column_info: Any) -> None:
            with self._under_old_names(table, column_info) as present:
                adapt(present, column_info)

        event.listen(self.metadata, "column_reflect", correct)

    def rename(self, renames: Renames) -> None:
        """Read tables from now on as they will be after ``renames``."""
        self.renames = renames
        if renames:
            self.catalogue.rename(renames, self._impl)

    @contextmanager
    def _under_old_names(self, table: Table, column_info: Any) -> Iterator[Table]:
        """The table and the column under their names in the database, by which the impl can ask more about them."""
        name = (table.schema, table.name)
        if not self.renames.concern(name):
            yield table
            return
        new = column_info["name"]
        column_info["name"] = self.renames.column_before(name, new)
        yield Table(self.renames.before(name)[1], MetaData(), schema=table.schema)
        column_info["name"] = new

    def read(self, names: Iterable[TableName], known_as: Mapping[TableName, TableName]) -> list[TableName]:
        """Read the columns of the tables ``names``; returns those that still exist. No object is made of them yet.

        :param known_as: other names of tables, each with the one in ``names``.
        """
        wanted = list(names)
        self.catalogue.choose(wanted, known_as)
        return [name for name in wanted if self.catalogue.has(name)]

    def build(self, names: Iterable[TableName]) -> None:
        """Make `Table` objects of tables that were read, and of those that their foreign keys lead to."""
        wanted = [name for name in self._with_referred(names) if self.table(name) is None]
        for schema in dict.fromkeys(schema for schema, _ in wanted):
            tables = [name for where, name in wanted if where == schema]
            facts = {kind: self.catalogue.all_of(kind, schema) for kind in sqla.KINDS}
            sqla.build_tables(self._inspector, self.metadata, schema, tables, facts)
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
        """The table; None where it was not built."""
        return self.metadata.tables.get(qualified(name))

    def built(self, name: TableName) -> Table:
        """The table, which was built; raises KeyError where it was not."""
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
                target = Table(name, self.metadata, schema=schema, info={_PLACEHOLDER: True})
            if target.info.get(_PLACEHOLDER) and column not in target.c:
                target.append_column(Column(column, key.parent.type))

    # --- constraints as the catalogue lists them, before anything is left out -------------------------------------

    def unique_constraints(self, table: Table) -> list[Listed] | None:
        """The unique constraints of ``table`` as ``Inspector`` lists them; None where the dialect has no list."""
        return self._listed(table, "unique_constraints", self._inspector.get_unique_constraints)

    def indexes(self, table: Table) -> list[Listed]:
        """The indexes of ``table`` as ``Inspector`` lists them."""
        return self._listed(table, "indexes", self._inspector.get_indexes) or []

    def knows_foreign_key_options(self, table: Table) -> bool:
        """Whether the dialect reflects ON DELETE, ON UPDATE and deferral of foreign keys."""
        listed = self._listed(table, "foreign_keys", self._inspector.get_foreign_keys) or []
        return any("options" in key for key in listed)

    def _listed(self, table: Table, kind: str, get: Callable[..., Any]) -> list[Listed] | None:
        name = (table.schema, table.name)
        listed = self.catalogue.of(kind, name) if self.catalogue.has(name) else None
        if listed is not None:
            return list(listed)
        try:
            return list(get(table.name, schema=table.schema))
        except NotImplementedError:
            return None

    def unique_constraint(self, table: Table, listed: Listed) -> UniqueConstraint:
        """The unique constraint of ``table`` that the catalogue lists."""
        options = self._impl.adjust_reflected_dialect_options(cast("dict[str, Any]", listed), "unique_constraint")
        reflected: UniqueConstraint | None = _reflected(table.constraints, listed, options)
        if reflected is not None:
            return reflected
        columns = [table.c[name] for name in listed["column_names"]]
        constraint = UniqueConstraint(*columns, name=_final(listed["name"]), **options)
        if listed.get("duplicates_index"):
            constraint.info["duplicates_index"] = listed["duplicates_index"]
        return constraint

    def index(self, table: Table, listed: Listed) -> Index:
        """The index of ``table`` that the catalogue lists."""
        options = self._impl.adjust_reflected_dialect_options(cast("dict[str, Any]", listed), "index")
        reflected: Index | None = _reflected(table.indexes, listed, options)
        if reflected is not None and not listed.get("expressions") and not listed.get("column_sorting"):
            return reflected
        keys = listed.get("expressions") or listed["column_names"]
        sorting = listed.get("column_sorting", {})
        expressions = [
            _key(table, key, column, sorting.get(key, ()))
            for key, column in zip(keys, listed["column_names"], strict=True)
        ]
        index = sqla.index_of(table, _final(listed["name"]), expressions, unique=listed["unique"], **options)
        if listed.get("duplicates_constraint"):
            index.info["duplicates_constraint"] = listed["duplicates_constraint"]
        return index


def _key(table: Table, key: str, column: str | None, sorting: Iterable[str]) -> ColumnElement[Any]:
    """A key of an index: a column or, where ``column`` is None, an expression, with ``desc`` and the like applied."""
    expression: ColumnElement[Any] = literal_column(key) if column is None else table.c[column]
    for method in sorting:
        expression = getattr(expression, method)()
    return expression


def _reflected(items: Iterable[Any], listed: Listed, options: Mapping[str, Any]) -> Any:
    """What `Inspector.reflect_table` made of an index or unique constraint, unless the impl wants other options."""
    if listed["name"] is None or options != listed.get("dialect_options", {}):
        return None
    if listed.get("duplicates_index") or listed.get("duplicates_constraint"):
        return None
    kinds = (Index, UniqueConstraint)
    return next((item for item in items if isinstance(item, kinds) and item.name == listed["name"]), None)


def _final(name: str | None) -> conv | None:
    return None if name is None else conv(name)
