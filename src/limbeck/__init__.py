"""Limbeck: database migrations for Python and SQLAlchemy.

The package itself imports nothing: ``limbeck heads`` has to be there before a person notices. ``op``, ``context``,
``command`` and the rest are modules, imported by whoever names them; `Migrator` comes with its module when it is named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .migrator import Migrator as Migrator

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """``from limbeck import Migrator``."""
    if name == "Migrator":
        from importlib import import_module

        return import_module("limbeck.migrator").Migrator
    raise AttributeError(f"module 'limbeck' has no attribute {name!r}")


def install_as_alembic() -> None:
    """Have ``import alembic`` mean Limbeck in this process, as PyMySQL's ``install_as_MySQLdb()`` does.

    Raises `CommandError` where the real package is imported already. Behaviour part 9 lists the names.
    """
    from importlib import import_module

    import_module("limbeck.alembic_names").install(front=True)
