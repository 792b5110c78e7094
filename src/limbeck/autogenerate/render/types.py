"""Types as text, and the imports that the text needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol, cast

import sqlalchemy
from sqlalchemy.types import Enum, Interval, TypeEngine, to_instance

from limbeck import sqla
from limbeck.types import SqlType

from .expressions import _render_potential_expr
from .names import _sqlalchemy_autogenerate_prefix, _user_autogenerate_prefix, _user_defined_render

if TYPE_CHECKING:
    from ..context import AutogenContext

_DIALECT = re.compile(r"sqlalchemy\.dialects\.(\w+)")
# attributes in which types keep types that they are made of
_INNER = ("item_type", "astext_type", "text_type", "data_type")


def _repr_type(
    type_: TypeEngine[Any] | type[TypeEngine[Any]], autogen_context: AutogenContext, _skip_variants: bool = False
) -> str:
    """A type as text."""
    type_ = to_instance(type_)
    by_user = _user_defined_render("type", type_, autogen_context)
    if by_user is not False:
        return str(by_user)
    by_impl = autogen_context.migration_context.impl.render_type(type_, autogen_context)
    if by_impl is False and _is_standalone(type_, autogen_context):
        text = _repr_standalone(type_, autogen_context)
    elif by_impl is not False:
        text = str(by_impl)
        if type(type_).__module__.startswith("sqlalchemy.dialects"):
            _import_dialect(type_, autogen_context)
    else:
        text = f"{_prefix(type_, autogen_context)}{_repr_with_inner(type_, autogen_context)}"
    if _skip_variants:
        return text
    return text + "".join(
        f".with_variant({_repr_type(variant, autogen_context)}, {name!r})" for name, variant in sqla.variants(type_)
    )


def _is_standalone(type_: sqla.AnyType, autogen_context: AutogenContext) -> bool:
    """Whether the script creates the type by an operation of its own: an enum type or a domain, compared exactly."""
    if not autogen_context.migration_context.impl.has_named_types or not autogen_context.wants_exact:
        return False
    is_enum = isinstance(type_, Enum) and type_.native_enum and type_.name is not None
    return (is_enum or sqla.is_domain(type_)) and type(type_).__module__.startswith("sqlalchemy.")


def _repr_standalone(type_: sqla.AnyType, autogen_context: AutogenContext) -> str:
    """The type by its name, and what Python has to know of its values."""
    autogen_context.imports.add("from sqlalchemy.dialects import postgresql")
    if isinstance(type_, Enum):
        name, schema = type_.name, type_.schema
        parts = [*map(repr, type_.enums), f"name={str(name)!r}"]
    else:
        domain = cast("_Domain", type_)
        name, schema = domain.name, domain.schema
        parts = [repr(str(name)), _repr_type(domain.data_type, autogen_context)]
    parts += [f"schema={str(schema)!r}"] if schema else []
    return f"postgresql.{'ENUM' if isinstance(type_, Enum) else 'DOMAIN'}({', '.join(parts)}, create_type=False)"


class _Domain(Protocol):
    """What is rendered of PostgreSQL's `DOMAIN`."""

    name: str
    schema: str | None
    data_type: sqla.AnyType
    create_type: bool


def _import_dialect(type_: sqla.AnyType, autogen_context: AutogenContext) -> str | None:
    match = _DIALECT.match(type(type_).__module__)
    if match is None:
        return None
    autogen_context.imports.add(f"from sqlalchemy.dialects import {match.group(1)}")
    return match.group(1)


def _prefix(type_: sqla.AnyType, autogen_context: AutogenContext) -> str:
    dialect = _import_dialect(type_, autogen_context)
    if dialect is not None:
        return f"{dialect}."
    if isinstance(type_, SqlType):
        autogen_context.imports.add(f"import {SqlType.__module__}")
        return f"{SqlType.__module__}."
    if type(type_).__module__.partition(".")[0] != "sqlalchemy":
        return _user_autogenerate_prefix(autogen_context, type_)
    prefix = _sqlalchemy_autogenerate_prefix(autogen_context)
    return prefix if getattr(sqlalchemy, type(type_).__name__, None) is not None else f"{prefix}types."


def _repr_with_inner(type_: sqla.AnyType, autogen_context: AutogenContext) -> str:
    """The ``repr`` of a type, with the types that it is made of rendered in place."""
    text = _repr_domain(cast("_Domain", type_), autogen_context) if sqla.is_domain(type_) else repr(type_)
    if type(type_) is Interval and autogen_context.opts.get("edition") is not None:
        text = _repr_interval(type_)
    for attribute in _INNER:
        inner = getattr(type_, attribute, None)
        if isinstance(inner, TypeEngine):
            text = text.replace(repr(inner), _repr_type(inner, autogen_context), 1)
    return text


def _repr_interval(type_: Interval) -> str:
    """An `Interval` with its precision, which its ``repr`` leaves out."""
    options = {name: getattr(type_, name) for name in ("second_precision", "day_precision")}
    given = [] if type_.native else ["native=False"]
    given += [f"{name}={value!r}" for name, value in options.items() if value is not None]
    return f"Interval({', '.join(given)})"


def _repr_domain(type_: _Domain, autogen_context: AutogenContext) -> str:
    """A `DOMAIN` with all its arguments, which its ``repr`` leaves out."""
    parts = [repr(str(type_.name)), repr(type_.data_type)]
    for name in ("collation", "collation_schema", "default", "constraint_name", "not_null", "check", "schema"):
        value = getattr(type_, name, None)
        if value is not None and value is not False:
            is_default = name == "default"  # which SQLAlchemy takes for a literal where it is a string
            parts.append(f"{name}={_render_potential_expr(value, autogen_context, wrap_in_element=is_default)}")
    if not type_.create_type:
        parts.append("create_type=False")
    return f"DOMAIN({', '.join(parts)})"


def _render_type_w_subtype(
    type_: sqla.AnyType,
    autogen_context: AutogenContext,
    attrname: str,
    regexp: str,
    prefix: str | None = None,
) -> str:
    """A type as text, the type in its attribute ``attrname`` rendered in place; for impls of third parties.

    :param regexp: a group, which finds what stands before the ``repr`` of the inner type in that of the outer one.
    :param prefix: the prefix of the outer type; default: as for every type.

    Returns the text; with the inner type as in its ``repr`` where ``regexp`` finds nothing before it.
    """
    outer = repr(type_)
    inner = getattr(type_, attrname, None)
    if inner is not None:
        rendered = _repr_type(inner, autogen_context)
        outer = re.sub(regexp + re.escape(repr(inner)), lambda match: f"{match.group(1)}{rendered}", outer, count=1)
    return (_prefix(type_, autogen_context) if prefix is None else prefix) + outer
