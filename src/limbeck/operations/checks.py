"""Checks and PostgreSQL's exclusion constraints: create."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Column
from sqlalchemy.types import NULLTYPE

from limbeck import sqla

from .abstract import AbstractOperations, BatchBase
from .arguments import bad_call, expect_name, expect_optional_name
from .constraints import AddConstraintOp
from .operation import Call, given
from .schemaobj import SchemaObjects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import CheckConstraint
    from sqlalchemy.dialects.postgresql import ExcludeConstraint
    from sqlalchemy.schema import Constraint
    from sqlalchemy.sql.elements import ColumnElement, TextClause

    from limbeck.runtime.migration import MigrationContext


@AddConstraintOp.register_add_constraint("check_constraint")
@AddConstraintOp.register_add_constraint("table_or_column_check_constraint")
@AddConstraintOp.register_add_constraint("column_check_constraint")
class CreateCheckConstraintOp(AddConstraintOp):
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
    condition: str | TextClause | ColumnElement[Any]
    schema: str | None
    kw: dict[str, Any]

    def __init__(
        self,
        constraint_name: str | None,
        table_name: str,
        condition: str | TextClause | ColumnElement[Any],
        *,
        schema: str | None = None,
        **kw: Any,
    ) -> None:
        call = "op.create_check_constraint"
        expect_optional_name(call, "constraint_name", constraint_name)
        expect_name(call, "table_name", table_name)
        expect_optional_name(call, "schema", schema)
        if condition is None or isinstance(condition, bool | list | tuple):
            raise bad_call(call, f"argument 'condition' is a SQL expression, not {condition!r}")
        self._fill(
            constraint_name=constraint_name,
            table_name=table_name,
            condition=condition,
            schema=schema,
            kw=kw,
        )

    @classmethod
    def from_constraint(cls, constraint: Constraint) -> CreateCheckConstraintOp:
        """The operation that creates the check ``constraint``."""
        check: CheckConstraint = constraint  # type: ignore[assignment]  # its visit name says so
        table = check.table
        options = given(deferrable=check.deferrable or None, initially=check.initially or None)
        return cls(
            sqla.given_name(check),
            table.name,
            check.sqltext,
            schema=table.schema,
            **options,
            **check.dialect_kwargs,
        )

    def to_constraint(self, migration_context: MigrationContext | None = None) -> CheckConstraint:
        """The check, made anew on a throw-away table."""
        return SchemaObjects(migration_context).check_constraint(
            self.constraint_name, self.table_name, self.condition, schema=self.schema, **self.kw
        )

    def to_call(self, *, batch: bool = False) -> Call:
        """``create_check_constraint(name, table, condition, deferrable=, initially=, <dialect>_...=, schema=)``."""
        where = (self.constraint_name,) if batch else (self.constraint_name, self.table_name)
        options = self.kw | given(schema=None if batch else self.schema)
        return Call("create_check_constraint", (*where, self.condition), options)


@AddConstraintOp.register_add_constraint("exclude_constraint")
class CreateExcludeConstraintOp(AddConstraintOp):
    """Create an exclusion constraint (PostgreSQL).

    :param constraint_name: its name; None: the naming convention's, or the database's.
    :param table_name: the table.
    :param elements: pairs of column or expression, and operator.
    :param where: the rows that it is about.
    :param schema: the table's schema.
    :param kw: ``using``, ``deferrable``, ``initially``, ``ops``.
    """

    constraint_type = "exclude"

    constraint_name: str | None
    table_name: str
    elements: Sequence[tuple[Any, str]]
    where: str | ColumnElement[bool] | TextClause | None
    schema: str | None
    _orig_constraint: ExcludeConstraint | None
    kw: dict[str, Any]

    def __init__(
        self,
        constraint_name: str | None,
        table_name: str,
        elements: Sequence[tuple[Any, str]],
        where: str | ColumnElement[bool] | TextClause | None = None,
        schema: str | None = None,
        _orig_constraint: ExcludeConstraint | None = None,
        **kw: Any,
    ) -> None:
        call = "op.create_exclude_constraint"
        expect_optional_name(call, "constraint_name", constraint_name)
        expect_name(call, "table_name", table_name)
        for element in elements:
            if not isinstance(element, list | tuple) or len(element) != _PAIR:
                raise bad_call(call, f"each element is a pair of column and operator, not {element!r}")
        self._fill(
            constraint_name=constraint_name,
            table_name=table_name,
            elements=elements,
            where=where,
            schema=schema,
            _orig_constraint=_orig_constraint,
            kw=kw,
        )

    @classmethod
    def from_constraint(cls, constraint: Constraint) -> CreateExcludeConstraintOp:
        """The operation that creates the exclusion constraint ``constraint``."""
        exclude: ExcludeConstraint = constraint  # type: ignore[assignment]  # its visit name says so
        options = given(
            deferrable=exclude.deferrable, initially=exclude.initially, using=exclude.using, ops=exclude.ops or None
        )
        return cls(
            sqla.given_name(exclude),
            exclude.table.name,
            sqla.exclude_elements(exclude),
            where=exclude.where,
            schema=exclude.table.schema,
            _orig_constraint=exclude,
            **options,
        )

    def to_constraint(self, migration_context: MigrationContext | None = None) -> ExcludeConstraint:
        """The exclusion constraint; made anew, unless this operation was made from one."""
        from sqlalchemy.dialects.postgresql import ExcludeConstraint

        if self._orig_constraint is not None:
            return self._orig_constraint
        names = [column if isinstance(column, str) else getattr(column, "name", None) for column, _ in self.elements]
        columns = [Column(name, NULLTYPE) for name in dict.fromkeys(names) if name]
        table = SchemaObjects(migration_context).table(self.table_name, *columns, schema=self.schema)
        constraint = ExcludeConstraint(*self.elements, name=self.constraint_name, where=self.where, **self.kw)
        table.append_constraint(constraint)
        return constraint

    def to_call(self, *, batch: bool = False) -> Call:
        """``create_exclude_constraint(name, table, *elements, where=, schema=, using=, ...)``."""
        where = (self.constraint_name,) if batch else (self.constraint_name, self.table_name)
        options = given(where=self.where, schema=None if batch else self.schema) | self.kw
        return Call("create_exclude_constraint", (*where, *self.elements), options)


_PAIR = 2


class CheckOperations(AbstractOperations):
    """What ``op.`` offers for checks and exclusion constraints."""

    def create_check_constraint(
        self,
        constraint_name: str | None,
        table_name: str,
        condition: str | TextClause | ColumnElement[Any],
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

    def create_check_constraint(
        self, constraint_name: str | None, condition: str | TextClause | ColumnElement[Any], **kw: Any
    ) -> None:
        """Create a check on the table of this block; parameters as for `op.create_check_constraint`."""
        kw["schema"] = self._schema
        self.invoke(CreateCheckConstraintOp(constraint_name, self._table_name, condition, **kw))

    def create_exclude_constraint(self, constraint_name: str | None, *elements: tuple[Any, str], **kw: Any) -> None:
        """Create an exclusion constraint on this block's table; parameters as for `op.create_exclude_constraint`."""
        kw["schema"] = self._schema
        self.invoke(CreateExcludeConstraintOp(constraint_name, self._table_name, elements, **kw))
