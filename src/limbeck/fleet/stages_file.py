"""Stages as a TOML file lists them, beside the targets."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING

from limbeck.errors import CommandError
from limbeck.limits import duration

from .failures import allowed
from .stages import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .sources import Source

KEYS = ("name", "only", "after", "soak", "gate", "gate_sql", "max_failures")
_EXAMPLE = 'as in name = "eu", only = ["region=eu"], soak = "10min"'


def read(source: Source) -> tuple[Stage, ...]:
    """The stages that a source of targets lists; none where it is no TOML file.

    The file was read for its targets before, and is one.

    :raises CommandError: with file and line, for one that is no stage.
    """
    import tomllib

    if not isinstance(source, str | os.PathLike) or not os.fspath(source).endswith(".toml"):
        return ()
    file = os.fspath(source)
    with open(file, encoding="utf-8-sig") as stream:
        text = stream.read()
    tables = tomllib.loads(text).get("stages", [])
    lines = [number for number, line in enumerate(text.split("\n"), 1) if re.match(r"\s*\[*\s*stages\b", line)]
    if not isinstance(tables, list):
        raise _wrong("'stages' is an array of tables", file, lines[0] if lines else None, "write [[stages]]")
    return tuple(_stages(tables, file, lines))


def _stages(tables: list[object], file: str, lines: list[int]) -> Iterator[Stage]:
    for number, table in enumerate(tables):
        line = lines[number] if number < len(lines) else None
        try:
            yield _stage(table)
        except (ValueError, CommandError) as error:
            hint = error.hint if isinstance(error, CommandError) else _EXAMPLE
            raise _wrong(f"This stage is none: {error}", file, line, hint) from None


def _stage(table: object) -> Stage:
    """A stage of a table; raises `ValueError`."""
    if not isinstance(table, Mapping):
        raise ValueError("it is no table")  # noqa: TRY004 a value of a file
    for key in table.keys() - set(KEYS):
        near = get_close_matches(key, KEYS, 1)
        raise ValueError(f"a stage has no '{key}'" + (f", did you mean '{near[0]}'?" if near else ""))
    name = table.get("name")
    if not isinstance(name, str) or not name:
        raise ValueError("it has no name")
    max_failures = table.get("max_failures", 0)
    allowed(max_failures, 1)  # raises for what is neither a number nor per cent
    soak = table.get("soak")
    if soak is not None and not isinstance(soak, str | int | float):
        raise ValueError(f'soak is {soak!r}, and reads "10min", or a number of seconds')
    return Stage(
        name,
        _texts(table, "only"),
        _texts(table, "after") if "after" in table else None,
        duration(soak, "soak") or 0.0,
        _text(table, "gate"),
        _text(table, "gate_sql"),
        max_failures,
    )


def _texts(table: Mapping[str, object], key: str) -> tuple[str, ...]:
    found = table.get(key, [])
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise ValueError(f"{key} is a list of texts")
    return tuple(found)


def _text(table: Mapping[str, object], key: str) -> str | None:
    found = table.get(key)
    if found is not None and (not isinstance(found, str) or not found.strip()):
        raise ValueError(f"{key} is a text")
    return found


def _wrong(fact: str, file: str, line: int | None, hint: str | None) -> CommandError:
    return CommandError(fact, code="targets-file", file=file, line=line, hint=hint)
