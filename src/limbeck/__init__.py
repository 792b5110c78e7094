"""Limbeck: database migrations for Python and SQLAlchemy.

The package itself imports nothing: ``limbeck heads`` has to be there before a person notices. ``op``, ``context``,
``command`` and the rest are modules, imported by whoever names them.
"""

__version__ = "0.1.0"
