"""What can be imported from ``alembic`` and how it is called, as JSON on stdout: names and signatures, nothing else.

Run by the Python of either side. Without arguments it looks at every module of the installed ``alembic``. With
``--limbeck FILE`` it asks Limbeck, under its name ``alembic``, for what FILE (the output of the other side) lists.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import logging
import pkgutil
import sys
import textwrap
import types
from collections.abc import Iterator, Mapping
from typing import Any

STARRED = ("alembic.migration", "alembic.environment")
NOT_LOOKED_AT = ("alembic.testing", "alembic.templates", "alembic.__main__")
CALLBACKS = ("Compare", "Include", "NameFilter", "OnVersion", "ProcessRevision", "RenderItem")
PLAIN = (bool, int, str, bytes, tuple, list, dict, frozenset, set, type(None))


def modules() -> list[str]:
    def below(path: Any, prefix: str) -> Iterator[str]:
        for found in pkgutil.iter_modules(path, prefix):
            if not found.name.startswith(NOT_LOOKED_AT):
                yield found.name
                if found.ispkg:
                    yield from below(importlib.import_module(found.name).__path__, f"{found.name}.")

    package = importlib.import_module("alembic")
    return ["alembic", *below(package.__path__, "alembic.")]


def is_offered(module: types.ModuleType, name: str, found: Any) -> bool:
    """Whether ``name`` is there to be imported from ``module``: defined in it, or handed on by a package."""
    if name.startswith("_") or name in {"annotations", "TYPE_CHECKING"} or isinstance(found, logging.Logger):
        return False
    hands_on = hasattr(module, "__path__") or module.__name__ in STARRED
    if isinstance(found, types.ModuleType):
        return hands_on and found.__name__.startswith(module.__name__ + ".")
    home = getattr(found, "__module__", None)
    if isinstance(found, type) or inspect.isroutine(found):
        return bool(home) and home.startswith("alembic") and (hands_on or home == module.__name__)
    if type(found).__module__ in {"typing", "typing_extensions", "__future__"}:
        return module.__name__ == "alembic.runtime.environment" and name.startswith(CALLBACKS)
    return isinstance(found, PLAIN) or type(found).__module__.startswith("alembic") or isinstance(found, Mapping)


def default(value: Any) -> str:
    """A default, so that it can be compared: the value where it is plain, else its type."""
    if value is inspect.Parameter.empty:
        return "required"
    if isinstance(value, Mapping) and not value:
        return "{}"
    if isinstance(value, (*PLAIN, type(Ellipsis))):
        return repr(value)
    return type(value).__name__


def signature(function: Any) -> list[list[str]] | None:
    """Name, kind and default of each parameter; None where it cannot be told."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    return [[item.name, item.kind.name, default(item.default)] for item in parameters]


def described(found: Any) -> dict[str, Any]:
    if isinstance(found, types.ModuleType):
        return {"is": "module"}
    if isinstance(found, type):
        return {"is": "class", "call": signature(found), "members": dict(members(found))}
    if inspect.isroutine(found):
        return {"is": "function", "call": signature(found)}
    return {"is": "value"}


def members(owner: type) -> Iterator[tuple[str, Any]]:
    """Public attributes of ``owner`` with their signatures (None for data), those of other packages' bases left out."""
    bases = [base for base in owner.__mro__ if base.__module__.startswith(("alembic", "limbeck"))]
    for name in dict.fromkeys(name for base in bases for name in vars(base)):
        if not name.startswith("_"):
            raw = next(vars(base)[name] for base in bases if name in vars(base))
            called = isinstance(raw, (staticmethod, classmethod)) or inspect.isfunction(raw)
            yield name, whole_signature(owner, bases, name) if called else None
    if bases and bases[0].__module__.startswith("limbeck"):
        methods = {name for base in bases for name in vars(base)}
        yield from ((name, None) for base in bases for name in assigned(base) if name not in methods)


def whole_signature(owner: type, bases: list[type], name: str) -> list[list[str]] | None:
    """The signature of a method; what it takes by ``**kw`` and hands on are the keywords of the method it overrides."""
    found = signature(getattr(owner, name))
    overridden = [base for base in bases if name in vars(base)][1:]
    for base in overridden if found else ():
        if not any(kind == "VAR_KEYWORD" for _, kind, _ in found or ()):
            break
        known = {item[0] for item in found or ()}
        found = (found or []) + [
            item for item in signature(getattr(base, name)) or () if item[1] == "KEYWORD_ONLY" and item[0] not in known
        ]
    return found


def assigned(owner: type) -> Iterator[str]:
    """What a class of ours declares, or sets on ``self`` when it is made."""
    yield from vars(owner).get("__annotations__", ())
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(owner)))):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self":
            yield node.attr


def reference(extra: dict[str, list[str]]) -> dict[str, dict[str, Any]]:
    surface: dict[str, dict[str, Any]] = {}
    for path in modules():
        module = importlib.import_module(path)
        names = [name for name, found in vars(module).items() if is_offered(module, name, found)]
        wanted = sorted({*names, *extra.get(path, ())})
        surface[path] = {name: described(getattr(module, name)) for name in wanted}
        if path in PROXIES:
            surface[path] = {name: seen_through(path, name, found) for name, found in surface[path].items()}
    return surface


PROXIES = {"alembic.op": ("alembic.operations", "Operations")}


def seen_through(path: str, name: str, found: dict[str, Any]) -> dict[str, Any]:
    """A function of a module that stands for an object: the signature of the object's method."""
    module, owner = PROXIES[path]
    method = getattr(getattr(importlib.import_module(module), owner), name, None)
    if method is None or found["is"] != "function":
        return found
    return {**found, "call": [item for item in signature(method) or () if item[0] != "self"]}


def ours(wanted: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any] | None]:
    importlib.import_module("limbeck").install_as_alembic()
    surface: dict[str, dict[str, Any] | None] = dict.fromkeys(wanted)
    for path, names in wanted.items():
        try:
            module = importlib.import_module(path)
        except ImportError:
            continue
        surface[path] = {name: described(getattr(module, name)) for name in names if hasattr(module, name)}
    return surface


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    json.dump(ours(asked) if sys.argv[1:] == ["--limbeck"] else reference(asked), sys.stdout, indent=1)
