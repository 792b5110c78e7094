"""``IF [NOT] EXISTS``: a clause of the statement where the dialect has one, else a question to the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import inspect

from limbeck import sqla

from .execution import Execution
from .unsupported import unsupported

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Inspector

PLURALS = {"table": "tables", "index": "indexes", "column": "columns", "constraint": "constraints"}


class IfExists(Execution):
    """The part of an impl that asks the database before it sends a statement: for an object, or for rows of a table."""

    #: kinds of object whose statements have ``IF NOT EXISTS``, and ``IF EXISTS``
    if_not_exists: ClassVar[frozenset[str]] = frozenset({"table", "index", "column"})
    if_exists: ClassVar[frozenset[str]] = frozenset({"table", "index", "column", "constraint"})

    def _already_satisfied(self, word: str, wanted: bool | None, kind: str, there: Callable[[Inspector], bool]) -> bool:
        """Whether the catalogue shows that a statement with ``IF [NOT] EXISTS`` has nothing to do.

        False where SQL has the clause for objects of this kind: then the database decides.

        :param word: ``if_exists`` or ``if_not_exists``.
        :param wanted: whether the caller gave it.
        :param kind: table, index, column or constraint.
        :param there: tells from an inspector whether the object exists.
        :raises CommandError: in offline mode, where there is no catalogue to ask.
        """
        if not wanted or self._supports_clause(word, kind):
            return False
        if self.as_sql:
            raise unsupported(
                f"{self.dialect.name} has no {word.upper().replace('_', ' ')} for {PLURALS[kind]}",
                code="if-exists-unsupported",
                hint=f"leave {word} out of scripts for {self.dialect.name}; with a connection it works",
            )
        return self.can_query and there(inspect(self.require_connection(word))) is (word == "if_not_exists")

    def _supports_clause(self, word: str, kind: str) -> bool:
        return kind in (self.if_exists if word == "if_exists" else self.if_not_exists)

    def _supported_clauses(self, kind: str, kw: dict[str, Any]) -> dict[str, Any]:
        """``kw`` without the clauses that this dialect does not have for ``kind``."""
        return {
            key: value
            for key, value in kw.items()
            if key not in ("if_exists", "if_not_exists") or self._supports_clause(key, kind)
        }

    def _has_rows(self, table: str, schema: str | None) -> bool:
        anything: Any = sa.select(sa.literal_column("1")).select_from(sqla.table_of(table, schema)).limit(1)
        return self.require_connection("ADD COLUMN").execute(anything).first() is not None

    def _has_column(self, table: str, column: sa.Column[Any], schema: str | None) -> Callable[[Inspector], bool]:
        return lambda catalogue: column.name in {found["name"] for found in catalogue.get_columns(table, schema)}

    def _has_table(self, table: sa.Table) -> Callable[[Inspector], bool]:
        return lambda catalogue: catalogue.has_table(table.name, self.translated(table.schema))

    def _has_constraint(self, const: sa.Constraint) -> Callable[[Inspector], bool]:
        name, table = sqla.constraint_name(const, self.dialect), const.table
        schema = self.translated(table.schema)

        def there(catalogue: Inspector) -> bool:
            if isinstance(const, sa.PrimaryKeyConstraint):
                return bool(catalogue.get_pk_constraint(table.name, schema)["constrained_columns"])
            readers = (catalogue.get_foreign_keys, catalogue.get_unique_constraints, catalogue.get_check_constraints)
            return any(found["name"] == name for reader in readers for found in reader(table.name, schema))

        return there

    def _has_index(self, index: sa.Index) -> Callable[[Inspector], bool]:
        name, table = sqla.constraint_name(index, self.dialect), sqla.table_of_index(index)
        return lambda catalogue: catalogue.has_index(table.name, name or "", schema=self.translated(table.schema))
