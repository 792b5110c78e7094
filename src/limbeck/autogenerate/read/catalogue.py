"""The catalogue of a database as plain values, before any SQLAlchemy object is made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from limbeck import sqla

from .renamed import renamed_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy.engine import Connection, Inspector
    from sqlalchemy.engine.interfaces import ReflectedForeignKeyConstraint

    from limbeck.ddl.schema_facts import SchemaFacts

    from .names import TableName
    from .renames import Renames

    Facts = dict[TableName, Any]  # as Inspector.get_multi_<kind> returns them


class Catalogue:
    """The catalogue of a database: each kind of fact is read once, for all tables, and only when it is needed.

    :param inspector: SQLAlchemy's inspector of the database.
    """

    def __init__(self, inspector: Inspector) -> None:
        self.inspector = inspector
        self._chosen: dict[str | None, list[str]] = {}
        self._facts: dict[tuple[str | None, str], Facts | None] = {}
        self._unreflectable: dict[TableName, Exception] = {}
        self._renamed: Callable[[str, Facts], Facts] = lambda _kind, facts: facts
        self._known_as: Mapping[TableName, TableName] = {}

    def rename(self, renames: Renames, impl: SchemaFacts) -> None:
        """Return facts from now on as they will be after ``renames``.

        :param impl: knows which names of constraints change with the names of their tables.
        """
        self._renamed = lambda kind, facts: renamed_facts(kind, facts, renames, impl)
        for (_, kind), facts in self._facts.items():
            if facts is not None:
                renamed = self._renamed(kind, dict(facts))
                facts.clear()
                facts.update(renamed)

    @property
    def connection(self) -> Connection:
        """The connection that is read through, or what answers in its place."""
        return self.inspector.bind  # type: ignore[return-value]  # a comparison has a connection, no engine

    def choose(self, names: Iterable[TableName], known_as: Mapping[TableName, TableName]) -> None:
        """Choose the tables whose facts are read; to be called before the first question about their schemas.

        :param known_as: other names of tables, each with the one that they are chosen by; foreign keys refer to that.
        """
        self._known_as = known_as
        for schema, name in names:
            self._chosen.setdefault(schema, []).append(name)

    @property
    def schemas(self) -> list[str | None]:
        """The schemas of the chosen tables."""
        return list(self._chosen)

    def all_of(self, kind: str, schema: str | None) -> Facts | None:
        """The facts of one kind by table, as ``Inspector.get_multi_<kind>`` returns them.

        None where the dialect does not implement that kind.
        """
        if (schema, kind) not in self._facts:
            names = self._chosen[schema]
            facts = sqla.ask_catalogue(self.inspector, kind, schema, names, self._unreflectable)
            if kind == "foreign_keys" and facts is not None and self._known_as:
                facts = {table: [self._to_known(key) for key in keys] for table, keys in facts.items()}
            self._facts[schema, kind] = None if facts is None else self._renamed(kind, facts)
        return self._facts[schema, kind]

    def _to_known(self, key: ReflectedForeignKeyConstraint) -> ReflectedForeignKeyConstraint:
        target = (key["referred_schema"], key["referred_table"])
        schema, table = self._known_as.get(target, target)
        return {**key, "referred_schema": schema, "referred_table": table}

    def of(self, kind: str, name: TableName) -> Any:
        """The facts of one kind of one table, as ``Inspector.get_<kind>`` returns them.

        None where the catalogue has none, or the dialect does not implement that kind.
        """
        facts = self.all_of(kind, name[0])
        return None if facts is None else facts.get(name)

    def has(self, name: TableName) -> bool:
        """Whether the table was chosen, still exists, and can be read."""
        return name[0] in self._chosen and self.of("columns", name) is not None and name not in self._unreflectable
