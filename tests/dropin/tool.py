"""A command line that is started once and used often: JSON lines in, JSON lines out; each command is a forked process.

Run by the Python of either side, as ``tool.py alembic`` or ``tool.py limbeck``. A request is a folder, arguments and
environment variables; the answer is the exit code and what was written on stdout and stderr. A request may be Python
instead, as `cells` describes it; its answer stands on stdout. What commands import is imported before the fork, so that
a command costs little; nothing that one does reaches the next.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import sys
import tempfile
import traceback
from typing import Any

import cells

DIALECTS = ("sqlite", "postgresql", "mysql")
ALWAYS = (
    *("sqlalchemy", "sqlalchemy.ext.asyncio", *(f"sqlalchemy.dialects.{name}" for name in DIALECTS)),
    *("sqlite3", "aiosqlite", "psycopg", "pymysql", "mako.template", "logging.config", "encodings.utf_8_sig"),
)


def preload(name: str) -> None:
    """Import what the commands import."""
    for module in ALWAYS:
        importlib.import_module(module)
    for module in ("config", "autogenerate", "context", "op"):
        importlib.import_module(f"{name}.{module}")
    if name == "limbeck":  # which imports late what a command may not need
        for found in pkgutil.walk_packages(importlib.import_module(name).__path__, "limbeck."):
            if not any(part in found.name for part in ("templates", "__main__")):
                importlib.import_module(found.name)
    gc.freeze()


def main(name: str) -> Any:
    """The command's main function, called with the arguments of the process; PROG is the name that ours goes by."""
    if name == "alembic":
        return lambda: importlib.import_module("alembic.config").main(prog="alembic")
    return lambda: importlib.import_module("limbeck.__main__").run(prog=os.environ.get("PROG", "limbeck"))


def ask(name: str, request: dict[str, Any]) -> list[dict[str, Any]]:
    """What the cells of a request did."""
    if name == "limbeck":
        importlib.import_module("limbeck").install_as_alembic()
    return cells.told(request["setup"], request["cells"], request["names"])


def in_child(name: str, request: dict[str, Any], streams: list[Any]) -> None:
    for number, stream in enumerate(streams, 1):
        os.dup2(stream.fileno(), number)
    code = 0
    try:
        os.chdir(request["folder"])
        os.environ.update(request["variables"])
        if "cells" in request:
            print(json.dumps(ask(name, request)))
        else:
            sys.argv = [name, *request["arguments"]]
            main(name)()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException as error:  # noqa: BLE001 what the interpreter would do at the top, without the source lines
        sys.stderr.write("".join(traceback.format_exception_only(error)))
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code & 0xFF)


def answer(name: str, request: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        child = os.fork()
        if child == 0:
            in_child(name, request, [out, err])
        _, status = os.waitpid(child, 0)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read())
    return {"code": os.waitstatus_to_exitcode(status), "out": texts[0], "err": texts[1]}


if __name__ == "__main__":
    preload(sys.argv[1])
    for line in sys.stdin:
        print(json.dumps(answer(sys.argv[1], json.loads(line))), flush=True)
