"""Limbeck: database migrations for Python and SQLAlchemy.

The package itself imports nothing: ``limbeck heads`` has to be there before a person notices. ``op``, ``context``,
``command`` and the rest are modules, imported by whoever names them.
"""

__version__ = "0.1.0"


def install_as_alembic() -> None:
    """Have ``import alembic`` mean Limbeck in this process, as PyMySQL's ``install_as_MySQLdb()`` does.

    Raises `CommandError` where the real package is imported already. Behaviour part 9 lists the names.
    """
    from importlib import import_module

    import_module("limbeck.alembic_names").install(front=True)
