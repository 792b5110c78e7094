"""Whether a revision's function does nothing but call operations, and so cannot notice when a transaction ends.

Decided by the names in the function's code, each looked up in its module, without running the script. In any doubt the
answer is no.
"""

from __future__ import annotations

from functools import cache
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR, CO_VARARGS, CO_VARKEYWORDS
from types import CodeType, FunctionType, ModuleType

_OPERATIONS = frozenset(
    {
        "add_column",
        "alter_column",
        "create_check_constraint",
        "create_exclude_constraint",
        "create_foreign_key",
        "create_index",
        "create_primary_key",
        "create_table",
        "create_table_comment",
        "create_unique_constraint",
        "drop_column",
        "drop_constraint",
        "drop_index",
        "drop_table",
        "drop_table_comment",
        "f",
        "rename_table",
    }
)
"""Operations that change the schema and return nothing; those like ``execute`` take any SQL, and are left out."""

_EXPRESSIONS = frozenset({"current_timestamp", "false", "func", "literal_column", "null", "now", "text", "true"})
_HEADER = ("revision", "down_revision", "branch_labels", "depends_on")
_VALUES = (str, int, type(None))
_NOT_CALLED_THROUGH = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR


def only_calls_operations(function: object, *, also: frozenset[str] = frozenset()) -> bool:
    """Whether ``function`` only calls schema operations, with constants, types and schema items of SQLAlchemy's own.

    A ``try``, a ``with``, an inner function or a name from anywhere else makes it False.

    :param function: ``upgrade`` or ``downgrade`` of a loaded script.
    :param also: further operations that it may call.
    """
    if not isinstance(function, FunctionType) or function.__closure__:
        return False
    code = function.__code__
    if code.co_exceptiontable or code.co_flags & _NOT_CALLED_THROUGH or _uses_arguments(code):
        return False
    if any(isinstance(constant, CodeType) for constant in code.co_consts):
        return False
    modules = []
    attributes = []
    for name in code.co_names:
        if name not in function.__globals__:
            attributes.append(name)
            continue
        value = function.__globals__[name]
        if isinstance(value, ModuleType):
            modules.append(value)
        elif not (_is_sqlalchemys(value) or _is_constant(name, value)):
            return False
    return all(_is_known(module) for module in modules) and all(
        name in _OPERATIONS or name in also or name in _EXPRESSIONS or any(_offers(module, name) for module in modules)
        for name in attributes
    )


def _uses_arguments(code: CodeType) -> bool:
    """Whether the code reads a parameter: ``run_migrations()`` may pass any object, and so may a default."""
    named = code.co_argcount + code.co_kwonlyargcount
    count = named + bool(code.co_flags & CO_VARARGS) + bool(code.co_flags & CO_VARKEYWORDS)
    if count == 0:
        return False
    from dis import get_instructions

    parameters = set(code.co_varnames[:count])
    # newer Pythons read two variables with one instruction
    read = (each.argval for each in get_instructions(code) if "FAST" in each.opname)
    return any(not parameters.isdisjoint([names] if isinstance(names, str) else names) for names in read)


def _is_constant(name: str, value: object) -> bool:
    """Whether ``name`` is a constant of the script; other names may be attributes of some object as well."""
    return type(value) in _VALUES and (name.isupper() or name in _HEADER)


def _is_known(module: ModuleType) -> bool:
    return module.__name__ in ("limbeck.op", "alembic.op") or module.__name__.split(".")[0] == "sqlalchemy"


def _is_sqlalchemys(value: object) -> bool:
    """Whether ``value`` is one of SQLAlchemy's classes of types or schema items, or its ``text`` or ``func``."""
    import sqlalchemy as sa
    from sqlalchemy.schema import SchemaItem
    from sqlalchemy.types import TypeEngine

    if value is sa.text or value is sa.func:
        return True
    return (
        isinstance(value, type)
        and issubclass(value, SchemaItem | TypeEngine)
        and value.__module__.split(".")[0] == "sqlalchemy"
    )


@cache
def _offers(module: ModuleType, name: str) -> bool:
    """Whether ``name`` in ``module`` is a type or schema item, or another module of SQLAlchemy's."""
    value = getattr(module, name, None)
    return _is_known(value) if isinstance(value, ModuleType) else _is_sqlalchemys(value)
