"""Checks and PostgreSQL's exclusion constraints: create."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, Column, Constraint
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.types import NULLTYPE

from limbeck import sqla

from .abstract import AbstractOperations, BatchBase
from .arguments import bad_call, expect_optional_name, name_given
from .call import Call, ExcludedKey, SQLString, given
from .constraints import AddConstraintOp, options_of
from .operation import TakesOptions, operation
from .schemaobj import SchemaObjects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.sql.elements import ColumnElement, TextClause

    from limbeck.runtime.migration import MigrationContext

    Condition = str | TextClause | ColumnElement[Any]


@AddConstraintOp.register_add_constraint("check_constraint")
@AddConstraintOp.register_add_constraint("table_or_column_check_constraint")
@AddConstraintOp.register_add_constraint("column_check_constraint")
@operation("create_check_constraint", in_batch=True, init=False, makes=CheckConstraint)
class CreateCheckConstraintOp(TakesOptions, AddConstraintOp):
    """Create a check.

    :param constraint_name: its name; None: the naming convention's, or the database's.
    :param table_name: the table.
    :param condition: the condition, SQL as a string or an expression.
    :param schema: the table's schema.
    :param kw: ``deferrable``, ``initially``, ``<dialect>_...``.
    """

    constraint_type = "check"

    constraint_name: str | None
    table_name: str
    condition: Condition
    _: KW_ONLY
    schema: str | None = None

    def __post_init__(self) -> None:
        expect_optional_name(self.call, "constraint_name", self.constraint_name)
        self.table_name = name_given(self.call, "table_name", self.table_name)
        expect_optional_name(self.call, "schema", self.schema)
        if self.condition is None or isinstance(self.condition, bool | list | tuple):
            raise bad_call(self.call, f"argument 'condition' is a SQL expression, not {self.condition!r}")

    @classmethod
    def from_constraint(cls, constraint: Constraint) -> CreateCheckConstraintOp:
        """The operation that creates the check ``constraint``."""
        check: CheckConstraint = constraint  # type: ignore[assignment]  # its visit name says so
        table = sqla.table_of_constraint(check)
        return cls(sqla.given_name(check), table.name, check.sqltext, schema=table.schema, **options_of(check))

    def to_constraint(self, migration_context: MigrationContext | None = None) -> CheckConstraint:
        """The check as an object of SQLAlchemy."""
        return SchemaObjects(migration_context).check_constraint(
            self.constraint_name, self.table_name, self.condition, schema=self.schema, **self.kw
        )

    def to_call(self, *, batch: bool = False) -> Call:
        """``create_check_constraint(name, table, condition, deferrable=, initially=, <dialect>_...=, schema=)``."""
        on = (self.constraint_name,) if batch else (self.constraint_name, self.table_name)
        options = self.kw | given(schema=None if batch else self.schema)
        condition = SQLString(self.condition) if isinstance(self.condition, ClauseElement) else self.condition
        return Call("create_check_constraint", (*on, condition), options)


@AddConstraintOp.register_add_constraint("exclude_constraint")
@operation(
    "create_exclude_constraint", in_batch=True, init=False, makes=Constraint, more_keywords=("where", "using", "ops")
)
class CreateExcludeConstraintOp(TakesOptions, AddConstraintOp):
    """Create an exclusion constraint (PostgreSQL).

    :param constraint_name: its name; None: the naming convention's, or the database's.
    :param table_name: the table.
    :param elements: pairs of column or expression, and operator.
    :param where: the condition of the rows that it applies to.
    :param schema: the table's schema.
    :param kw: ``using``, ``deferrable``, ``initially``, ``ops``.
    """

    constraint_type = "exclude"

    constraint_name: str | None
    table_name: str
    elements: Sequence[tuple[Any, str]]
    where: Condition | None = None
    schema: str | None = None
    _orig_constraint: Constraint | None = None

    def __post_init__(self) -> None:
        expect_optional_name(self.call, "constraint_name", self.constraint_name)
        self.table_name = name_given(self.call, "table_name", self.table_name)
        for element in self.elements:
            if not isinstance(element, list | tuple) or len(element) != _PAIR:
                raise bad_call(self.call, f"each element is a pair of column and operator, not {element!r}")

    @classmethod
    def from_constraint(cls, constraint: Constraint) -> CreateExcludeConstraintOp:
        """The operation that creates the exclusion constraint ``constraint``."""
        return cls(
            sqla.given_name(constraint),
            constraint.table.name,
            sqla.exclude_elements(constraint),
            schema=constraint.table.schema,
            _orig_constraint=constraint,
            **given(**sqla.exclude_arguments(constraint)),
        )

    def to_constraint(self, migration_context: MigrationContext | None = None) -> Constraint:
        """The exclusion constraint as an object of SQLAlchemy: that from which the operation was made, or a new one."""
        if self._orig_constraint is not None:
            return self._orig_constraint
        names = [column if isinstance(column, str) else getattr(column, "name", None) for column, _ in self.elements]
        columns = [Column(name, NULLTYPE) for name in dict.fromkeys(names) if name]
        table = SchemaObjects(migration_context).table(self.table_name, *columns, schema=self.schema)
        constraint = sqla.exclude_constraint(self.elements, name=self.constraint_name, where=self.where, **self.kw)
        table.append_constraint(constraint)
        return constraint

    def to_call(self, *, batch: bool = False) -> Call:
        """``create_exclude_constraint(name, table, *elements, where=, deferrable=, initially=, using=, schema=)``."""
        on = (self.constraint_name,) if batch else (self.constraint_name, self.table_name)
        named = ("deferrable", "initially", "using")
        options = given(where=self.where, **{name: self.kw.get(name) or None for name in named})
        options |= given(schema=None if batch else self.schema)
        options |= {name: value for name, value in self.kw.items() if name not in named}
        elements = [(ExcludedKey(key), operator) for key, operator in self.elements]
        return Call("create_exclude_constraint", (*on, *elements), options)


_PAIR = 2


class CheckOperations(AbstractOperations):
    """What ``op.`` offers for checks and exclusion constraints."""

    def create_check_constraint(
        self,
        constraint_name: str | None,
        table_name: str,
        condition: Condition,
        *,
        schema: str | None = None,
        **kw: Any,
    ) -> None:
        """Create a check.

        :param constraint_name: its name; None: the naming convention's, or the database's.
        :param table_name: the table.
        :param condition: the condition, SQL as a string or an expression over `sqlalchemy.column`.
        :param schema: the table's schema; default: the connection's own.
        :param kw: ``deferrable`` (bool), ``initially`` ("DEFERRED" or "IMMEDIATE"), ``<dialect>_...``.
        """
        self.invoke(CreateCheckConstraintOp(constraint_name, table_name, condition, schema=schema, **kw))

    def create_exclude_constraint(
        self, constraint_name: str | None, table_name: str, *elements: tuple[Any, str], **kw: Any
    ) -> None:
        """Create an exclusion constraint (PostgreSQL).

        :param constraint_name: its name; None: the naming convention's, or the database's.
        :param table_name: the table.
        :param elements: pairs of column or expression, and operator: ``("period", "&&")``.
        :param kw: ``where``, ``schema``, ``using`` (default ``gist``), ``deferrable``, ``initially``.
        """
        self.invoke(CreateExcludeConstraintOp(constraint_name, table_name, elements, **kw))


class BatchCheckOperations(BatchBase):
    """What ``batch_op.`` offers for checks and exclusion constraints."""

    def create_check_constraint(self, constraint_name: str | None, condition: Condition, **kw: Any) -> None:
        """Create a check on the table of this block; parameters as for `op.create_check_constraint`."""
        kw["schema"] = self._schema
        self.invoke(CreateCheckConstraintOp(constraint_name, self._table_name, condition, **kw))

    def create_exclude_constraint(self, constraint_name: str | None, *elements: tuple[Any, str], **kw: Any) -> None:
        """Create an exclusion constraint on this block's table; parameters as for `op.create_exclude_constraint`."""
        kw["schema"] = self._schema
        self.invoke(CreateExcludeConstraintOp(constraint_name, self._table_name, elements, **kw))
