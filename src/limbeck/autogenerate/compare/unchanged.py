"""Most tables of most comparisons are unchanged, and a glance at the catalogue tells: no object is made of them.

A comparator may come with a glance: a function that looks at what the catalogue says of a table, beside the models'
table, and answers whether the comparator surely has nothing to say, not even to the log. A table of which all glances
say so is settled. Whatever a glance cannot tell for sure is left to its comparator, which sees real objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from limbeck import sqla
from limbeck.autogenerate.read.reflect import reflection_of
from limbeck.ddl.classic_compare import Comparison

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy import Column, Table

    from limbeck.autogenerate.read.reflect import TableName
    from limbeck.runtime.plugins import Plugin

    from ..context import AutogenContext

_glances: dict[Any, Callable[[TableView], bool]] = {}


def add_comparator(
    plugin: Plugin, comparator: Callable[..., Any], target: str, element: str, glance: Callable[[TableView], bool]
) -> None:
    """Register a comparator of columns or tables together with its glance.

    :param glance: whether ``comparator`` surely has nothing to say of a table, or of its columns.
    """
    plugin.add_autogenerate_comparator(comparator, target, element)
    give_glance(comparator, glance)


def give_glance(comparator: Callable[..., Any], glance: Callable[[TableView], bool]) -> None:
    """Say which glance tells whether ``comparator`` surely has nothing to say of a table."""
    _glances[comparator] = glance


class TableView:
    """A table of the models, and what the catalogue says of the one of that name.

    :param name: its name. :param table: the models' table.
    :param columns: its columns, each with what the catalogue says of it.
    """

    def __init__(
        self, glances: Glances, name: TableName, table: Table, columns: list[tuple[Mapping[str, Any], Column[Any]]]
    ) -> None:
        self.context = glances.context
        self.impl = glances.context.migration_context.impl
        self.name = name
        self.table = table
        self.columns = columns
        self.remember = glances.remember
        self._catalogue = glances.catalogue

    def listed(self, kind: str) -> Any:
        """What the catalogue says of the table, as ``Inspector.get_<kind>`` gives it; None where it says nothing."""
        return self._catalogue.of(kind, self.name)

    def knows(self, kind: str) -> bool:
        """Whether the dialect can tell facts of that kind."""
        return self._catalogue.all_of(kind, self.name[0]) is not None


class Glances:
    """The glances of one comparison.

    :param autogen_context: the comparison.
    """

    def __init__(self, autogen_context: AutogenContext) -> None:
        self.context = autogen_context
        self.catalogue = reflection_of(autogen_context).catalogue
        impl = autogen_context.migration_context.impl
        self._adapt = impl._compat_autogen_column_reflect(autogen_context.inspector)
        self._glances = [_glances.get(comparator) for comparator in _comparators(autogen_context)]
        self._verdicts: dict[Any, Any] = {}

    def suffice(self) -> bool:
        """Whether nobody but us sees reflected objects: no filter, function, listener or comparator of anybody else."""
        context = self.context.migration_context
        functions = (context._user_compare_type, context._user_compare_server_default)
        return not (
            None in self._glances
            or self.context._object_filters
            or self.context._name_filters
            or any(map(callable, functions))
            or not _compares_as_we_do(context.impl)
            or sqla.is_reflection_watched()
        )

    def settle(self, name: TableName, table: Table) -> bool:
        """Whether no comparator has anything to say of a table that is on both sides."""
        there = {listed["name"]: listed for listed in self.catalogue.of("columns", name)}
        ours = {column.name: column for column in table.c if not column.system}
        if there.keys() != ours.keys():
            return False
        sight = TableView(self, name, table, [(there[key], column) for key, column in ours.items()])
        return all(glance(sight) for glance in self._glances if glance is not None)

    def adapt(self, name: TableName) -> None:
        """Let the impl correct what the catalogue says of the columns, as it corrects columns that are reflected."""
        place = sqla.table_of(name[1], name[0])
        for listed in self.catalogue.of("columns", name):
            self._adapt(cast("Any", place), listed)

    def remember(self, key: Any, tell: Callable[[], Any]) -> Any:
        """What ``tell`` returns, which is not called twice for the same ``key``; None is no key."""
        if None in key:
            return tell()
        found = self._verdicts.get(key, self)
        if found is self:
            found = self._verdicts[key] = tell()
        return found


def settled_at_a_glance(
    autogen_context: AutogenContext, names: Iterable[TableName], models: Mapping[TableName, Table]
) -> set[TableName]:
    """Those of the tables ``names`` of which no comparator has anything to say.

    :param models: the tables of the models by name.
    """
    glances = Glances(autogen_context)
    if not glances.suffice():
        return set()
    for name in names:
        glances.adapt(name)
    return {name for name in names if name in models and glances.settle(name, models[name])}


def _comparators(autogen_context: AutogenContext) -> list[Any]:
    dialect = autogen_context.dialect.name
    return [
        function
        for target in ("column", "table")
        for function in autogen_context.comparators.functions(target, qualifier=dialect)
    ]


def _compares_as_we_do(impl: Comparison) -> bool:
    """Whether the override points of `Comparison` are ours: a method of another impl may look at what it is given."""
    return all(
        getattr(type(impl), name).__module__.startswith("limbeck.")
        for name, method in vars(Comparison).items()
        if callable(method) and not name.startswith("__")
    )
