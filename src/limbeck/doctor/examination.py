"""All rules, in their order, over one environment."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING

from limbeck.errors import CommandError, LimbeckWarning
from limbeck.script import ScriptDirectory

from . import envpy, history, installed, scripts, settings
from .finding import Finding
from .source import Source, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from limbeck.config import Config

    Rule = Callable[[Source], Iterator[Finding]]


def examine(config: Config) -> list[Finding]:
    """Everything that there is to find, in the order: settings, env.py, history, scripts, what is installed."""
    missing = settings.location(config)
    if missing is not None:
        return [missing]
    path = list(sys.path)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            findings = [*settings.check(config), *_folder(config), *installed.check()]
        finally:
            sys.path[:] = path
    warned = (one.message for one in told)
    findings += [history.of_warning(warning) for warning in warned if isinstance(warning, LimbeckWarning)]
    return list(dict.fromkeys(findings))


def _folder(config: Config) -> Iterator[Finding]:
    """What is found in the folder of the environment."""
    try:
        script = ScriptDirectory.from_config(config)
    except CommandError as error:
        yield settings.of_error(error)
        return
    yield from _file(script.env_py_location, envpy.RULES)
    yield from history.check(script)
    rules = scripts.RULES + (scripts.ON_CLASSIC_SQLITE if settings.is_classic_sqlite(config) else ())
    for revision in script.read_scripts():
        if revision.path.endswith(".py"):
            yield from _file(revision.path, rules)


def _file(path: str, rules: tuple[Rule, ...]) -> Iterator[Finding]:
    source = parse(path)
    if isinstance(source, Finding):
        yield source
        return
    for rule in rules:
        yield from rule(source)
