"""Functions of ``alembic.util`` that Limbeck has in another form: each is a line over the function that does the work.

`alembic_places` names them; Limbeck itself calls none of them.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import sqlalchemy

from . import console, sqla
from .errors import FAILED, CommandError
from .graph.revision import Revision
from .script import load, locations, write

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from types import ModuleType
    from typing import TextIO

T = TypeVar("T")

RevIdType = str | list[str] | tuple[str, ...]
"""One revision id or several, for annotations."""
GetRevArg = str | Revision | list[str] | tuple[str, ...] | None
"""Whatever names a revision, for annotations."""
sqla_2_1 = sqla.SQLA_2_1
sqla_2_0_25 = sqla.VERSION >= (2, 0, 25)
sqlalchemy_version = sqlalchemy.__version__


def msg(msg: str, newline: bool = True, flush: bool = False, quiet: bool = False) -> None:
    """Write a line to stdout.

    :param newline: end the line.
    :param flush: without effect: the line is always flushed.
    :param quiet: write nothing.
    """
    if not quiet:
        console.write(sys.stdout, f"{msg}\n" if newline else msg)


def status(status_msg: str, newline: bool = False, quiet: bool = False) -> AbstractContextManager[None]:
    """A context manager that prints ``<text> ...`` before its block, and ``  done`` or ``  FAILED`` after it."""
    return console.status(status_msg, newline=newline, quiet=quiet)


def write_outstream(stream: TextIO, *text: str | bytes, quiet: bool = False) -> None:
    """Write texts to ``stream``; what its encoding lacks is replaced."""
    for part in () if quiet else text:
        console.write(stream, part.decode() if isinstance(part, bytes) else part)


def err(message: str, quiet: bool = False) -> NoReturn:
    """Print an error to stderr and end the process, as the command line does.

    :param quiet: end it without printing.
    """
    if not quiet:
        console.write(sys.stderr, CommandError(message).report() + "\n")
    sys.exit(FAILED)


def warn(msg: str, stacklevel: int = 2) -> None:
    """Issue a UserWarning."""
    warnings.warn(msg, UserWarning, stacklevel=stacklevel)


def warn_deprecated(msg: str, stacklevel: int = 2) -> None:
    """Issue a DeprecationWarning."""
    warnings.warn(msg, DeprecationWarning, stacklevel=stacklevel)


def obfuscate_url_pw(input_url: str) -> str:
    """The URL with its password as ``***``."""
    return sqlalchemy.make_url(input_url).render_as_string(hide_password=True)


def to_tuple(x: Any, default: tuple[Any, ...] | None = None) -> tuple[Any, ...] | None:
    """``x`` as a tuple; of a string, or of a value that is no iterable, a tuple of one; of None ``default``."""
    if x is None:
        return default
    return tuple(x) if isinstance(x, Iterable) and not isinstance(x, str) else (x,)


def dedupe_tuple(tup: tuple[str, ...]) -> tuple[str, ...]:
    """``tup`` with repeated items left out, in the same order."""
    return tuple(dict.fromkeys(tup))


def not_none(value: T | None) -> T:
    """``value``, for type checkers; raises AssertionError where it is None."""
    if value is None:
        raise AssertionError
    return value


def is_revision(rev: Any) -> Revision:
    """``rev``, for type checkers; raises AssertionError where it is no Revision."""
    if not isinstance(rev, Revision):
        raise AssertionError  # noqa: TRY004 as the call that it stands for
    return rev


def load_python_file(dir_: str | os.PathLike[str], filename: str | os.PathLike[str]) -> ModuleType:
    """Run the file ``filename`` in the folder ``dir_`` and return it as a module; raises `CommandError`."""
    return load.load_python_file(os.path.join(dir_, filename))


def coerce_resource_to_filename(fname_or_resource: str) -> Path:
    """The path that ``package:folder`` stands for; a path stays as it is."""
    return Path(locations.resolve(fname_or_resource))


def template_to_file(
    template_file: str | os.PathLike[str],
    dest: str | os.PathLike[str],
    output_encoding: str,
    *,
    append_with_newlines: bool = False,
    **kw: Any,
) -> None:
    """Fill in a Mako template and write it to ``dest``; raises `CommandError` that names the template's line.

    :param append_with_newlines: add it to the end of ``dest``, after two line ends.
    :param kw: the template's variables.
    """
    data = write.render(os.fspath(template_file), kw, output_encoding)
    if append_with_newlines:
        with open(dest, "rb") as stream:
            data = stream.read() + "\n\n".encode(output_encoding) + data
    write.write_whole(os.fspath(dest), data)


def constraint_name_or_none(name: Any) -> str | None:
    """The name of a constraint; None for an unnamed one, and for one that a naming convention has yet to name."""
    return name if isinstance(name, str) else None
