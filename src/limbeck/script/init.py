"""A new environment from a template set.

There are two families of sets: what `Config.get_template_directory` names, whose files Alembic can run as well, and
one for each edition.
"""

from __future__ import annotations

import os
from copy import copy
from typing import TYPE_CHECKING, NamedTuple

from limbeck.config import known_edition
from limbeck.console import message, status
from limbeck.errors import CommandError

from .write import make_folder, render, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from limbeck.config import Config

    from .project import Models

    Choose = Callable[[Sequence[Models]], Sequence[Models]]

INI = "alembic.ini.mako"
TOML = "pyproject.toml.mako"
ORDER = ("script.py.mako", "README", "env.py")
"""The order in which Alembic writes the files of a set."""


def template_directory(config: Config, edition: int | None) -> str:
    """The folder with the template sets of an edition; without one that of ``config``."""
    if edition is None:
        return config.get_template_directory()
    named = f"templates_{known_edition(edition)}"
    return os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), named)


def templates(config: Config, edition: int | None = None) -> list[tuple[str, str]]:
    """The template sets on offer, by name, each with the first line of its README."""
    folder = template_directory(config, edition)
    found = []
    for name in sorted(os.listdir(folder)):
        readme = os.path.join(folder, name, "README")
        if os.path.isfile(readme):
            with open(readme, encoding="utf-8") as stream:
                found.append((name, stream.readline().strip()))
    return found


def init(
    config: Config,
    directory: str,
    template: str = "generic",
    *,
    package: bool = False,
    edition: int | None = None,
    choose: Choose | None = None,
) -> list[str]:
    """Write a new environment and its configuration, with a status line for each; returns the paths written.

    :param directory: the folder to make; it may exist where it is empty.
    :param template: name of the template set.
    :param package: make the folder and its ``versions`` Python packages.
    :param edition: the edition that the environment asks for; without one, Alembic can run the files as well. With
        one the project in the current folder is looked at: env.py names its models, and where its URL comes from.
    :param choose: which of several MetaData are meant; default: none, and env.py has the place to name them.

    Everything is rendered before the first file is written, and nothing is read through ``config`` that a program
    would find in it afterwards: its files are only now being made. Raises `CommandError` where the folder is in use,
    the template set does not exist or something cannot be written.
    """
    if os.path.isdir(directory) and os.listdir(directory):
        raise CommandError(
            f"Directory {directory} already exists and is not empty",
            code="directory-not-empty",
            hint="name another folder; to start over, remove this one first",
            file=directory,
        )
    source = os.path.join(template_directory(config, edition), template)
    if not os.path.isdir(source):
        names = ", ".join(name for name, _ in templates(config, edition))
        raise CommandError(f"No such template {source}", code="unknown-template", hint=f"there are: {names}")
    encoding = str(copy(config).get_alembic_option("output_encoding", "utf-8"))
    quiet = config.messaging_opts.get("quiet", False)
    folder = os.path.abspath(directory)
    ini = os.path.abspath(config.config_file_name or "alembic.ini")
    toml = os.path.abspath(config.toml_file_name or "pyproject.toml")
    with_toml = os.path.exists(os.path.join(source, TOML))
    settings = _setting(directory, ini, os.path.join(source, INI), encoding)
    toml_settings = _setting(directory, toml, os.path.join(source, TOML), encoding) if with_toml else b""
    fitted = _Fitted() if edition is None else _fit(os.path.join(source, "env.py"), choose)
    settings, toml_settings = (_with_path(text, fitted.root) for text in (settings, toml_settings))

    for path in (folder, os.path.join(folder, "versions")):
        if not os.path.isdir(path):
            make_folder(path, quiet=quiet)
    written = _copy_files(source, folder, fitted.files, quiet=quiet)
    if with_toml and _write_toml(toml, toml_settings, quiet=quiet):
        written.append(toml)
    if _write_ini(ini, settings, quiet=quiet):
        written.append(ini)
    if package:
        written += _add_packages(folder, quiet=quiet)
    if not fitted.has_url:
        connection = f"configuration/connection/logging settings in {ini}"
        what = f"configuration settings in {toml} and {connection}" if with_toml else connection
        message(f"Please edit {what} before proceeding.", quiet=quiet)
    for line in fitted.said:
        message(line, quiet=quiet)
    return written


