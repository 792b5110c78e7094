"""The classic comparison: differences between models and database, as Alembic finds them, become operations."""

from __future__ import annotations

from importlib import import_module

from limbeck.autogenerate.registry import add_plugin
from limbeck.autogenerate.registry import comparators as comparators
from limbeck.runtime.plugins import Plugin as Plugin

from . import checks, comments, constraints, defaults, foreign_keys, nullability, schemas, tables, types

add_plugin("alembic.autogenerate.schemas", schemas)
add_plugin("alembic.autogenerate.tables", tables)
add_plugin("alembic.autogenerate.types", types)
add_plugin("alembic.autogenerate.constraints", nullability, constraints, foreign_keys)
add_plugin("alembic.autogenerate.defaults", defaults)
add_plugin("alembic.autogenerate.comments", comments)
add_plugin("alembic.ext.checkconstraint_byname", checks)

_IN_API = ("_populate_migration_script", "_produce_net_changes")
"""Names that Alembic has here, and that third parties import."""


def __getattr__(name: str) -> object:
    if name in _IN_API:
        return getattr(import_module("limbeck.autogenerate.api"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
