"""Where comparators and renderers are registered, so that who registers and who calls them need not know each other."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from limbeck.operations.dispatch import Dispatcher
from limbeck.runtime.plugins import Plugin
from limbeck.runtime.priority import PriorityDispatcher

if TYPE_CHECKING:
    from collections.abc import Callable

    from .read.table_view import TableView

    Comparator = Callable[..., Any]  # its signature depends on what it compares
    UnchangedCheck = Callable[[TableView], bool]

comparators = PriorityDispatcher()
"""Comparators for every run, beside those of plugins: ``@comparators.dispatch_for("schema")``."""

renderers = Dispatcher()
"""By operation class: ``fn(autogen_context, op) -> str | list[str]``."""

CLASSIC = ("types", "constraints", "defaults", "comments")
"""The plugins of the classic comparison, ``alembic.autogenerate.`` left out, for which the exact one has its own."""

EXACT = "limbeck.exact"
"""The plugin of the exact comparison."""

OBJECTS = "limbeck.objects"
"""The plugin of views, functions, triggers and the like, which is part of every comparison of models that have some."""

_ROOMS = ("limbeck.autogenerate.compare", "limbeck.autogenerate.exact")
_plugins: dict[str, Plugin] = {}
_checks: dict[Comparator, UnchangedCheck] = {}


class Registers(Protocol):
    """A module with comparators."""

    def setup(self, plugin: Plugin) -> None:
        """Add them to ``plugin``."""


def add_plugin(name: str, *modules: Registers) -> None:
    """Make a plugin of Limbeck's own out of the comparators of ``modules``."""
    plugin = _plugins[name] = Plugin(name)
    for module in modules:
        module.setup(plugin)


def load_plugins() -> None:
    """Import the rooms that add plugins: by name, as the modules of third-party plugins are."""
    for room in _ROOMS:
        import_module(room)


def plugin(name: str) -> Plugin:
    """A plugin of Limbeck's own, also one that the run has not chosen."""
    return _plugins[name]


def add_comparator(
    plugin: Plugin, comparator: Comparator, target: str, element: str, is_unchanged: UnchangedCheck
) -> None:
    """Add a comparator of columns or tables to a plugin, with a check that makes it unnecessary.

    :param target: ``column`` or ``table``. :param element: what it compares of them.
    :param is_unchanged: whether ``comparator`` would find nothing in a table, and would log nothing.
    """
    plugin.add_autogenerate_comparator(comparator, target, element)
    _checks[comparator] = is_unchanged


def unchanged_check(comparator: Comparator) -> UnchangedCheck | None:
    """The check that came with ``comparator``; None where it came without, as those of third parties do."""
    return _checks.get(comparator)
