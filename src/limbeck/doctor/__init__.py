"""`limbeck doctor`: whether an existing Alembic environment would run here, and what would be otherwise.

It reads the configuration, env.py, the revision files and what is installed. It runs none of them, imports no
SQLAlchemy and opens no database; a revision file whose header only an import can tell is imported, as by `heads`.
"""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING

from limbeck.errors import FOUND_SOMETHING, CommandError, LimbeckWarning

from .finding import DIFFERS, NOTE, STOPS, Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from limbeck.config import Config
    from limbeck.script import ScriptDirectory

    from .source import Source

    Rule = Callable[[Source], Iterator[Finding]]

ORDER = (STOPS, DIFFERS, NOTE)


def doctor(config: Config) -> list[Finding]:
    """Say whether an existing environment would run, and what it uses that differs; no database is touched.

    Returns what was found, the weightiest first. Raises `CommandError` with exit code 1 where something would not run,
    or would come out in another way than under Alembic; notes alone are no such thing.
    """
    findings = sorted(examine(config), key=lambda finding: ORDER.index(finding.weight))
    for finding in findings:
        config.print_stdout("%s", finding.report())
    stops, differs, notes = (sum(finding.weight == weight for finding in findings) for weight in ORDER)
    if stops or differs:
        raise CommandError(
            f"{stops} finding(s) that would stop this environment, {differs} that come out otherwise, {notes} note(s)",
            code="doctor",
            exit_code=FOUND_SOMETHING,
            hint="each is said above with its file and line; docs/differences has the reasons",
        )
    config.print_stdout("This environment runs as it is. Notes: %s", notes)
    return findings


def examine(config: Config) -> list[Finding]:
    """Everything that there is to find, in the order: settings, env.py, history, scripts, what is installed."""
    from . import history, installed, settings

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
    from limbeck.script import ScriptDirectory

    from . import envpy, history, settings

    try:
        script = ScriptDirectory.from_config(config)
    except CommandError as error:
        yield settings.of_error(error)
        return
    yield from _file(script.env_py_location, envpy.RULES)
    yield from history.check(script)
    yield from _scripts(script)


def _scripts(script: ScriptDirectory) -> Iterator[Finding]:
    from . import scripts

    for revision in script._locations.scripts():
        if revision.path.endswith(".py"):
            yield from _file(revision.path, scripts.RULES)


def _file(path: str, rules: tuple[Rule, ...]) -> Iterator[Finding]:
    from .source import parse

    source = parse(path)
    if isinstance(source, Finding):
        yield source
        return
    for rule in rules:
        yield from rule(source)
