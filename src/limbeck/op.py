"""The operations of the running migration, as functions: ``op.add_column("t", Column(...))``.

Each function calls the method of the same name of the current `Operations`; type checkers see the methods. Operations
that are registered later are functions here too.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from . import _current

if TYPE_CHECKING:
    from collections.abc import Callable

    from .operations import Operations as Operations

    _op = Operations.__new__(Operations)

    add_column = _op.add_column
    add_enum_value = _op.add_enum_value
    alter_column = _op.alter_column
    alter_domain = _op.alter_domain
    alter_sequence = _op.alter_sequence
    alter_table_options = _op.alter_table_options
    attach_partition = _op.attach_partition
    batch_alter_table = _op.batch_alter_table
    body = _op.body
    bulk_insert = _op.bulk_insert
    context = _op.context
    create_check_constraint = _op.create_check_constraint
    create_domain = _op.create_domain
    create_enum = _op.create_enum
    create_exclude_constraint = _op.create_exclude_constraint
    create_foreign_key = _op.create_foreign_key
    create_function = _op.create_function
    create_index = _op.create_index
    create_object = _op.create_object
    create_partition = _op.create_partition
    create_primary_key = _op.create_primary_key
    create_procedure = _op.create_procedure
    create_sequence = _op.create_sequence
    create_table = _op.create_table
    create_table_comment = _op.create_table_comment
    create_trigger = _op.create_trigger
    create_unique_constraint = _op.create_unique_constraint
    create_view = _op.create_view
    detach_partition = _op.detach_partition
    drop_column = _op.drop_column
    drop_constraint = _op.drop_constraint
    drop_domain = _op.drop_domain
    drop_enum = _op.drop_enum
    drop_function = _op.drop_function
    drop_index = _op.drop_index
    drop_object = _op.drop_object
    drop_partition = _op.drop_partition
    drop_procedure = _op.drop_procedure
    drop_sequence = _op.drop_sequence
    drop_table = _op.drop_table
    drop_table_comment = _op.drop_table_comment
    drop_trigger = _op.drop_trigger
    drop_view = _op.drop_view
    execute = _op.execute
    f = _op.f
    frozen_tables = _op.frozen_tables
    get_bind = _op.get_bind
    get_context = _op.get_context
    implementation_for = _op.implementation_for
    inline_literal = _op.inline_literal
    invoke = _op.invoke
    register_operation = _op.register_operation
    rename_enum_value = _op.rename_enum_value
    rename_table = _op.rename_table
    replace_domain = _op.replace_domain
    replace_enum_values = _op.replace_enum_values
    replace_function = _op.replace_function
    replace_object = _op.replace_object
    replace_procedure = _op.replace_procedure
    replace_trigger = _op.replace_trigger
    replace_view = _op.replace_view
    run_async = _op.run_async
    timeouts = _op.timeouts

else:

    def __getattr__(name: str) -> Any:
        """The function that forwards to the current operations' method ``name``."""
        if name.startswith("__") and name != "__all__":  # asked by the import system while a module is imported
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from .operations import Operations

        if name == "Operations":
            return Operations
        if name == "__all__":
            return _names()
        if name == "_proxy" and (found := _current.operations.find()) is not None:
            return found
        if name not in _names():
            from .runtime.plugins import discover

            discover()  # that of an installed package may register it
        if name not in _names():
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        method = getattr(Operations, name)
        function = method if getattr(method, "__self__", None) is Operations else _forwarded(name, method)
        globals()[name] = function
        return function

    def __dir__() -> list[str]:
        return ["Operations", *_names()]


def _names() -> list[str]:
    from inspect import isroutine

    from .operations import Operations

    return sorted(name for name in dir(Operations) if name[0] != "_" and isroutine(getattr(Operations, name)))


def _forwarded(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    """The function ``op.<name>``."""
    from inspect import signature

    @wraps(method)
    def function(*args: Any, **kwargs: Any) -> Any:
        operations = globals().get("_proxy") or _current.operations.find()  # tests of others set ``op._proxy``
        if operations is None:
            raise _no_migration(name)
        try:
            return getattr(operations, name)(*args, **kwargs)
        except TypeError as error:
            raise _with_call_site(error, name, getattr(operations, name), args, kwargs) from None

    _, *parameters = signature(method).parameters.values()
    function.__signature__ = signature(method).replace(parameters=parameters)  # type: ignore[attr-defined]
    return function


def _no_migration(name: str) -> NameError:
    """The error for a call outside a migration, with its call site."""
    from .call_site import caller

    file, line = caller()
    try:
        _current.operations.get(name)
    except NameError as error:
        return NameError(f"{error} ({file}:{line})")
    return NameError(name)


def _with_call_site(
    error: TypeError, name: str, method: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> TypeError:
    """``error``; if the call does not match the signature of ``method``, an error that says so with its call site."""
    from inspect import signature

    from .operations.arguments import bad_call

    try:
        signature(method).bind(*args, **kwargs)
    except TypeError as mismatch:
        return bad_call(f"op.{name}", str(mismatch), hint=f"the signature is {name}{signature(method)}")
    return error
