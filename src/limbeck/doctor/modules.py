"""Modules that revision scripts import: whether they can be found. None is imported to find out."""

from __future__ import annotations

import ast
import os
import sys
import sysconfig
from importlib.machinery import PathFinder
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

from limbeck.findings import Finding

from . import names

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.machinery import ModuleSpec

    from .source import Source


class Search(NamedTuple):
    """How modules are looked for.

    :param is_whole: whether env.py leaves ``sys.path`` alone; a module may be found after all where it does not.
    """

    is_whole: bool

    @classmethod
    def of_env_py(cls, path: str) -> Search:
        """The search for an environment whose env.py is at ``path``."""
        try:
            with open(path, "rb") as stream:
                return cls(b"sys.path" not in stream.read())
        except OSError:
            return cls(True)

    def missing(self, source: Source) -> Iterator[Finding]:
        """Imports of modules that are not there, except where an ImportError is caught."""
        guarded = set(names.guarded(source.tree))
        for node in ast.walk(source.tree):
            if node in guarded:
                continue
            for module in _imported(node):
                if not exists(module):
                    yield Finding(
                        "missing-module",
                        "error" if self.is_whole else "info",
                        f"imports {module}, which cannot be found"
                        + ("" if self.is_whole else " before env.py has changed sys.path"),
                        "install what has it, or name its folder in prepend_sys_path"
                        if self.is_whole
                        else "nothing, if env.py adds its folder",
                        source.file,
                        getattr(node, "lineno", None),
                    )


def exists(module: str) -> bool:
    """Whether ``module`` can be found; of an installed package the name of the package itself is enough.

    Installed packages may make modules while they run, as ``six.moves``.
    """
    top, *parts = module.split(".")
    if top in sys.stdlib_module_names or top in ("alembic", "limbeck"):
        return True
    spec = PathFinder.find_spec(top, [os.getcwd()]) or _installed(top)
    if spec is None:
        return False
    if (spec.origin or "").startswith(sysconfig.get_path("purelib")):
        return True
    name = top
    for part in parts:
        if spec is None or spec.submodule_search_locations is None:
            return False
        name = f"{name}.{part}"
        spec = PathFinder.find_spec(name, list(spec.submodule_search_locations))
    return spec is not None


def _installed(top: str) -> ModuleSpec | None:
    try:
        return find_spec(top)
    except ValueError:  # it is loaded, and says not from where
        return sys.modules[top].__spec__


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.ImportFrom) and not node.level and node.module:
        yield node.module
    elif isinstance(node, ast.Import):
        yield from (name.name for name in node.names)
