"""The difference between models and a database, as operations and as Python text.

Names are imported on first access, so that ``limbeck revision`` without a comparison imports no SQLAlchemy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import api, compare, render, rewriter
    from .api import (
        RevisionContext,
        _produce_net_changes,
        _render_migration_diffs,
        compare_metadata,
        produce_migrations,
        render_python_code,
    )
    from .compare import comparators
    from .context import AutogenContext
    from .render import render_op_text, renderers
    from .rewriter import Rewriter

__all__ = [
    "AutogenContext",
    "RevisionContext",
    "Rewriter",
    "_produce_net_changes",
    "_render_migration_diffs",
    "api",
    "comparators",
    "compare",
    "compare_metadata",
    "produce_migrations",
    "render",
    "render_op_text",
    "render_python_code",
    "renderers",
    "rewriter",
]

_PLACES = {
    "AutogenContext": "context",
    "RevisionContext": "api",
    "Rewriter": "rewriter",
    "_produce_net_changes": "api",
    "_render_migration_diffs": "api",
    "comparators": "compare",
    "compare_metadata": "api",
    "produce_migrations": "api",
    "render_op_text": "render",
    "render_python_code": "api",
    "renderers": "render",
}
_MODULES = ("api", "compare", "render", "rewriter")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name in _PLACES:
        return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
