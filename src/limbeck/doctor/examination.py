"""All rules over one environment, in their order."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING

from limbeck.errors import CommandError, LimbeckWarning
from limbeck.findings import SEVERITIES, Finding
from limbeck.script import ScriptDirectory

from . import envpy, history, installed, modules, scripts, settings
from .source import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from limbeck.config import Config

    from .source import Source

    Rule = Callable[[Source], Iterator[Finding]]


def examine(config: Config, script_location: str | None = None) -> list[Finding]:
    """Apply all rules to the environment of a configuration; ``sys.path`` is left as it was.

    :param config: the configuration.
    :param script_location: folder of the environment; default: that of the configuration. Where it names none,
        the one that Flask-Migrate uses: that of the file itself, or ``migrations``.
    :return: the findings, the most severe first; within a severity settings, env.py, history, scripts, packages.
    """
    named, config = config, settings.located(config, script_location)
    missing = settings.location(config)
    if missing is not None:
        return [missing]
    path = list(sys.path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            assumed = settings.assumed(config) if config is not named and script_location is None else []
            findings = [*assumed, *settings.check(config), *_folder(config), *installed.check()]
        finally:
            sys.path[:] = path
    issued = (one.message for one in caught)
    findings += [history.of_warning(warning) for warning in issued if isinstance(warning, LimbeckWarning)]
    return sorted(dict.fromkeys(findings), key=lambda finding: SEVERITIES.index(finding.severity))


def _folder(config: Config) -> Iterator[Finding]:
    """Findings in the script directory: env.py, the history, each revision file."""
    try:
        script = ScriptDirectory.from_config(config)
    except CommandError as error:
        yield settings.of_error(error)
        return
    yield from _file(script.env_py_location, envpy.RULES, script.edition)
    yield from history.check(script)
    rules = scripts.RULES + (scripts.ON_REBUILDS if settings.rebuilds_may_lose(config) else ())
    search = modules.Search.of_env_py(script.env_py_location)
    for revision in script.read_scripts():
        if revision.path.endswith(".py"):
            yield from _file(revision.path, (*rules, search.missing), script.edition)


def _file(path: str, rules: tuple[Rule, ...], edition: int | None) -> Iterator[Finding]:
    source = parse(path, edition)
    if isinstance(source, Finding):
        yield source
        return
    for rule in rules:
        yield from rule(source)
