"""Text of configuration files.

A program whose ini files are in another encoding replaces `read_config_parser`. This module is ``alembic.util.compat``
by its other name, and has what others import from there besides.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from .errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from configparser import ConfigParser

is_posix = os.name == "posix"
py311 = sys.version_info >= (3, 11)
py312 = sys.version_info >= (3, 12)
py313 = sys.version_info >= (3, 13)
py314 = sys.version_info >= (3, 14)


def read_config_parser(file_config: ConfigParser, file_argument: Sequence[str | os.PathLike[str]]) -> list[str]:
    """Read ini files into ``file_config``; returns those that were read.

    Raises `CommandError` for a file that cannot be read, ``configparser.Error`` for one that is no ini file.
    """
    files = [os.fspath(file) for file in file_argument]
    for file in files:
        file_config.read_string(read_text(file), source=file)
    return files


def read_text(file: str) -> str:
    """A configuration file's text: UTF-8, else the locale's encoding, as the reference reads it."""
    try:
        with open(file, "rb") as stream:
            data = stream.read()
    except OSError as error:
        raise CommandError(
            f"Can't read configuration: {error.strerror}",
            code="config-unreadable",
            hint="-c names another file",
            file=file,
        ) from error
    line = None
    for encoding in _encodings():
        try:
            return data.decode(encoding).replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            line = line or data.count(b"\n", 0, error.start) + 1
    hint = "save the file as UTF-8"
    raise CommandError("Configuration file is not UTF-8", code="config-encoding", hint=hint, file=file, line=line)


def _encodings() -> Iterator[str]:
    yield "utf-8-sig"
    import locale

    yield locale.getencoding()


def __getattr__(name: str) -> object:
    """Names of the standard library and of SQLAlchemy that ``alembic.util.compat`` has, imported when asked for."""
    place = _ELSEWHERE.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module, _, attribute = place.partition(":")
    found = import_module(module)
    return getattr(found, attribute) if attribute else found


_ELSEWHERE = {
    "EntryPoint": "importlib.metadata:EntryPoint",
    "importlib_metadata": "importlib.metadata",
    "importlib_resources": "importlib.resources",
    "inspect_formatargspec": "sqlalchemy.util.compat:inspect_formatargspec",
    "inspect_getfullargspec": "sqlalchemy.util.compat:inspect_getfullargspec",
    "metadata": "importlib.metadata",
    "tomllib": "tomllib",
}
