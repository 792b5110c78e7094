"""Rules for the configuration: whether every setting has a value that commands accept."""

from __future__ import annotations

import codecs
import os.path
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from limbeck.config import Config, accepts_ahead
from limbeck.errors import CommandError
from limbeck.findings import Finding
from limbeck.plugins import DIALECTS, entry_points
from limbeck.script import hooks
from limbeck.script.directory import FILE_TEMPLATE, SLUG_LENGTH
from limbeck.script.write import create_date, file_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PLACEHOLDER = "driver"
"""The dialect of the URL that ``init`` writes, ``driver://user:pass@localhost/dbname``."""


def of_error(error: CommandError) -> Finding:
    """An error that a command would fail with, as a finding."""
    return Finding(error.code, "error", str(error), error.hint or "correct it", error.file, error.line)


def check(config: Config) -> Iterator[Finding]:
    """Settings that would fail a command, beyond those that reading the scripts needs."""
    file = config.config_file_name or config.toml_file_name
    checks: tuple[Callable[[Config], object], ...] = (
        lambda config: config.edition,
        lambda config: config.get_limbeck_boolean("history"),
        lambda config: config.get_limbeck_boolean("history_scripts"),
        lambda config: config.get_limbeck_boolean("heads_file"),
        _objects,
        lambda config: config.longest_body,
        lambda config: accepts_ahead(config.get_alembic_option("ahead")),
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
        yield Finding("output-encoding", "error", f"there is no encoding '{encoding}'", "write utf-8", file)
    yield from _hooks(config, file)
    yield from _url(config, file)


def _objects(config: Config) -> None:
    for name in ("objects", "repeatable_objects"):
        folder = config.folder_of(name)
        if folder is not None:
            from limbeck.objects.folder import declared_in

            declared_in(Path(folder), name, config.place_of(name))


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
            message = f"post-write hook '{name}' has no type, so `revision` fails"
            yield Finding("hook-setting", "error", message, f"types: {', '.join(hooks.types())}", file)
        elif kind not in hooks.types():
            message = f"post-write hook '{name}' has the type '{kind}', which env.py has to register"
            yield Finding("hook-unknown", "info", message, "nothing, if it does and revision_environment is set", file)
    if found:
        message = f"{len(found)} post-write hook(s): under Limbeck one that fails fails the command; the file stays"
        yield Finding("hook-fails", "info", message, "nothing; the exit code of `limbeck revision` is then 3", file)


def _url(config: Config, file: str | None) -> Iterator[Finding]:
    dialect = _dialect(config)
    if dialect == PLACEHOLDER:
        message = "'sqlalchemy.url' is still the placeholder that init wrote"
        hint = "write the URL of your database there, or set LIMBECK_URL; nothing, if env.py gives it"
        yield Finding("placeholder-url", "info", message, hint, file)
    known = {"", *DIALECTS, PLACEHOLDER, *(point.name for point in entry_points("limbeck.dialects"))}
    if dialect not in known:
        message = f"dialect '{dialect}' does not come with Limbeck"
        yield Finding(
            "foreign-dialect", "info", message, "nothing, if its package registers an impl when it is imported", file
        )


def _dialect(config: Config) -> str:
    """The dialect of ``sqlalchemy.url``; empty where that is not set."""
    try:
        url = config.get_main_option("sqlalchemy.url") or ""
    except CommandError:
        return ""
    return url.partition(":")[0].partition("+")[0]


def rebuilds_may_lose(config: Config) -> bool:
    """Whether the rebuild of a table may lose something: no edition, and the database is SQLite or not known."""
    try:
        edition = config.edition
    except CommandError:
        return False
    return edition is None and _dialect(config) in {"", PLACEHOLDER, "sqlite"}


def located(config: Config, given: str | None) -> Config:
    """``config`` with a script location: ``given``, else its own, else the one that Flask-Migrate would set.

    That is the folder of the ini file, or ``migrations``, if it has an env.py; the ini file may lie in it.
    """
    try:
        if given is None and config.get_alembic_option("script_location"):
            return config
    except CommandError:
        return config
    file = config.config_file_name
    present = file is not None and os.path.exists(file)
    folders = (
        [given] if given is not None else [*([os.path.dirname(file) or "."] if file and present else []), "migrations"]
    )
    folder = next((name for name in folders if os.path.exists(os.path.join(name, "env.py"))), given)
    if folder is None:
        return config
    within = os.path.join(folder, "alembic.ini")
    made = Config(
        file if present or not os.path.exists(within) else within,
        toml_file=config.toml_file_name,
        ini_section=config.config_ini_section,
        cmd_opts=config.cmd_opts,
    )
    made.set_main_option("script_location", folder.replace("%", "%%"))
    return made


def assumed(config: Config) -> list[Finding]:
    """The note that the script location is that which Flask-Migrate would set."""
    folder = config.get_alembic_option("script_location")
    message = f"the configuration names no script_location: '{folder}' is looked at, which Flask-Migrate would set"
    hint = "nothing, where Flask-Migrate runs it; add script_location for the command `limbeck`"
    return [Finding("script-location-assumed", "info", message, hint, config.config_file_name)]


def location(config: Config) -> Finding | None:
    """The finding that no script directory is configured; None where one is."""
    try:
        where = config.get_alembic_option("script_location")
    except CommandError as error:
        return of_error(error)
    if where:
        return None
    named = (config.config_file_name, config.toml_file_name)
    file = next((name for name in named if name and os.path.exists(name)), None)
    message = "No 'script_location' key found in configuration" if file else "there is no configuration file here"
    hint = "run it where alembic.ini is, name the file by -c, or the folder with env.py by --script-location"
    return Finding("no-script-location", "error", message, hint, file)
