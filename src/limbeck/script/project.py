"""What a new environment finds in the project around it: the MetaData of its models, and where its URL comes from.

Files are parsed, and nothing of the project is imported.
"""

from __future__ import annotations

import ast
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from limbeck.syntax import syntax_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MARKS = re.compile(rb"MetaData|eclarative|registry|Model|Mapped|Column|SQLAlchemy|Table|Base|DATABASE_URL|ettings")
"""A file without any of these has nothing to be found."""
_SKIPPED = re.compile(r"\..*|__pycache__|node_modules|site-packages|build|dist|v?env|tests?|docs?|examples?")
_MOST_FILES = 5_000
_DEPTH = 8
"""Files and folders that are looked at, at most."""

_DECLARATIVE = {
    f"sqlalchemy.{module}.{name}"
    for module in ("orm", "ext.declarative", "ext.automap", "ext.asyncio")
    for name in ("declarative_base", "automap_base", "DeclarativeBase", "DeclarativeBaseNoMeta")
}
_METADATA = {"sqlalchemy.MetaData", "sqlalchemy.schema.MetaData"}
_REGISTRIES = {"sqlalchemy.orm.registry"}
_FLASK = {"flask_sqlalchemy.SQLAlchemy"}
_SQLMODEL = "sqlmodel.SQLModel"
_ADVANCED = re.compile(
    r"(advanced_alchemy|litestar\.plugins\.sqlalchemy|litestar\.contrib\.sqlalchemy)\.base\.\w*Base\w*"
)
_TABLES = {"sqlalchemy.Table", "sqlalchemy.schema.Table"}
_SETTINGS = {"pydantic_settings.BaseSettings", "pydantic.BaseSettings"}
_URL_FIELD = re.compile(r"(?i)(sqlalchemy_)?(database|db)_(url|uri|dsn)")
URL_VARIABLE = "DATABASE_URL"


class Models(NamedTuple):
    """A MetaData of the project.

    :param module: the module to import it from.
    :param name: the name to import.
    :param attribute: what follows the name: ``.metadata``, or nothing.
    :param modules: the modules that define its models, which have to be imported too.
    """

    module: str
    name: str
    attribute: str
    modules: tuple[str, ...]

    @property
    def expression(self) -> str:
        """The MetaData, as env.py names it."""
        return f"{self.name}{self.attribute}"


class UrlSource(NamedTuple):
    """Where the URL of the database comes from.

    :param module: the module of a settings object; None for the environment variable.
    :param expression: what env.py writes for it.
    """

    module: str | None
    expression: str

    @property
    def name(self) -> str:
        """The name to import."""
        return self.expression.removeprefix("str(").partition(".")[0]


@dataclass
class _Module:
    """A file of the project, as far as its top level tells.

    :param name: its dotted name.
    :param package: whether it is an ``__init__.py``.
    """

    name: str
    package: bool
    imports: dict[str, str] = field(default_factory=dict)
    values: dict[str, ast.Call] = field(default_factory=dict)
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    mentions_variable: bool = False


