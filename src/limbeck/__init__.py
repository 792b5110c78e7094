"""Limbeck: database migrations for Python and SQLAlchemy.

The package imports nothing, so that ``limbeck heads`` and ``import limbeck.op`` start at once. ``op``, ``context``,
``command`` and the rest are modules to import by name; `Migrator` and ``__version__`` are loaded when asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .migrator import Migrator as Migrator
    from .version import __version__ as __version__

_HOMES = {"Migrator": "limbeck.migrator", "__version__": "limbeck.version"}


def __getattr__(name: str) -> object:
    """``from limbeck import Migrator`` and ``limbeck.__version__``."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'limbeck' has no attribute {name!r}")


def install_as_alembic() -> None:
    """Have ``import alembic`` mean Limbeck in this process, as PyMySQL's ``install_as_MySQLdb()`` does for MySQLdb.

    :raises CommandError: where the real package is imported already.
    """
    from importlib import import_module

    import_module("limbeck.alembic_names").install(front=True)
