"""Most tables of most comparisons are unchanged: the catalogue tells them, so that no objects are made of them.

A comparator may come with a check: a function that sees a table of the models beside what the catalogue has of it, and
tells whether the comparator would find nothing, and log nothing. A table that passes all checks is left out. Whatever a
check cannot tell is left to its comparator, which sees SQLAlchemy's objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from limbeck import sqla
from limbeck.autogenerate.read.table_view import TableView, Verdicts
from limbeck.autogenerate.registry import unchanged_check
from limbeck.ddl.classic_compare import Comparison

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Table

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.autogenerate.read.names import TableName


class UnchangedTables:
    """Tells which tables are unchanged.

    :param autogen_context: the comparison.
    """

    def __init__(self, autogen_context: AutogenContext) -> None:
        self._context = autogen_context
        self._impl = autogen_context.migration_context.impl
        self._catalogue = autogen_context.state.reflection.catalogue
        self._adapt = self._impl._compat_autogen_column_reflect(autogen_context.inspector)  # noqa: SLF001 what Alembic calls it
        dialect = autogen_context.dialect.name
        comparators = autogen_context.comparators
        functions = [
            each for target in ("column", "table") for each in comparators.functions(target, qualifier=dialect)
        ]
        self._checks = [unchanged_check(function) for function in functions]
        self._verdicts = Verdicts()

    def can_tell(self) -> bool:
        """Whether no third party sees reflected objects: by a filter, a function, a listener or a comparator."""
        functions = (self._context.compare_type, self._context.compare_server_default)
        return not (
            None in self._checks
            or self._context.has_filters
            or any(map(callable, functions))
            or not _compares_by_default(self._impl)
            or sqla.is_reflection_watched()
        )

    def adapt(self, name: TableName) -> None:
        """Have the impl correct what the catalogue has of the columns, as it corrects columns that are reflected."""
        place = cast("Table", sqla.table_of(name[1], name[0]))
        for listed in self._catalogue.of("columns", name):
            self._adapt(place, listed)

    def is_unchanged(self, name: TableName, table: Table) -> bool:
        """Whether no comparator would find anything in a table that is on both sides."""
        database = {listed["name"]: listed for listed in self._catalogue.of("columns", name)}
        model = {column.name: column for column in table.c if not column.system}
        if database.keys() != model.keys():
            return False
        view = TableView(
            name,
            table,
            [(database[key], column) for key, column in model.items()],
            self._catalogue,
            self._impl,
            self._context.state.snapshot,
            compares_types=self._context.compare_type is not False,
            compares_defaults=self._context.compare_server_default is not False,
            verdicts=self._verdicts,
        )
        return all(check(view) for check in self._checks if check is not None)


def unchanged_tables(
    autogen_context: AutogenContext, names: Iterable[TableName], models: Mapping[TableName, Table]
) -> set[TableName]:
    """Those of the tables ``names`` that are unchanged; none where the catalogue alone cannot tell.

    :param names: tables of the database. :param models: the tables of the models by name.
    """
    tables = UnchangedTables(autogen_context)
    if not tables.can_tell():
        return set()
    for name in names:
        tables.adapt(name)
    return {name for name in names if name in models and tables.is_unchanged(name, models[name])}


def _compares_by_default(impl: Comparison) -> bool:
    """Whether no method of `Comparison` is overridden by a third party, whose code may depend on what it is given."""
    return all(
        getattr(type(impl), name).__module__.startswith("limbeck.")
        for name, method in vars(Comparison).items()
        if callable(method) and not name.startswith("__")
    )
