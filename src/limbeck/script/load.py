"""Python files run as modules: env.py, and revision scripts whose functions or dynamic headers are needed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from limbeck.errors import CommandError

from . import header

if TYPE_CHECKING:
    from types import ModuleType


def load_python_file(path: str) -> ModuleType:
    """Run the file ``path`` afresh and return it as a module that is named after it and not kept in ``sys.modules``.

    Where a product ships no source, its compiled file is run, beside it or in ``__pycache__``.

    Raises `CommandError` where the file is missing or has a syntax error; what its code raises passes through.
    """
    import re
    from importlib.machinery import SourceFileLoader, SourcelessFileLoader
    from importlib.util import module_from_spec, spec_from_file_location

    name = re.sub(r"\W", "_", os.path.basename(path))
    if not os.path.exists(path):
        path = _compiled(path)
    loader = (SourceFileLoader if path.endswith(".py") else SourcelessFileLoader)(name, path)
    spec = spec_from_file_location(name, path, loader=loader)
    if spec is None or not os.path.exists(path):
        hint = "`limbeck init` in another folder makes one to copy" if name == "env_py" else "restore the file"
        raise CommandError(f"Can't find Python file {path}", code="file-missing", hint=hint, file=path)
    module = module_from_spec(spec)
    try:
        loader.exec_module(module)
    except SyntaxError as error:
        if error.filename is not None and os.path.abspath(error.filename) != os.path.abspath(path):
            raise
        raise CommandError(
            f"Can't run Python file: {error.msg}",
            code="python-syntax",
            hint="nothing of the file was run; repair that line",
            file=path,
            line=error.lineno,
        ) from error
    return module


def _compiled(path: str) -> str:
    """The compiled file that is there in the place of the source ``path``, else ``path`` itself."""
    from importlib.util import cache_from_source

    if not path.endswith(".py"):
        return path
    return next((file for file in (f"{path}c", cache_from_source(path)) if os.path.exists(file)), path)


def load_script(path: str) -> ModuleType:
    """A revision script as a module; raises `CommandError`, with file and line, for whatever its import raises."""
    try:
        return load_python_file(path)
    except CommandError:
        raise
    except Exception as error:
        raise CommandError(
            f"Revision script can't be imported: {type(error).__name__}: {error}",
            code="script-import",
            hint=_hint(error),
            file=path,
            line=_line_in(path, error),
        ) from error


def imported_header(path: str) -> tuple[header.Header, ModuleType | None]:
    """The header of a file read by importing it, and the module; a broken header and None where the import fails."""
    try:
        module = load_script(path)
    except CommandError as error:
        return header.Header(header.BROKEN, problem=str(error), line=error.line), None
    return header_of(module), module


def header_of(module: ModuleType) -> header.Header:
    """The header of an imported revision script."""
    bound = vars(module)
    values = {name: bound[name] for name in header.NAMES if name in bound}
    found = header.of_values(values, header.first_paragraph(module.__doc__))
    return found._replace(replaces=header.ids(bound.get(header.REPLACES)))


def _line_in(path: str, error: BaseException) -> int | None:
    """The line of ``path`` in the traceback of ``error``, the last of several."""
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _hint(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError) and (error.name or "").split(".")[0] == "alembic":
        return (
            "call limbeck.install_as_alembic() first, as the command line does, so that `from alembic import op` works"
        )
    if isinstance(error, NameError):
        return "op and context work inside upgrade() and downgrade(), not while the file is imported"
    return "nothing of it was run; repair that line, or move what needs a database into upgrade() and downgrade()"
