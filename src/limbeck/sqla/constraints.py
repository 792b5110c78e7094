"""Constraints: where they come from, what they are called, and copies of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import schema
from sqlalchemy.sql import ddl as sql_ddl
from sqlalchemy.sql.elements import conv

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.engine import Connection, Dialect


def wanted_by(constraint: schema.Constraint, impl: object) -> bool:
    """Whether the dialect creates ``constraint``: that of a type has a rule (PostgreSQL creates none for Boolean)."""
    rule = constraint._create_rule
    return rule is None or bool(rule(impl))


def applies(item: schema.Constraint | schema.Index, bind: Connection) -> bool:
    """Whether ``ddl_if()`` of the models lets the item be created in the database of ``bind``."""
    condition = item._ddl_if
    if condition is None:
        return True
    element = schema.CreateIndex(item) if isinstance(item, schema.Index) else sql_ddl.CreateConstraint(item)
    return condition._should_execute(element, item, bind)


def is_conditional(constraint: schema.Constraint) -> bool:
    """Whether only some dialects create ``constraint``, as they do the check of a type."""
    return constraint._create_rule is not None


def make_unconditional(constraint: schema.Constraint) -> None:
    """Have every dialect create ``constraint``, the copy of one whose rule was asked already."""
    constraint._create_rule = None


def is_type_bound(constraint: schema.Constraint) -> bool:
    """Whether the constraint comes with a column's type (``Boolean(create_constraint=True)``)."""
    return bool(getattr(constraint, "_type_bound", False))


def is_implicit(constraint: schema.Constraint) -> bool:
    """Whether the constraint comes from a type or a rule, and was not declared."""
    return is_type_bound(constraint) or constraint._create_rule is not None


def is_attached(constraint: schema.Constraint) -> bool:
    """Whether the constraint belongs to a table."""
    return isinstance(getattr(constraint, "parent", None), schema.Table)


def checks_of(table: schema.Table) -> list[schema.CheckConstraint]:
    """The checks of a table and of its columns, in the order in which they were made."""
    of_columns = (item for column in table.columns for item in column.constraints)
    return [item for item in in_order({*table.constraints, *of_columns}) if isinstance(item, schema.CheckConstraint)]


def column_of_check(item: object) -> schema.Column[Any] | None:
    """The column that a check was declared with; None for a check of the table, and for what is no check."""
    parent = getattr(item, "parent", None)
    return parent if isinstance(parent, schema.Column) else None


def constraint_name(constraint: schema.Constraint | schema.Index, dialect: Dialect) -> str | None:
    """The name that ``dialect`` creates it with, convention applied and truncated; None for an unnamed one."""
    if constraint.name is None:
        return None
    return dialect.identifier_preparer.format_constraint(constraint, _alembic_quote=False)


def conventional_name(constraint: schema.Constraint) -> str | None:
    """The name that a naming convention made; None for any other name and for none."""
    return str(constraint.name) if isinstance(constraint.name, conv) else None


def given_name(constraint: schema.Constraint) -> str | None:
    """The name that was declared or that a naming convention made; None for an unnamed constraint."""
    return constraint.name if isinstance(constraint.name, str) else None


def lacks_a_name(check: schema.Constraint) -> bool:
    """Whether the naming convention of its table makes the name of ``check`` from one that it does not have."""
    if given_name(check) is not None:
        return False
    convention = cast("Mapping[object, object]", check.table.metadata.naming_convention)
    return "%(constraint_name)s" in str(convention.get("ck", convention.get(schema.CheckConstraint)))


def exclude_elements(constraint: Any) -> list[tuple[Any, str]]:
    """The (expression, operator) pairs of PostgreSQL's `ExcludeConstraint`."""
    return [(expression, operator) for expression, _name, operator in constraint._render_exprs]


def exclude_arguments(constraint: Any) -> dict[str, Any]:
    """The keyword arguments that PostgreSQL's `ExcludeConstraint` was made with; None where it was made without one."""
    names = ("where", "deferrable", "initially", "using")
    return {name: getattr(constraint, name) for name in names} | {"ops": constraint.ops or None}


def exclude_constraint(elements: Iterable[tuple[Any, str]], **arguments: Any) -> schema.Constraint:
    """PostgreSQL's `ExcludeConstraint` of (column or expression, operator) pairs; ``arguments`` as it takes them."""
    from sqlalchemy.dialects.postgresql import ExcludeConstraint

    return ExcludeConstraint(*elements, **arguments)


def copy_constraint(constraint: schema.Constraint, table: schema.Table) -> schema.Constraint:
    """A copy on the columns of ``table`` that have the same names."""
    copy = constraint._copy(target_table=table)
    for name in {"ops"} & vars(constraint).keys():
        setattr(copy, name, getattr(constraint, name))  # operator classes, which SQLAlchemy's copy lacks
    return copy


def table_of_constraint(constraint: schema.Constraint) -> schema.Table:
    """The table of a constraint, which a check that was declared with a column has by way of that."""
    column = column_of_check(constraint)
    return constraint.table if column is None else column.table


def in_order(constraints: Iterable[schema.Constraint]) -> list[schema.Constraint]:
    """``constraints``, which SQLAlchemy keeps in a set, in the order in which they were made."""
    return sorted(constraints, key=lambda constraint: constraint._creation_order)
