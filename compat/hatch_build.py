"""Type checkers and editors read files: one of each kind for each module of the table in ``limbeck.alembic_places``."""

from __future__ import annotations

import ast
import importlib
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE = """\
import sys

from limbeck.alembic_names import resolved

sys.modules[__name__] = resolved(__name__)
"""


class Files(BuildHookInterface):
    """The build hook: ``alembic/**/*.pyi`` and what they are the stubs of, for a wheel; an editable one has none."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the files and add them to those of the wheel."""
        if version != "standard":
            return
        root = Path(self.root)
        sources = next(place for place in (root.parent / "src", root) if (place / "limbeck").is_dir())
        self._made = tempfile.TemporaryDirectory(prefix="limbeck-stubs-")
        folder = Path(self._made.name)
        for name, text in stubs(sources).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
            if name != "__init__.pyi":
                (folder / name).with_suffix(".py").write_text(SOURCE, encoding="utf-8")
        build_data["force_include"][str(folder)] = "alembic/"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """The wheel is built: remove the files."""
        if version == "standard":
            self._made.cleanup()


def stubs(sources: Path) -> dict[str, str]:
    """The text of each stub by its path below ``alembic/``.

    :param sources: the folder with the package ``limbeck`` in it.
    """
    sys.path.insert(0, str(sources))
    try:
        table = importlib.import_module("limbeck.alembic_places")
    finally:
        sys.path.remove(str(sources))
    same, gathered = table.SAME, table.GATHERED
    modules = {
        **{name: _same(sources, place) for name, place in same.items()},
        **{name: _gathered(names) for name, names in gathered.items()},
    }
    modules["alembic"] += "__version__: str\n"
    packages = {name.rpartition(".")[0] for name in modules}
    return {_path(name, package=name in packages): text for name, text in modules.items()}


def _path(name: str, *, package: bool) -> str:
    path = "/".join(name.split(".")[1:])
    return f"{path}/__init__.pyi".lstrip("/") if package else f"{path}.pyi"


def _same(sources: Path, module: str) -> str:
    """Everything in ``module``, the underscored names that others import included."""
    place = sources / module.replace(".", "/")
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    if not file.exists():
        return ""
    hidden = [name for name in _defined(ast.parse(file.read_text(encoding="utf-8"))) if name.startswith("_")]
    lines = [f"from {module} import *", *(f"from {module} import {name} as {name}" for name in hidden)]
    return "\n".join(lines) + "\n"


def _defined(tree: ast.Module) -> list[str]:
    names = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.append(node.target.id)
        elif isinstance(node, ast.ImportFrom):
            names += [alias.asname for alias in node.names if alias.asname == alias.name]
    return [name for name in dict.fromkeys(names) if not name.startswith("__")]


def _gathered(names: dict[str, str]) -> str:
    lines = []
    for name, place in names.items():
        module, colon, attribute = place.partition(":")
        package, _, last = module.rpartition(".")
        lines.append(
            f"from {module} import {attribute} as {name}" if colon else f"from {package} import {last} as {name}"
        )
    return "".join(f"{line}\n" for line in lines)
