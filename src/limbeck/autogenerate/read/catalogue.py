"""What a database says of its tables, as plain values, before any object is made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from limbeck import sqla

from .renamed import renamed_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy.engine import Inspector

    from limbeck.autogenerate.compare.renames import Renames
    from limbeck.ddl.schema_facts import SchemaFacts

    TableName = tuple[str | None, str]


class Catalogue:
    """The catalogue of a database: each kind of fact is asked for once, for all tables, and only when it is needed.

    :param inspector: SQLAlchemy's inspector of the database.
    """

    def __init__(self, inspector: Inspector) -> None:
        self.inspector = inspector
        self._names: dict[str | None, list[str]] = {}
        self._said: dict[tuple[str | None, str], dict[TableName, Any] | None] = {}
        self._unreflectable: dict[Any, Exception] = {}
        self._as_it_will_be: Callable[[str, dict[TableName, Any]], dict[TableName, Any]] = lambda _kind, said: said

    def rename(self, renames: Renames, impl: SchemaFacts) -> None:
        """Speak from now on as the database will after ``renames``."""
        self._as_it_will_be = lambda kind, said: renamed_facts(kind, said, renames, impl)
        for (_, kind), said in self._said.items():
            if said is not None:
                renamed = self._as_it_will_be(kind, dict(said))
                said.clear()
                said.update(renamed)

    @property
    def reader(self) -> Any:
        """What is asked: the connection, or what answers like it."""
        return self.inspector.bind

    def look_at(self, names: Iterable[TableName]) -> None:
        """Say which tables are of interest, before anything is asked of their schemas."""
        for schema, name in names:
            self._names.setdefault(schema, []).append(name)

    @property
    def schemas(self) -> list[str | None]:
        """The schemas whose tables are of interest."""
        return list(self._names)

    def all_of(self, kind: str, schema: str | None) -> dict[TableName, Any] | None:
        """The facts of one kind by table, as ``Inspector.get_multi_<kind>`` gives them; None where nobody can tell."""
        if (schema, kind) not in self._said:
            names = self._names[schema]
            said = sqla.ask_catalogue(self.inspector, kind, schema, names, self._unreflectable)
            self._said[schema, kind] = said if said is None else self._as_it_will_be(kind, said)
        return self._said[schema, kind]

    def of(self, kind: str, name: TableName) -> Any:
        """The facts of one kind of one table; None where there are none, or the dialect cannot tell."""
        said = self.all_of(kind, name[0])
        return None if said is None else said.get(name)

    def has(self, name: TableName) -> bool:
        """Whether the table was looked at, is still there, and can be read."""
        return name[0] in self._names and self.of("columns", name) is not None and name not in self._unreflectable
