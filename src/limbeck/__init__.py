"""Limbeck: database migrations for Python and SQLAlchemy.

The package imports nothing but its version, so that ``limbeck heads`` starts at once. ``op``, ``context``, ``command``
and the rest are modules to import by name; `Migrator` is loaded when it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .version import __version__ as __version__

if TYPE_CHECKING:
    from .migrator import Migrator as Migrator


def __getattr__(name: str) -> object:
    """``from limbeck import Migrator``."""
    if name == "Migrator":
        from importlib import import_module

        return import_module("limbeck.migrator").Migrator
    raise AttributeError(f"module 'limbeck' has no attribute {name!r}")


def install_as_alembic() -> None:
    """Have ``import alembic`` mean Limbeck in this process, as PyMySQL's ``install_as_MySQLdb()`` does for MySQLdb.

    :raises CommandError: where the real package is imported already.
    """
    from importlib import import_module

    import_module("limbeck.alembic_names").install(front=True)
