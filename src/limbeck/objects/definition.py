"""An object as a value: what identifies it, and what it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

PARTITION = "partition"
"""The kind whose definition is its bounds, and whose table is the partitioned one."""

QUERIES = frozenset({"view", "materialized_view"})
"""The kinds whose definition may be a query; that of all others is their whole ``CREATE`` statement."""

WHERE_DECLARED = frozenset(
    {"schema", "extension", "default_privileges", "grant", "event_trigger", "event", "virtual_table", "partition"}
)
"""The kinds of which the database is read only where the models declare one, or where a comparison is asked for.

What no model declares may belong to another tool: it goes only where a script creates it.
"""

WITH_PRIVILEGES = frozenset({"view", "materialized_view", "function", "procedure", "aggregate", "composite_type"})
"""The kinds that have an owner and privileges, which are to come back where one is dropped and created again."""

ROUTINES = frozenset({"function", "procedure", "aggregate"})
"""The kinds of which several may have one name, told apart by their arguments."""

FOUNDATIONS = ("schema", "extension", "default_privileges")
"""The kinds that come before everything else and go after it, in this order."""


class ObjectId(NamedTuple):
    """What identifies an object.

    :param kind: ``view``, ``materialized_view``, ``function``, ``trigger``, ...
    :param schema: its schema; None for the connection's default one.
    :param name: its name.
    :param table: the table of a trigger; None for what belongs to no table.
    :param arguments: the types of a function's arguments, as the server writes them; None: it has no overloads.
    """

    kind: str
    schema: str | None
    name: str
    table: str | None = None
    arguments: str | None = None

    @property
    def words(self) -> str:
        """The kind in words: ``materialized view``."""
        return self.kind.replace("_", " ")

    def __str__(self) -> str:
        name = f"{self.schema}.{self.name}" if self.schema else self.name
        arguments = "" if self.arguments is None else f"({self.arguments})"
        return f"{self.words} {name}{arguments}{'' if self.table is None else f' of {self.table}'}"


@dataclass(frozen=True)
class ObjectDefinition:
    """An object as it is to be, or as the database has it.

    :param id: what identifies it.
    :param sql: the query of a view; the whole ``CREATE`` statement of anything else.
    :param indexes: the ``CREATE INDEX`` statements of a materialized view.
    :param comment: its comment; None where it has none.
    """

    id: ObjectId
    sql: str
    indexes: tuple[str, ...] = ()
    comment: str | None = None

    def named(self, id_: ObjectId) -> ObjectDefinition:
        """The same object under the identity that the server gives to it."""
        return replace(self, id=id_)