def _setting(directory: str, file: str, template: str, encoding: str) -> bytes:
    """The configuration file rendered; ``script_location`` is relative to it where ``directory`` is relative."""
    location = os.path.abspath(directory)
    if not os.path.isabs(directory):
        location = os.path.relpath(location, os.path.dirname(file))
    location = location.replace(os.sep, "/").replace("%", "%%")
    if not os.path.isabs(directory):
        location = f"%(here)s/{location}"
    return render(template, {"script_location": location}, encoding)


class _Fitted(NamedTuple):
    """What was found in the project.

    :param files: contents in place of those of the template set, by name.
    :param root: the folder of its packages.
    :param has_url: whether env.py takes the URL from the project.
    :param said: what the user is told in the end.
    """

    files: Mapping[str, bytes] = {}
    root: str = "."
    has_url: bool = False
    said: tuple[str, ...] = ()


def _fit(template: str, choose: Choose | None) -> _Fitted:
    """What the project in the current folder says, put into env.py."""
    from . import env_text
    from .project import Project

    with open(template, encoding="utf-8") as stream:
        env = stream.read()
    first = 'next: `limbeck revision --autogenerate -m "first tables"`, then `limbeck upgrade head`'
    if not env_text.takes_models(env):
        return _Fitted(said=(first,))
    project = Project(os.getcwd())
    found, source = project.models(), project.url()
    chosen = found if len(found) <= 1 else choose(found) if choose is not None else []
    said = [f"Models: {one.expression} of {one.module}" for one in chosen]
    if not chosen:
        names = ", ".join(f"{one.module}.{one.expression}" for one in found)
        what = f"there are several: {names}" if found else "none was found"
        said.append(f"Models: {what}; name the MetaData in env.py, as target_metadata")
    if source is not None:
        said.append(f"URL: {source.expression}")
        env = env_text.with_url(env, source)
    env = env_text.with_models(env, chosen)
    return _Fitted({"env.py": env.encode()}, project.root, source is not None, (*said, first))


def _with_path(setting: bytes, root: str) -> bytes:
    from . import env_text

    return env_text.with_path(setting.decode(), root).encode()


def _copy_files(source: str, folder: str, changed: Mapping[str, bytes], *, quiet: bool) -> list[str]:
    """Copy the files of a template set that are not configuration.

    :param changed: contents of files that are written in place of those of the set.
    """
    written = []
    names = os.listdir(source)
    for name in [*(name for name in ORDER if name in names), *sorted(set(names) - set(ORDER))]:
        origin, path = os.path.join(source, name), os.path.join(folder, name)
        if name in (INI, TOML) or not os.path.isfile(origin):
            continue
        with status(f"Generating {path}", quiet=quiet), open(origin, "rb") as stream:
            write_whole(path, changed.get(name) or stream.read())
        written.append(path)
    return written


def _add_packages(folder: str, *, quiet: bool) -> list[str]:
    """Make the folder and its ``versions`` Python packages."""
    paths = [os.path.join(folder, "__init__.py"), os.path.join(folder, "versions", "__init__.py")]
    for path in paths:
        with status(f"Adding {path}", quiet=quiet):
            write_whole(path, b"")
    return paths


def _write_ini(path: str, data: bytes, *, quiet: bool) -> bool:
    if os.path.exists(path):
        message(f"File {path} already exists, skipping", quiet=quiet)
        return False
    with status(f"Generating {path}", quiet=quiet):
        write_whole(path, data)
    return True


def _write_toml(path: str, data: bytes, *, quiet: bool) -> bool:
    """Write or extend a TOML file, unless it has a table ``[tool.limbeck]`` or ``[tool.alembic]`` already."""
    from limbeck.config import Config

    if not os.path.exists(path):
        with status(f"Generating {path}", quiet=quiet):
            write_whole(path, data)
        return True
    if Config(toml_file=path).toml_alembic_config:
        message(f"File {path} already exists and already has a [tool.alembic] section, skipping", quiet=quiet)
        return False
    with status(f"Appending to existing {path}", quiet=quiet):
        with open(path, "rb") as stream:
            present = stream.read()
        write_whole(path, present + b"\n\n" + data)
    return True