class Project:
    """The files of a project.

    :param folder: its folder; a ``src`` in it that is no package is where its packages are.
    """

    def __init__(self, folder: str) -> None:
        source = os.path.join(folder, "src")
        #: the folder that has to be on ``sys.path``, relative to that of the project
        self.root = "src" if os.path.isdir(source) and not os.path.exists(f"{source}/__init__.py") else "."
        self._folder = folder
        self._modules = {module.name: module for module in _read(os.path.normpath(os.path.join(folder, self.root)))}

    # --- models ---------------------------------------------------------------------------------------------------

    def models(self) -> list[Models]:
        """The MetaData that have models, those with most modules first; where none has, those that are made."""
        owners = dict(self._owners())
        users: dict[str, set[str]] = {owner: set() for owner in owners}
        for module in self._modules.values():
            for owner in self._used_in(module, owners):
                users.setdefault(owner, set()).add(module.name)
        found = [
            Models(*owners.get(owner, _foreign(owner)), tuple(sorted(modules))) for owner, modules in users.items()
        ]
        used = [one for one in found if one.modules]
        return sorted(used or found, key=lambda one: (-len(one.modules), one.module, one.name))

    def _owners(self) -> Iterator[tuple[str, tuple[str, str, str]]]:
        """What has a MetaData, by dotted name: how it is imported."""
        taken: set[str] = set()
        made: dict[str, tuple[str, str, str]] = {}
        for module in self._modules.values():
            for name, node in module.classes.items():
                if any(self._resolved(module, base) in _DECLARATIVE for base in node.bases):
                    made[f"{module.name}.{name}"] = (module.name, name, ".metadata")
                    taken |= {self._resolved(module, each) for each in _assigned(node, "metadata")}
            for name, call in module.values.items():
                kind = self._resolved(module, call.func)
                if kind in _METADATA:
                    made[f"{module.name}.{name}"] = (module.name, name, "")
                elif kind in _DECLARATIVE | _REGISTRIES | _FLASK:
                    made[f"{module.name}.{name}"] = (module.name, name, ".metadata")
                    given = [each.value for each in call.keywords if each.arg in ("metadata", "model_class")]
                    taken |= {self._resolved(module, each) for each in given}
        yield from ((dotted, how) for dotted, how in made.items() if dotted not in taken)

    def _used_in(self, module: _Module, owners: Mapping[str, object]) -> Iterator[str]:
        """The owners of the models and tables of a module."""
        for node in module.classes.values():
            dotted = f"{module.name}.{node.name}"
            if dotted not in owners and (owner := self._owner(module, node, owners, set())):
                yield owner
        for call in module.values.values():
            if self._resolved(module, call.func) in _TABLES and len(call.args) > 1:
                dotted = self._resolved(module, call.args[1])
                for owner in (dotted, dotted.removesuffix(".metadata")):
                    if owner in owners:
                        yield owner

    def _owner(self, module: _Module, node: ast.ClassDef, owners: Mapping[str, object], seen: set[str]) -> str | None:
        """What the class is a model of, by itself or by the classes that it derives from."""
        for base in node.bases:
            dotted = self._resolved(module, base)
            if dotted in seen:
                continue
            seen.add(dotted)
            for owner in (dotted, dotted.removesuffix(".Model")):
                if owner in owners:
                    return owner
            if dotted == _SQLMODEL:
                is_table = any(each.arg == "table" for each in node.keywords)
                return _SQLMODEL if is_table else None
            if _ADVANCED.fullmatch(dotted):
                return "advanced_alchemy.base.orm_registry"
            above, _, name = dotted.rpartition(".")
            parent = self._modules.get(above)
            if parent is not None and name in parent.classes:
                found = self._owner(parent, parent.classes[name], owners, seen)
                if found is not None:
                    return found
                is_table = any(each.arg == "table" for each in node.keywords)
                if is_table and any(self._resolved(parent, each) == _SQLMODEL for each in parent.classes[name].bases):
                    return _SQLMODEL
        return None

    # --- the URL --------------------------------------------------------------------------------------------------

    def url(self) -> UrlSource | None:
        """Where the URL comes from: a settings object, else the variable ``DATABASE_URL``, where one is mentioned."""
        for module in self._modules.values():
            for name, call in module.values.items():
                above, _, kind = self._resolved(module, call.func).rpartition(".")
                parent = self._modules.get(above)
                if parent is None or kind not in parent.classes:
                    continue
                node = parent.classes[kind]
                if any(self._resolved(parent, base) in _SETTINGS for base in node.bases):
                    for attribute, annotation in _annotated(node):
                        if _URL_FIELD.fullmatch(attribute):
                            secret = ".get_secret_value()" if "Secret" in annotation else ""
                            return UrlSource(module.name, f"str({name}.{attribute}{secret})")
        mentioned = any(module.mentions_variable for module in self._modules.values())
        if mentioned or URL_VARIABLE in os.environ or self._is_in_dotenv():
            return UrlSource(None, f'os.environ.get("{URL_VARIABLE}")')
        return None

    def _is_in_dotenv(self) -> bool:
        for name in (".env", ".env.example"):
            try:
                with open(os.path.join(self._folder, name), encoding="utf-8", errors="replace") as stream:
                    if re.search(rf"^(export )?{URL_VARIABLE}\s*=", stream.read(), re.MULTILINE):
                        return True
            except OSError:
                continue
        return False

    # --- names ----------------------------------------------------------------------------------------------------

    def _resolved(self, module: _Module, node: ast.expr) -> str:
        """The dotted name that an expression means, followed through the imports of the project's modules."""
        if isinstance(node, ast.Call):
            node = node.func
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.insert(0, node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        start = module.imports.get(node.id, f"{module.name}.{node.id}")
        return self._followed(".".join([start, *parts]))

    def _followed(self, dotted: str, steps: int = 10) -> str:
        above, _, name = dotted.rpartition(".")
        while above and steps:
            module = self._modules.get(above)
            if module is not None:
                first, _, rest = name.partition(".")
                target = module.imports.get(first)
                if target is None or target == f"{above}.{first}":
                    return dotted
                return self._followed(f"{target}.{rest}" if rest else target, steps - 1)
            above, _, last = above.rpartition(".")
            name = f"{last}.{name}"
        return dotted


def _foreign(owner: str) -> tuple[str, str, str]:
    """How a MetaData of a library is imported."""
    module, _, name = owner.rpartition(".")
    return module, name, ".metadata"


def _annotated(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """The fields of a class with their annotations."""
    for each in node.body:
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            yield each.target.id, ast.unparse(each.annotation)


def _assigned(node: ast.ClassDef, name: str) -> Iterator[ast.expr]:
    """The values that the body of a class gives to ``name``."""
    for each in node.body:
        if isinstance(each, ast.Assign) and any(isinstance(one, ast.Name) and one.id == name for one in each.targets):
            yield each.value


# --- files ----------------------------------------------------------------------------------------------------------


def _read(root: str) -> Iterator[_Module]:
    """The modules below a folder that may have something to be found."""
    seen = 0
    for folder, folders, files in os.walk(root):
        parts = [] if folder == root else os.path.relpath(folder, root).split(os.sep)
        folders[:] = sorted(name for name in folders if not _SKIPPED.fullmatch(name) and name.isidentifier())
        is_environment = "script.py.mako" in files
        if len(parts) >= _DEPTH or is_environment:
            folders[:] = []
        if is_environment:
            continue
        for file in sorted(files):
            stem = file.removesuffix(".py")
            if not file.endswith(".py") or not stem.isidentifier() or (stem in ("setup", "conftest", "env")):
                continue
            seen += 1
            if seen > _MOST_FILES:
                return
            module = _parsed(os.path.join(folder, file), [*parts, *([] if stem == "__init__" else [stem])])
            if module is not None:
                yield module


def _parsed(path: str, parts: list[str]) -> _Module | None:
    try:
        with open(path, "rb") as stream:
            text = stream.read()
        if not _MARKS.search(text) and not path.endswith("__init__.py"):
            return None
        tree = syntax_tree(text)
    except (OSError, SyntaxError, ValueError):
        return None
    module = _Module(".".join(parts), path.endswith("__init__.py"), mentions_variable=URL_VARIABLE.encode() in text)
    for node in tree.body:
        _add(module, node)
    return module


def _add(module: _Module, node: ast.stmt) -> None:
    """Note what a statement of the top level defines."""
    match node:
        case ast.Import(names):
            for alias in names:
                first = alias.name.partition(".")[0]
                module.imports[alias.asname or first] = alias.name if alias.asname else first
        case ast.ImportFrom(source, names, level):
            package = module.name.split(".")[: None if module.package else -1]
            above = package[: len(package) - (level or 1) + 1] if level else []
            for alias in names:
                module.imports[alias.asname or alias.name] = ".".join(
                    [*above, *([source] if source else []), alias.name]
                )
        case ast.ClassDef(name):
            module.classes[name] = node
        case ast.Assign(targets, ast.Call() as call):
            module.values |= {target.id: call for target in targets if isinstance(target, ast.Name)}
        case ast.AnnAssign(ast.Name(name), _, ast.Call() as call):
            module.values[name] = call
        case ast.If(_, body) | ast.Try(body):
            for each in body:
                _add(module, each)
        case _:
            pass
