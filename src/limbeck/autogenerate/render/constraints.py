"""Constraints inside of ``op.create_table`` as text."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.sql.elements import ClauseElement

from limbeck import sqla
from limbeck.operations.call import ExcludedKey
from limbeck.operations.dispatch import Dispatcher

from .expressions import _render_potential_expr
from .names import _arguments, _ident, _render_gen_name, _sqlalchemy_autogenerate_prefix, _user_defined_render
from .values import render_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ForeignKey, MetaData
    from sqlalchemy.schema import Constraint

    from ..context import AutogenContext

_constraint_renderers = Dispatcher()
"""By constraint class: ``fn(constraint, autogen_context, namespace_metadata) -> str | None``."""


def _render_constraint(
    constraint: Constraint, autogen_context: AutogenContext, namespace_metadata: MetaData | None
) -> str | None:
    """A constraint as text; None where it is left out."""
    try:
        renderer = _constraint_renderers.dispatch(constraint)
    except ValueError:
        if constraint.__visit_name__ == "exclude_constraint":
            return _render_exclude_constraint(constraint, autogen_context, namespace_metadata)
        warnings.warn(f"No renderer is established for object {constraint!r}", stacklevel=2)
        return f"[Unknown Python object {constraint!r}]"
    text: str | None = renderer(constraint, autogen_context, namespace_metadata)
    return text


def _rendered_by_user(kind: str, constraint: Constraint, autogen_context: AutogenContext) -> tuple[bool, str | None]:
    """Whether ``render_item`` renders the constraint, and its text; None where it leaves the constraint out."""
    rendered = _user_defined_render(kind, constraint, autogen_context)
    return rendered is not False, rendered or None


def _call(autogen_context: AutogenContext, name: str, args: list[str], options: dict[str, Any]) -> str:
    written = args + [f"{key}={value}" for key, value in options.items()]
    return f"{_sqlalchemy_autogenerate_prefix(autogen_context)}{name}({', '.join(written)})"


def _name(constraint: Constraint, autogen_context: AutogenContext) -> dict[str, str]:
    name = sqla.given_name(constraint)
    return {} if name is None else {"name": _render_gen_name(autogen_context, constraint.name)}


def _written(autogen_context: AutogenContext, **options: Any) -> dict[str, str]:
    given = {key: value for key, value in options.items() if isinstance(value, ClauseElement) or value}
    return {key: render_value(value, autogen_context) for key, value in given.items()}


def _dialect_options(constraint: Any, autogen_context: AutogenContext) -> dict[str, str]:
    return {key: render_value(value, autogen_context) for key, value in constraint.dialect_kwargs.items()}


def _render_dialect_kwargs_items(autogen_context: AutogenContext, dialect_kwargs: Mapping[str, object]) -> list[str]:
    """Options of dialects as keyword arguments; for third parties."""
    return [f"{key}={render_value(value, autogen_context)}" for key, value in dialect_kwargs.items()]


@_constraint_renderers.dispatch_for(PrimaryKeyConstraint)
def _render_primary_key(
    constraint: PrimaryKeyConstraint,
    autogen_context: AutogenContext,
    namespace_metadata: MetaData | None,
) -> str | None:
    by_user, text = _rendered_by_user("primary_key", constraint, autogen_context)
    if by_user or not constraint.columns:
        return text
    columns = [repr(_ident(column.name)) for column in constraint.columns]
    given = {key: value for key, value in constraint.dialect_kwargs.items() if value}
    deferral = _written(autogen_context, deferrable=constraint.deferrable, initially=constraint.initially)
    options = deferral | _name(constraint, autogen_context) | _written(autogen_context, **given)
    return _call(autogen_context, "PrimaryKeyConstraint", columns, options)


@_constraint_renderers.dispatch_for(UniqueConstraint)
def _render_unique_constraint(
    constraint: UniqueConstraint,
    autogen_context: AutogenContext,
    namespace_metadata: MetaData | None,
) -> str | None:
    by_user, text = _rendered_by_user("unique", constraint, autogen_context)
    if by_user:
        return text
    columns = [repr(_ident(column.name)) for column in constraint.columns]
    deferral = _written(autogen_context, deferrable=constraint.deferrable, initially=constraint.initially)
    options = deferral | _name(constraint, autogen_context) | _dialect_options(constraint, autogen_context)
    return _call(autogen_context, "UniqueConstraint", columns, options)


@_constraint_renderers.dispatch_for(ForeignKeyConstraint)
def _render_foreign_key(
    constraint: ForeignKeyConstraint, autogen_context: AutogenContext, namespace_metadata: MetaData | None
) -> str | None:
    by_user, text = _rendered_by_user("foreign_key", constraint, autogen_context)
    if by_user:
        return text
    own = namespace_metadata.schema if namespace_metadata is not None else None
    local = [_ident(element.parent.name) for element in constraint.elements]
    remote = [_fk_colspec(element, own) for element in constraint.elements]
    options = _name(constraint, autogen_context) | _written(
        autogen_context,
        onupdate=constraint.onupdate,
        ondelete=constraint.ondelete,
        initially=constraint.initially,
        deferrable=constraint.deferrable,
        use_alter=constraint.use_alter,
        match=constraint.match,
    )
    options |= _dialect_options(constraint, autogen_context)
    written = _arguments(
        autogen_context, f"{local!r}, {remote!r}", [f"{key}={value}" for key, value in options.items()]
    )
    return f"{_sqlalchemy_autogenerate_prefix(autogen_context)}ForeignKeyConstraint({written})"


def _fk_colspec(fk: ForeignKey, metadata_schema: str | None, namespace_metadata: MetaData | None = None) -> str:
    """The column that a foreign key refers to: ``schema.table.column``, by its name.

    :param metadata_schema: the schema of tables that name none. :param namespace_metadata: not used.
    """
    schema, table, column = sqla.fk_target(fk)
    schema = metadata_schema if schema is None else schema
    return f"{schema}.{table}.{column}" if schema else f"{table}.{column}"


@_constraint_renderers.dispatch_for(CheckConstraint)
def _render_check_constraint(
    constraint: CheckConstraint,
    autogen_context: AutogenContext,
    namespace_metadata: MetaData | None,
) -> str | None:
    by_user, text = _rendered_by_user("check", constraint, autogen_context)
    if by_user:
        return text
    if sqla.is_implicit(constraint):
        return None
    condition = _render_potential_expr(constraint.sqltext, autogen_context, wrap_in_element=False)
    options = _name(constraint, autogen_context) | _dialect_options(constraint, autogen_context)
    return _call(autogen_context, "CheckConstraint", [condition], options)


def _render_exclude_constraint(
    constraint: Constraint,
    autogen_context: AutogenContext,
    namespace_metadata: MetaData | None,
) -> str | None:
    by_user, text = _rendered_by_user("exclude", constraint, autogen_context)
    if by_user:
        return text
    autogen_context.imports.add("from sqlalchemy.dialects import postgresql")
    elements = [
        render_value((ExcludedKey(expression), operator), autogen_context)
        for expression, operator in sqla.exclude_elements(constraint)
    ]
    arguments = sqla.exclude_arguments(constraint)
    order = ("where", "deferrable", "initially", "using", "ops")
    options = _written(autogen_context, **{name: arguments[name] for name in order})
    written = elements + [f"{key}={value}" for key, value in (options | _name(constraint, autogen_context)).items()]
    return f"postgresql.ExcludeConstraint({', '.join(written)})"
