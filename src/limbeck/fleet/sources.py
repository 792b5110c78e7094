"""Where targets are listed: TOML, CSV, lines of JSON, standard input, a function, environment variables.

A TOML file may also have them asked of a database: its schemas by a pattern, or the rows of a query.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeAlias, cast

from limbeck.errors import CommandError, UsageError

from .targets import Target, resolved, without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

    from sqlalchemy.engine import Connection

    from .targets import Address

Listed: TypeAlias = Iterable[Target | Mapping[str, object]]
Source: TypeAlias = str | os.PathLike[str] | Listed | Callable[[], Listed]
"""A file, ``-``, ``env:NAMES``, ``module:function``; for programs also the targets, or a function that has them."""

KEYS = ("name", "url", "schema", "tags")
_FUNCTION = re.compile(r"([\w.]+):(\w+)")
_PLACE = tuple[str | None, int | None]


def read(source: Source) -> Iterator[Target]:
    """The targets that ``source`` lists, one after the other.

    :raises CommandError: with file and line, for one that is no target, and for a second one of the same name.
    """
    names: set[str] = set()
    for target, (file, line) in _listed(source):
        if target.name in names:
            raise _wrong(f"There are two targets named {target.name}", file, line, "give one of them another name")
        names.add(target.name)
        yield target


def _listed(source: Source) -> Iterator[tuple[Target, _PLACE]]:
    if isinstance(source, str | os.PathLike):
        name = os.fspath(source)
        if name == "-":
            yield from _of_stream(sys.stdin)
        elif name.startswith("env:"):
            yield from _of_environment(name[4:])
        elif _FUNCTION.fullmatch(name) and not os.path.exists(name):
            yield from _of_values(_function(name)())
        else:
            yield from _of_file(name)
    else:
        yield from _of_values(source() if callable(source) else source)


def _of_values(values: object) -> Iterator[tuple[Target, _PLACE]]:
    if not isinstance(values, Iterable):
        raise UsageError(f"Targets are listed, and this is {type(values).__name__}", hint="return a list of Target")
    for each in values:
        yield (each if isinstance(each, Target) else _target(each, None, None)), (None, None)


def _of_environment(names: str) -> Iterator[tuple[Target, _PLACE]]:
    """Each variable whose name fits a pattern has a URL; one of a plain name has a list, of ``name=url``."""
    if "*" in names:
        for variable in sorted(os.environ):
            if fnmatchcase(variable, names):
                yield Target(variable, f"env:{variable}"), (None, None)
        return
    where = f"the environment variable {names}"
    if names not in os.environ:
        raise UsageError(
            f"--targets env:{names}: {where} is not set", hint="it has targets as name=url, or name=env:URL"
        )
    for number, item in enumerate(os.environ[names].split(), 1):
        name, equals, url = item.partition("=")
        if not (name and equals and url):
            raise _wrong(f"Target {number} is not written name=url", where, None, "write %20 for a space in a URL")
        yield Target(name, url), (where, None)


def _function(name: str) -> Callable[[], object]:
    from importlib import import_module

    module, _, attribute = name.partition(":")
    if "" not in sys.path and os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())  # as `python -m` has it
    try:
        found: Callable[[], object] = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise UsageError(
            f"--targets {name}: {error}", hint="name a file, - for standard input, or a function as package.module:name"
        ) from error
    return found


def _of_file(name: str) -> Iterator[tuple[Target, _PLACE]]:
    ending = os.path.splitext(name)[1].lower()
    reader = {".toml": _of_toml, ".csv": _of_csv, ".jsonl": _of_json, ".ndjson": _of_json, ".json": _of_json}.get(
        ending
    )
    if reader is None:
        raise UsageError(
            f"--targets {name}: what kind of file it is cannot be told",
            hint="end its name in .toml, .csv or .jsonl (an object on each line)",
        )
    try:
        with open(name, encoding="utf-8-sig", newline="") as file:
            yield from reader(file, name)
    except OSError as error:
        raise CommandError(
            f"The list of targets cannot be read: {error.strerror}",
            code="targets-file",
            file=name,
            hint="check the path given by --targets",
        ) from error
    except UnicodeDecodeError as error:
        raise _wrong("The list of targets is not UTF-8", name, None, "save it in UTF-8") from error


def _of_stream(stream: TextIO) -> Iterator[tuple[Target, _PLACE]]:
    """Lines of JSON, or CSV with its first line as the names of columns."""
    first = stream.readline()
    while first and not first.strip():
        first = stream.readline()

    def lines() -> Iterator[str]:
        yield first
        yield from stream

    yield from (_of_json if first.lstrip().startswith("{") else _of_csv)(lines(), "standard input")


# --- formats --------------------------------------------------------------------------------------------------------


def _of_json(lines: Iterable[str], file: str) -> Iterator[tuple[Target, _PLACE]]:
    import json

    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except ValueError as error:
            hint = 'each line is an object: {"name": "a", "url": "env:URL_OF_A"}'
            raise _wrong(f"This is no JSON: {getattr(error, 'msg', 'not readable')}", file, number, hint) from None
        yield _target(found, file, number), (file, number)


def _of_csv(lines: Iterable[str], file: str) -> Iterator[tuple[Target, _PLACE]]:
    import csv

    rows = csv.reader(lines, strict=True)
    names: list[str] | None = None
    try:
        for row in rows:
            if not any(row):
                continue
            if names is None:
                names = [name.strip() for name in row]
                _demand_known(names, file, rows.line_num)
                continue
            if len(row) > len(names):
                fact = f"This line has {len(row)} values, and the first line names {len(names)}"
                raise _wrong(fact, file, rows.line_num, 'put a value with a comma in quotes: "a,b"')
            found: dict[str, object] = {
                name: value.strip() for name, value in zip(names, row, strict=False) if value.strip()
            }
            if "tags" in found:
                found["tags"] = _tags(str(found["tags"]), file, rows.line_num)
            yield _target(found, file, rows.line_num), (file, rows.line_num)
    except csv.Error as error:
        raise _wrong(f"This is no CSV: {error}", file, rows.line_num, "close the quotes of each value") from error


def _tags(text: str, file: str, line: int) -> dict[str, str]:
    pairs = [item.partition("=") for item in re.split(r"[\s;]+", text) if item]
    if not all(name and equals for name, equals, _ in pairs):
        raise _wrong(f"Tags read name=value, and this is {text!r}", file, line, "as in tier=free;region=eu")
    return {name: value for name, _, value in pairs}


def _of_toml(stream: TextIO, file: str) -> Iterator[tuple[Target, _PLACE]]:
    import tomllib

    text = stream.read().replace("\r\n", "\n")
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+)", str(error))
        fact = re.sub(r" \(at .*\)", "", str(error))
        raise _wrong(
            f"Malformed TOML file: {fact}",
            file,
            int(place[1]) if place else None,
            "a list of tables reads [[targets]], text needs quotes",
        ) from None
    for name in document.keys() - {"targets", "fleet", "stages"}:
        at = next(iter(_lines(text, rf"\[*{re.escape(name)}\b")), None)
        raise _wrong(f"A list of targets has no '{name}'", file, at, "write [[targets]], [fleet] or [[stages]]")
    if "fleet" in document:
        first = (_lines(text, r"\[fleet\]") or [1])[0]
        yield from ((target, (file, first)) for target in _by_pattern(document["fleet"], file, first))
    tables = document.get("targets", [])
    lines = _lines(text, r"\[\[\s*targets\s*\]\]")
    if not isinstance(tables, list):
        raise _wrong("'targets' is an array of tables", file, _lines(text, r"\[?targets")[0], "write [[targets]]")
    for number, table in enumerate(tables):
        line = lines[number] if number < len(lines) else None
        yield _target(table, file, line), (file, line)


def _lines(text: str, pattern: str) -> list[int]:
    """The lines that begin with ``pattern``."""
    return [number for number, line in enumerate(text.split("\n"), 1) if re.match(rf"\s*{pattern}", line)]


def _by_pattern(table: object, file: str, line: int) -> Iterator[Target]:
    """A target for each schema of a server that fits a pattern, of SQL, as ``tenant_%``; or for each row of a query."""
    if (
        not isinstance(table, dict)
        or not isinstance(table.get("url"), str)
        or [isinstance(table.get(name), str) for name in ("schemas", "query")].count(True) != 1
    ):
        raise _wrong(
            "[fleet] needs url, and schemas or query",
            file,
            line,
            'as in url = "env:DATABASE_URL", schemas = "tenant_%"',
        )
    for name in table.keys() - {"url", "schemas", "query", "tags"}:
        raise _wrong(f"[fleet] has no '{name}'", file, line, "it takes url, schemas or query, and tags")
    given = {key: table[key] for key in table.keys() - {"schemas", "query"}}
    whole = _target({"name": "[fleet]", **given}, file, line)
    if "query" in table:
        yield from _of_rows(_rows(whole, str(table["query"])), whole, file, line)
        return
    pattern = re.compile(
        "".join({"%": ".*", "_": "."}.get(sign, re.escape(sign)) for sign in str(table["schemas"])), re.DOTALL
    )
    for name in _schemas(whole):
        if pattern.fullmatch(name):
            yield Target(name, whole.url, name, whole.tags)


def _of_rows(rows: Iterable[Mapping[str, object]], whole: Target, file: str, line: int) -> Iterator[Target]:
    """Targets of rows with columns as the keys are named; those without a URL are on the database that was asked.

    Any other column is a tag.
    """
    for row in rows:
        values: dict[str, object] = {name: row[name] for name in KEYS if row.get(name) is not None}
        tags = values.get("tags", {})
        if isinstance(tags, str):
            tags = _tags(tags, file, line)
        others = {name: str(value) for name, value in row.items() if name not in KEYS and value is not None}
        if not isinstance(tags, Mapping):
            raise _wrong("Column tags of the query has name=value as text", file, line, "as in tier=free;region=eu")
        yield _target({"url": whole.url, **values, "tags": {**whole.tags, **others, **tags}}, file, line)


def _rows(target: Target, query: str) -> list[Mapping[str, object]]:
    """The rows of a query."""
    found: list[Mapping[str, object]] = []
    _ask(target, lambda connection: found.extend(map(dict, connection.exec_driver_sql(query).mappings())))
    return found


def _schemas(target: Target) -> list[str]:
    """The names of the schemas of a database."""
    import sqlalchemy as sa

    found: list[str] = []
    _ask(target, lambda connection: found.extend(sa.inspect(connection).get_schema_names()))
    return sorted(found)


def _ask(target: Target, question: Callable[[Connection], None]) -> None:
    """Ask the database of ``target``, whose secrets no error has.

    :raises CommandError: where it cannot be asked.
    """
    from sqlalchemy.exc import DBAPIError

    from limbeck.runtime import connections, missing_files

    url = resolved(target)
    try:
        with missing_files.creating_no_database():
            connections.run_on(connections.connectable(url), question)
    except CommandError as error:
        fact = without_secrets(str(error), url)
        raise CommandError(fact, code=error.code, hint=error.hint) from None
    except DBAPIError as error:
        said = without_secrets(str(error.orig).strip().split("\n")[0], url)
        raise CommandError(
            f"The query of [fleet] failed: {said}",
            code="targets-query",
            hint="try it on that database by its own shell",
        ) from None


# --- one target -----------------------------------------------------------------------------------------------------


def _target(found: object, file: str | None, line: int | None) -> Target:
    """A target of a mapping."""
    if not isinstance(found, Mapping):
        raise _wrong(f"A target has names and values, and this is {type(found).__name__}", file, line, _EXAMPLE)
    _demand_known(found, file, line)
    name = found.get("name") or found.get("schema")
    if not isinstance(name, str) or not name:
        raise _wrong("This target has no name", file, line, _EXAMPLE)
    url = found.get("url")
    if not isinstance(url, str) and not callable(url):
        raise _wrong(f"Target {name} has no url", file, line, _EXAMPLE)
    if isinstance(url, str):
        if not url:
            raise _wrong(f"The url of target {name} is empty", file, line, _EXAMPLE)
        if url.startswith("file:") and file is not None:
            url = "file:" + os.path.join(os.path.dirname(os.path.abspath(file)), url[5:])
    schema = found.get("schema") or None
    tags = found.get("tags") or {}
    if schema is not None and not isinstance(schema, str):
        raise _wrong(f"The schema of target {name} is text", file, line, _EXAMPLE)
    if not isinstance(tags, Mapping) or not all(isinstance(value, str | int) for value in tags.values()):
        raise _wrong(f"The tags of target {name} are names with texts", file, line, 'as in tags = { tier = "free" }')
    return Target(name, cast("Address", url), schema, {str(tag): str(value) for tag, value in tags.items()})


_EXAMPLE = "a target has name and url (a URL, env:NAME or file:PATH), and may have schema and tags"


def _demand_known(names: Iterable[str], file: str | None, line: int | None) -> None:
    from difflib import get_close_matches

    for name in names:
        if name not in KEYS:
            near = get_close_matches(str(name), KEYS, n=1)
            hint = f"did you mean '{near[0]}'?" if near else _EXAMPLE
            raise _wrong(f"A target has no '{name}'", file, line, hint)


def _wrong(fact: str, file: str | None, line: int | None = None, hint: str | None = None) -> CommandError:
    return CommandError(fact, code="targets-file", file=file, line=line, hint=hint)
