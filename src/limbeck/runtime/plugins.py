"""Plugins: named sets of comparators, built in or of other packages, selected by name patterns."""

from __future__ import annotations

import logging
import re
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from limbeck.errors import CommandError, warn
from limbeck.plugins import entry_points

from .priority import DispatchPriority, PriorityDispatcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

log = logging.getLogger("alembic.runtime.plugins")

GROUPS = ("limbeck.plugins", "alembic.plugins")
RENAMED = {"alembic.autogenerate.checkconstraint_byname": "alembic.ext.checkconstraint_byname"}
_OWN = ("alembic.autogenerate.", "limbeck.")
"""What the names of Limbeck's own plugins begin with: they come first, whenever others were discovered."""
_PATTERN = re.compile(r"(?:\*|[^\W\d]\w*)(?:\.(?:\*|[^\W\d]\w*))*")

_registered: dict[str, Plugin] = {}
_discovered: list[str] = []


class Plugin:
    """A named set of comparators.

    :param name: its name, dotted, as ``acme.views``.

    Raises ValueError where a plugin of this name is registered.
    """

    def __init__(self, name: str) -> None:
        if name in _registered:
            raise ValueError(f"A plugin named {name} is already registered")
        log.debug("setup plugin %s", name)
        self.name = name
        self.autogenerate_comparators = PriorityDispatcher()
        self.configure_options: set[str] = set()
        _registered[name] = self

    def remove(self) -> None:
        """Remove the plugin from the registry; its object must not be used afterwards."""
        del _registered[self.name]

    def add_autogenerate_comparator(
        self,
        fn: Callable[..., Any],
        compare_target: str,
        compare_element: str | None = None,
        *,
        qualifier: str = "default",
        priority: DispatchPriority = DispatchPriority.MEDIUM,
    ) -> None:
        """Add a comparator.

        :param fn: the function; its signature depends on ``compare_target``.
        :param compare_target: ``autogenerate``, ``schema``, ``table`` or ``column``.
        :param compare_element: the subgroup, as ``indexes``; a STOP ends it.
        :param qualifier: the dialect that it is for; ``default`` is for all.
        :param priority: comparators of a higher one are called before.
        """
        self.autogenerate_comparators.dispatch_for(
            compare_target, subgroup=compare_element, priority=priority, qualifier=qualifier
        )(fn)

    def add_configure_option(self, *names: str) -> None:
        """Declare keywords of ``context.configure()`` that this plugin reads from ``MigrationContext.opts``.

        An undeclared one is a warning, and under ``edition = 2026`` an error. A dialect declares its own in
        ``context_option_names``, an attribute of its impl.

        :param names: the keywords, as ``acme_views``; with the plugin's name as a prefix, since all share a namespace.
        """
        self.configure_options.update(names)

    @classmethod
    def setup_plugin_from_module(cls, module: ModuleType, name: str) -> None:
        """Register a plugin that ``module`` sets up by its function ``setup(plugin)``."""
        module.setup(cls(name))

    @classmethod
    def populate_autogenerate_priority_dispatch(
        cls, comparators: PriorityDispatcher, include_plugins: Iterable[str]
    ) -> None:
        """Add the comparators of the plugins that ``include_plugins`` selects to ``comparators``, Limbeck's own first.

        :param include_plugins: names, in which ``*`` stands for one or more segments; ``~name`` excludes.

        Raises ValueError for an invalid expression, and `CommandError` for one that matches no plugin.
        """
        _setup()
        wanted: list[str] = []
        unwanted: list[str] = []
        for expression in include_plugins:
            name = expression.removeprefix("~")
            if not _PATTERN.fullmatch(name):
                raise ValueError(f"Invalid plugin expression {name!r}")
            (unwanted if expression.startswith("~") else wanted).append(RENAMED.get(name, name))
        missing = dict.fromkeys(wanted)
        for name, plugin in sorted(_registered.items(), key=lambda each: not each[0].startswith(_OWN)):
            chosen = [pattern for pattern in wanted if _matches(pattern, name)]
            for pattern in chosen:
                missing.pop(pattern, None)
            if chosen and not any(_matches(pattern, name) for pattern in unwanted):
                log.info("setting up autogenerate plugin %s", name)
                comparators.populate_with(plugin.autogenerate_comparators)
        if missing:
            raise CommandError(
                f"Did not locate plugins: {', '.join(missing)}",
                code="unknown-plugin",
                hint=f"registered are {', '.join(sorted(_registered))}",
            )


def _setup() -> None:
    """Register Limbeck's own plugins and those of installed distributions; again does nothing."""
    import_module("limbeck.autogenerate.compare")
    discover()


def __getattr__(name: str) -> object:
    """``_all_plugins``, by name; ``metadata``, where tests of plugins put entry points of their own."""
    if name == "_all_plugins":
        _setup()
        return _registered
    if name == "metadata":
        return import_module("importlib.metadata")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def declared_options() -> frozenset[str]:
    """The keywords of ``configure()`` that installed and registered plugins declare."""
    discover()
    return frozenset().union(*(plugin.configure_options for plugin in _registered.values()))


def _matches(pattern: str, name: str) -> bool:
    parts = [".+" if part == "*" else re.escape(part) for part in pattern.split(".")]
    return re.fullmatch(r"\.".join(parts), name) is not None


def discover() -> None:
    """Register the plugins of installed distributions, once: entry points of the groups in `GROUPS`.

    Raises `CommandError` where one cannot be loaded.
    """
    if _discovered:
        return
    _discovered.extend(GROUPS)
    for point in {id(point): point for point in entry_points(*GROUPS)}.values():
        try:
            found = point.load()
        except Exception as error:
            raise CommandError(
                f"Plugin {point.name!r} ({point.value}) can't be loaded: {error}", code="plugin-failed"
            ) from error
        if isinstance(found, ModuleType):
            Plugin.setup_plugin_from_module(found, point.name)
            continue
        warn(
            f"Plugin entrypoint {point.name!r} refers to a collection of modules; the entrypoint should refer to a "
            "single plugin module that includes a setup() function.",
            code="plugin-collection",
        )
        for number, module in enumerate(found):
            Plugin.setup_plugin_from_module(module, f"{point.name}.{number}")
