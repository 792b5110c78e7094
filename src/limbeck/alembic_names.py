"""An importer by which ``import alembic`` and its modules mean ours: it reads the table of `alembic_places`.

Existing scripts say ``from alembic import op``. The ``limbeck`` command and `install` make such imports resolve to our
own modules and classes: nothing is copied, identity holds (behaviour part 9; architecture, "import name").
"""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .alembic_places import GATHERED, SAME
from .errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.readers import FileReader

PACKAGE = "alembic"

VERSION = "1.20.1"
"""The version of the reference that we stand in for: libraries check it."""


def _resolve(place: str) -> Any:
    module, colon, attribute = place.partition(":")
    found = importlib.import_module(module)
    return getattr(found, attribute) if colon else found


class _Gathered(ModuleType):
    """A module whose names are looked up in their places when somebody asks."""

    def __getattr__(self, name: str) -> Any:
        below = f"{self.__name__}.{name}"
        place = GATHERED[self.__name__].get(name)
        if place is not None:
            found = _resolve(place)
        elif below in SAME or below in GATHERED:
            found = importlib.import_module(below)  # the reference's packages import what is in them
        else:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r} in Limbeck")
        setattr(self, name, found)
        return found

    def __dir__(self) -> list[str]:
        return sorted({*vars(self), *GATHERED[self.__name__]})


class _Importer:
    """Finds ``alembic`` and what is below it by the table: a finder and a loader of the import system."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        if fullname not in SAME and fullname not in GATHERED:
            return None
        return ModuleSpec(fullname, self, origin="limbeck", is_package=True)  # type: ignore[arg-type]  # a loader all the same

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        if spec.name in SAME:
            module = importlib.import_module(SAME[spec.name])
            spec.loader_state = module.__spec__, module.__dict__.get("__path__"), module.__package__, module.__loader__
            return module
        made = _Gathered(spec.name)
        _furnish(made)
        return made

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to execute; a module of ours gets back what the import system has just overwritten."""
        spec = module.__spec__
        if spec is None or spec.loader_state is None:
            return
        own_spec, path, package, loader = spec.loader_state
        module.__spec__, module.__package__, module.__loader__ = own_spec, package, loader
        if path is None:
            module.__dict__.pop("__path__", None)
        else:
            module.__path__ = path

    def get_resource_reader(self, fullname: str) -> FileReader | None:
        """The files of the reference's package, which are its templates, are those of ours."""
        from importlib.readers import FileReader

        return FileReader(sys.modules["limbeck"].__spec__.loader) if fullname == PACKAGE else None  # type: ignore[union-attr, arg-type]  # a file's


def _furnish(module: ModuleType) -> None:
    """Give a gathered module what an import of it sets, beside the names that are looked up."""
    module.__all__ = sorted(GATHERED[module.__name__])  # type: ignore[attr-defined]  # what `import *` takes
    if module.__name__ == PACKAGE:
        module.__version__ = VERSION  # type: ignore[attr-defined]
        module.__file__ = sys.modules["limbeck"].__file__  # templates are looked for beside it


def install(*, front: bool = False) -> None:
    """Have ``import alembic`` and its modules mean Limbeck from now on in this process; again does nothing.

    :param front: even where the reference is installed.

    Raises `CommandError` where the reference is imported already.
    """
    if any(isinstance(finder, _Importer) for finder in sys.meta_path):
        return
    imported = sys.modules.get(PACKAGE)
    if imported is not None:
        raise CommandError(
            "alembic is imported already, and its modules cannot be exchanged any more",
            code="alembic-imported",
            file=getattr(imported, "__file__", None),
            hint="call limbeck.install_as_alembic() before anything imports alembic",
        )
    sys.meta_path.insert(0 if front else len(sys.meta_path), _Importer())


def adopt(package: ModuleType) -> None:
    """Make the package ``alembic`` of the distribution in ``compat/``, which is being imported, one of the table's.

    :param package: the module; its folder stays its ``__path__``, so that ``python -m alembic`` finds what to run.
    """
    finder = _Importer()
    sys.meta_path[:] = [finder, *(other for other in sys.meta_path if not isinstance(other, _Importer))]
    found = finder.find_spec(PACKAGE)
    if found is not None:
        found.submodule_search_locations = list(package.__path__)
    package.__spec__, package.__loader__, package.__class__ = found, finder, _Gathered  # type: ignore[assignment]
    _furnish(package)


def resolved(name: str) -> ModuleType:
    """The module that the table has for ``name``.

    The distribution in ``compat/`` has a file for each, since editors look for one. No import comes to it but by a
    finder that is asked before ours, as pytest's is for modules whose assertions it rewrites.
    """
    from importlib.util import module_from_spec

    spec = _Importer().find_spec(name)
    if spec is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)  # type: ignore[union-attr]  # ours
    return module
