"""Names in PostgreSQL, those that it gives to constraints (``makeObjectName`` in its source), and changes of types."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from limbeck import sqla
from limbeck.ddl.schema_facts import SchemaFacts

from .casts import using

if TYPE_CHECKING:
    from collections.abc import Sequence

    import sqlalchemy as sa

LONGEST = 63
"""Bytes of a name: NAMEDATALEN - 1."""
_LABELS = {"unique": "key", "foreignkey": "fkey", "check": "check"}


class PostgresqlFacts(SchemaFacts):
    """Names of indexes, and of constraints that have one, are unique in a schema."""

    has_named_types: ClassVar[bool] = True
    names_of_schema: ClassVar[frozenset[str]] = frozenset({"index", "unique", "primarykey"})
    default_name_scope: ClassVar[Literal["schema", "table"] | None] = "schema"

    def default_constraint_name(self, kind: str, table: str, columns: Sequence[str], taken: set[str]) -> str | None:
        """``table_columns_label``, cut to length, with the first number that makes it unique."""
        label = _LABELS.get(kind)
        if label is None:
            return None
        named = columns if kind != "check" or len(columns) == 1 else ()  # a check about one column has it in its name
        names = (_cut(table, "_".join(named), f"{label}{number or ''}") for number in count())
        return next(name for name in names if name not in taken)

    def type_change_options(self, database: sa.Column[Any], model: sa.Column[Any]) -> dict[str, Any]:
        """``postgresql_using``, if PostgreSQL has no assignment cast from one type to the other."""
        text = self.dialect.type_compiler_instance.process
        old, new = (text(column.type, type_expression=column) for column in (database, model))
        column = sqla.for_script(self.dialect).identifier_preparer.quote(model.name)
        options = {
            "modify_postgresql_using": using(self.connection, column, old, new),
            "existing_postgresql_using": using(self.connection, column, new, old),
        }
        return options if any(options.values()) else {}


def _cut(table: str, columns: str, label: str) -> str:
    """The parts, joined by underscores; the longer of the first two is cut until all fits."""
    parts = [part.encode() for part in (table, columns) if part]
    room = LONGEST - len(label) - len(parts)
    while sum(map(len, parts)) > room:
        longest = max(range(len(parts)), key=lambda at: (len(parts[at]), at))
        parts[longest] = parts[longest][:-1]
    return "_".join([*(part.decode(errors="ignore") for part in parts), label])
