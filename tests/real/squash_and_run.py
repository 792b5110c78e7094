"""The history of a project squashed, whole and in the middle, and run from wherever a database stands.

Run as a program in an environment that has a project of `projects.py`, ``squash_and_run.py NAME URL`` prints what
comes out as JSON. A project that upgrades by a command of its own, given behind the URL, is looked at in that
command's call of `alembic.command.upgrade`. Its files are copied first, and the squashed ones stay in the folder
`KEPT`.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from plan_and_run import Go, by_its_command

from limbeck import command, scratch
from limbeck.command.environments import environment_of
from limbeck.config import Config
from limbeck.databases import Environment
from limbeck.errors import CommandError
from limbeck.maintenance.span import span
from limbeck.runtime.logging_sections import silent
from limbeck.runtime.migration import log
from limbeck.schema import Schema, differences, read

KEPT = "squashed"
"""The folder of the program's own where it leaves the squashed scripts, by range."""


def squash_and_run(config: Config, kept: Path) -> dict[str, Any]:
    """What comes out, by range: the lengths, and by station the differences from the history as it was; or why not.

    :param kept: a folder for the squashed scripts, which stay there, by range.
    """
    found: dict[str, Any] = {}
    original = environment_of(config)
    for part in ("whole", "middle"):
        with _copied(config, original, kept / part):
            try:
                found[part] = _squashed(config, original, part)
            except Exception as error:  # noqa: BLE001 raised again where no CommandError is a cause of it
                found[part] = _refusal(error)
    return found


def _refusal(error: BaseException) -> dict[str, Any]:
    """What a `CommandError` says, around which oslo.db may have put an error of its own."""
    own: BaseException | None = error
    while not isinstance(own, CommandError):
        if own is None:
            raise error
        own = own.__cause__
    return {"refused": own.code, "said": str(own), "notes": getattr(own, "__notes__", [])}


@contextmanager
def _copied(config: Config, original: Environment, copy: Path) -> Iterator[None]:
    """Have the configuration name a copy of the scripts, which its folders of revisions are in too."""
    script = original.script
    shutil.copytree(script.dir, copy, ignore=shutil.ignore_patterns("__pycache__"))
    folders = [str(copy / Path(folder).relative_to(script.dir)) for folder in script.version_folders]
    changed = {"script_location": str(copy)}
    if config.get_main_option("version_locations") is not None:
        changed |= {"version_locations": os.pathsep.join(folders), "path_separator": "os"}
    before = {name: config.get_main_option(name) for name in changed}
    for name, value in changed.items():
        config.set_main_option(name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                config.remove_main_option(name)
            else:
                config.set_main_option(name, value)


def _squashed(config: Config, original: Environment, part: str) -> dict[str, Any]:
    ids = [each.revision for each in reversed(list(original.script.walk_revisions()))]
    text = "base:heads" if part == "whole" else _middle(original, ids)
    if text is None:
        return {"refused": "no range"}
    covered = span(original.script, text).ids
    with scratch.copies(original, at="heads") as twin:
        expected = _schemas(twin)
    result = command.squash(config, text, "in one", yes=True)
    squashed = environment_of(config).script
    stations = {"fresh": "base", "inside": covered[len(covered) // 2], "at the end": covered[-1], "beyond": "heads"}
    lines: dict[str, Any] = {}
    for name, at in stations.items():
        with scratch.copies(original, at=at) as twin, silent(log):
            twin.run(lambda rows, _context: squashed.steps(squashed.plan_upgrade("heads", rows)))
            lines[name] = [
                line for one, other in zip(_schemas(twin), expected, strict=True) for line in differences(one, other)
            ]
    return {
        "revisions": len(result.replaces),  # type: ignore[union-attr]
        "lines": result.source.count("\n"),  # type: ignore[union-attr]
        "end": covered[-1],
        "stations": lines,
    }


def _middle(original: Environment, ids: list[str]) -> str | None:
    """The longest range between the first and the last quarter that can be squashed."""
    quarter = len(ids) // 4
    for inner in (ids[quarter : len(ids) - quarter], ids[1:]):  # the second for short histories
        pairs = [(first, last) for first in range(len(inner)) for last in range(first + 1, len(inner))]
        for first, last in sorted(pairs, key=lambda pair: pair[0] - pair[1]):
            text = f"{inner[first]}:{inner[last]}"
            with suppress(CommandError):
                span(original.script, text)
                return text
    return None


def _schemas(environment: Environment) -> list[Schema]:
    found: list[Schema] = []

    def look(_rows: tuple[str, ...], context: Any) -> list[Any]:
        found.append(read(context))
        return []

    environment.run(look, dont_mutate=True)
    return found


def main(name: str, url: str, *words: str) -> None:
    """Print what comes out of the history of a project; by its own command, if that is given."""
    from projects import configured

    out, sys.stdout = sys.stdout, sys.stderr  # where its command prints
    found: dict[str, Any] = {}
    kept = Path.cwd() / KEPT
    if words:

        def instead(config: Config, revision: str, go: Go) -> None:
            if not found:  # one for all upgrades of the command
                found.update(squash_and_run(config, kept))
            go(config, revision)  # the command looks whether it was

        by_its_command(list(words), instead)
    else:
        config = configured(name, url)
        config.stdout = sys.stderr
        found = squash_and_run(config, kept)
    print(json.dumps(found), file=out)


if __name__ == "__main__":
    main(*sys.argv[1:])
