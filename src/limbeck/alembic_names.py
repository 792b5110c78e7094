"""The importer that makes ``import alembic`` resolve to Limbeck, by the table of `alembic_places`.

Existing scripts say ``from alembic import op``. Once the ``limbeck`` command or `install` has set the importer up, that
is ``limbeck.op``: the same module and the same classes under another name, not copies of them.
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
"""The version of Alembic that ``alembic.__version__`` says: libraries check it."""


def _resolve(place: str) -> Any:
    module, colon, attribute = place.partition(":")
    found = importlib.import_module(module)
    return getattr(found, attribute) if colon else found


class _Gathered(ModuleType):
    """A module whose names are imported from their places when they are first used."""

    def __getattr__(self, name: str) -> Any:
        below = f"{self.__name__}.{name}"
        place = GATHERED[self.__name__].get(name)
        if place is not None:
            found = _resolve(place)
        elif below in SAME or below in GATHERED:
            found = importlib.import_module(below)  # importing a package of Alembic imports its modules
        else:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r} in Limbeck")
        setattr(self, name, found)
        return found

    def __dir__(self) -> list[str]:
        return sorted({*vars(self), *GATHERED[self.__name__]})


class _Importer:
    """Finder and loader, as of the import system, for ``alembic`` and its modules."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        if fullname not in SAME and fullname not in GATHERED:
            return None
        return ModuleSpec(fullname, self, origin="limbeck", is_package=True)  # type: ignore[arg-type]  # a loader by its methods

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        if spec.name in SAME:
            module = importlib.import_module(SAME[spec.name])
            path = getattr(module, "__path__", None)
            spec.loader_state = module.__spec__, path, module.__package__, module.__loader__
            return module
        made = _Gathered(spec.name)
        _furnish(made)
        return made

    def exec_module(self, module: ModuleType) -> None:
        """Execute nothing; give a module of Limbeck back what the import system has just overwritten in it."""
        spec = module.__spec__
        if spec is None or spec.loader_state is None:
            return
        own_spec, path, package, loader = spec.loader_state
        module.__spec__, module.__package__, module.__loader__ = own_spec, package, loader
        if path is None:
            del module.__path__
        else:
            module.__path__ = path

    def get_resource_reader(self, fullname: str) -> FileReader | None:
        """The data files of the package ``alembic``, which are its templates, are those of Limbeck."""
        from importlib.readers import FileReader

        return FileReader(sys.modules["limbeck"].__spec__.loader) if fullname == PACKAGE else None  # type: ignore[union-attr, arg-type]  # a file loader


def _furnish(module: ModuleType) -> None:
    """Set the attributes of a gathered module that are not looked up when they are used."""
    module.__all__ = sorted(GATHERED[module.__name__])  # type: ignore[attr-defined]  # what `import *` takes
    if module.__name__ == PACKAGE:
        module.__version__ = VERSION  # type: ignore[attr-defined]
        module.__file__ = sys.modules["limbeck"].__file__  # programs look for templates beside it


def install(*, front: bool = False) -> None:
    """Have ``import alembic`` and its modules resolve to Limbeck in this process; a second call does nothing.

    :param front: go before an installed Alembic; default: only where there is none.
    :raises CommandError: where Alembic is imported already.
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
    """Give the package ``alembic`` of the distribution in ``compat/`` the names of the table, while it is imported.

    :param package: the module; it keeps its ``__path__``, so that ``python -m alembic`` finds its ``__main__``.
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

    The distribution in ``compat/`` has a file for each module, since editors look for one, and each calls this. It is
    run only by a finder that comes before Limbeck's, such as pytest's for modules whose assertions it rewrites.

    :raises ModuleNotFoundError: for a name that is not in the table.
    """
    from importlib.util import module_from_spec

    spec = _Importer().find_spec(name)
    if spec is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)  # type: ignore[union-attr]  # an _Importer
    return module
