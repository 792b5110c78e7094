"""The configuration: whether every setting is one that a command could use."""

from __future__ import annotations

import codecs
import os.path
from datetime import datetime
from typing import TYPE_CHECKING

from limbeck.errors import CommandError
from limbeck.plugins import DIALECTS, entry_points
from limbeck.script import hooks
from limbeck.script.directory import FILE_TEMPLATE, SLUG_LENGTH
from limbeck.script.write import create_date, file_name

from .finding import NOTE, STOPS, Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from limbeck.config import Config

PLACEHOLDER = "driver"
"""The dialect of the URL that `init` writes, ``driver://user:pass@localhost/dbname``."""


def of_error(error: CommandError, rule: str | None = None) -> Finding:
    """An error that a command would end with, as a finding."""
    return Finding(STOPS, rule or error.code, str(error), error.hint or "correct it", error.file, error.line)


def check(config: Config) -> Iterator[Finding]:
    """What is amiss in the settings that are used later than by `heads`."""
    file = config.config_file_name or config.toml_file_name
    checks: tuple[Callable[[Config], object], ...] = (
        lambda config: config.edition,
        lambda config: config.get_prepend_sys_paths_list(),
        lambda config: config.get_alembic_boolean_option("revision_environment"),
        lambda config: create_date(config.get_alembic_option("timezone")),
        _file_name,
    )
    for one in checks:
        try:
            one(config)
        except CommandError as error:
            yield of_error(error)
    encoding = str(config.get_alembic_option("output_encoding", "utf-8"))
    try:
        codecs.lookup(encoding)
    except LookupError:
        yield Finding(STOPS, "output-encoding", f"there is no encoding '{encoding}'", "write utf-8", file)
    yield from _hooks(config, file)
    yield from _url(config, file)


def _file_name(config: Config) -> str:
    template = str(config.get_alembic_option("file_template", FILE_TEMPLATE))
    return file_name(template, "0123456789ab", "a message", datetime.now(), SLUG_LENGTH)  # noqa: DTZ005 a name to throw away


def _hooks(config: Config, file: str | None) -> Iterator[Finding]:
    try:
        found = config.get_hooks_list()
    except CommandError as error:
        yield of_error(error)
        return
    for options in found:
        name, kind = options.get("_hook_name"), options.get("type")
        if not kind:
            what = f"post-write hook '{name}' has no type, so `revision` fails"
            yield Finding(STOPS, "hook-setting", what, f"types: {', '.join(hooks.types())}", file)
        elif kind not in hooks.types():
            what = f"post-write hook '{name}' has the type '{kind}', which a module of yours has to register"
            yield Finding(
                NOTE, "hook-unknown", what, "nothing, where env.py does and revision_environment is set", file
            )
    if found:
        what = f"{len(found)} post-write hook(s): one that fails fails the command here; the file stays"
        yield Finding(NOTE, "hook-fails", what, "nothing; the exit code of `limbeck revision` is then 3", file)


def _url(config: Config, file: str | None) -> Iterator[Finding]:
    dialect = _dialect(config)
    if dialect == PLACEHOLDER:
        what = "'sqlalchemy.url' is still the placeholder that init wrote"
        do = "write the URL of your database there, or set LIMBECK_URL; nothing, where env.py gives it"
        yield Finding(NOTE, "placeholder-url", what, do, file)
    known = {"", *DIALECTS, PLACEHOLDER, *(point.name for point in entry_points("limbeck.dialects"))}
    if dialect not in known:
        what = f"dialect '{dialect}' is none of ours"
        yield Finding(NOTE, "foreign-dialect", what, "nothing, where its package registers an impl when imported", file)


def _dialect(config: Config) -> str:
    """The dialect of ``sqlalchemy.url``; empty where env.py alone knows the database."""
    try:
        url = config.get_main_option("sqlalchemy.url") or ""
    except CommandError:
        return ""
    return url.partition(":")[0].partition("+")[0]


def is_classic_sqlite(config: Config) -> bool:
    """Whether a rebuild may lose something: no edition, and the database is, or may be, SQLite."""
    try:
        edition = config.edition
    except CommandError:
        return False
    return edition is None and _dialect(config) in {"", PLACEHOLDER, "sqlite"}


def location(config: Config) -> Finding | None:
    """The finding that there is no folder of scripts, or None."""
    try:
        where = config.get_alembic_option("script_location")
    except CommandError as error:
        return of_error(error)
    if where:
        return None
    named = (config.config_file_name, config.toml_file_name)
    file = next((name for name in named if name and os.path.exists(name)), None)
    what = "No 'script_location' key found in configuration" if file else "there is no configuration file here"
    return Finding(STOPS, "no-script-location", what, "run it where alembic.ini is, or name the file by -c", file)
