"""The two command lines, each in a process that forks for every command."""

from __future__ import annotations

import json
import os
import re
import subprocess
import textwrap
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from cells import answer, differences

HERE = Path(__file__).parent


@dataclass
class Done:
    """What a command did.

    :param code: exit code. :param out: stdout. :param err: stderr.
    """

    code: int
    out: str
    err: str


class Tool:
    """One of the two command lines, ready in a process that forks for every command.

    :param python: its Python. :param name: ``alembic`` or ``limbeck``.
    """

    def __init__(self, python: str, name: str) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [python, str(HERE / "tool.py"), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": "0"},  # the reference walks over sets of ids
        )

    def __call__(self, folder: Path, *arguments: str, **variables: str) -> Done:
        """Run the command in ``folder``."""
        return self._ask({"folder": str(folder), "arguments": arguments, "variables": variables})

    def _ask(self, request: dict[str, Any]) -> Done:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return Done(**json.loads(self._process.stdout.readline()))

    def succeeds(self, folder: Path, *arguments: str, **variables: str) -> Done:
        """The same, for a command that has to succeed."""
        done = self(folder, *arguments, **variables)
        assert done.code == 0, f"{self.name} {' '.join(arguments)}\n{done.out}{done.err}"
        return done

    def cells(self, folder: Path, cells: list[str], setup: str, names: dict[str, Any]) -> list[dict[str, Any]]:
        """Run Python in ``folder``, as the module `cells` describes; names of files read the same for every folder."""
        request = {"folder": str(folder), "variables": {}, "setup": setup, "cells": cells, "names": names}
        done = self._ask(request)
        assert done.code == 0, f"{self.name}: {done.err}"
        told: list[dict[str, Any]] = json.loads(done.out.splitlines()[-1].replace(str(folder), "<folder>"))
        return told

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


class Both:
    """The two tools, asked the same in folders of their own.

    :param folder: where these are made. :param urls: a database for each tool; without, a SQLite file in its folder.
    """

    def __init__(self, tools: tuple[Tool, Tool], folder: Path, urls: tuple[str, ...] = ()) -> None:
        self.tools, self.folder, self.urls = tools, folder, urls

    def __call__(
        self, *cells: str, setup: str = "", files: dict[str, str] | None = None, names: dict[str, Any] | None = None
    ) -> list[str]:
        """The answers to ``cells``, which are the same from both tools: values as ``repr`` shows them, or errors.

        :param setup: runs before. :param files: text by path. :param names: what cells find defined, beside ``url``.
        """
        found = []
        for number, tool in enumerate(self.tools):
            folder = self.folder / tool.name
            for path, text in (files or {}).items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_text(textwrap.dedent(text))
            folder.mkdir(exist_ok=True)
            url = self.urls[number] if self.urls else f"sqlite:///{folder}/one.db"
            found.append(tool.cells(folder, list(cells), setup, {**(names or {}), "url": url}))
        assert not (texts := differences(*found, list(cells))), "\n".join(texts)
        return [answer(one) for one in found[0]]


engine_of = cache(partial(sa.create_engine, poolclass=sa.NullPool))
"""One engine a URL, so that SQLAlchemy compiles its catalogue queries once; it keeps no connection."""


def state(url: str) -> dict[str, object]:
    """Schema and version rows."""
    with engine_of(url).connect() as connection:
        inspector = sa.inspect(connection)
        found: dict[str, object] = {name: [] for name in sorted(inspector.get_table_names())}
        for asked in ("columns", "pk_constraint", "foreign_keys", "indexes", "unique_constraints"):
            for (_, name), listed in getattr(inspector, f"get_multi_{asked}")().items():
                found[name].append(told(listed))  # type: ignore[attr-defined]  # the lists made above
        found["rows"] = []
        for table in {"alembic_version", "schema_history"} & set(found):
            found["rows"] = sorted(connection.execute(sa.text(f"SELECT version_num FROM {table}")).scalars())
            if not found["rows"]:
                del found[table]  # an empty one may be there or not, `docs/differences.md`
    return found


def told(listed: Any) -> str:
    """What the catalogue says, so that it can be compared: types by their SQL, in no order."""
    items = listed if isinstance(listed, list) else [listed]
    return str(sorted(str({key: str(value) for key, value in item.items()}) for item in items))


def normal(folder: Path, url: str, text: str) -> str:
    """Text without what has to differ: folder, database, time; and what is in `docs/differences.md`.

    That is here: a set's order, RETURNING in scripts, dangling commas, when the catalogue is read.
    """
    text = text.replace(str(folder), "FOLDER").replace(sa.make_url(url).render_as_string(), "URL")
    text = re.sub(r"Create Date: .*", "Create Date: DATE", text).replace(" RETURNING version_num", "")
    text = re.sub(r"Branches into: (.*)", lambda found: " ".join(sorted(found[1].split(", "))), text)
    lines = text.replace(", )", ")").splitlines()
    lines.sort(key=lambda line: line if "assuming SERIAL" in line else "~")
    children = sorted(line for line in lines if line.lstrip().startswith("-> "))
    return "\n".join(children.pop(0) if line.lstrip().startswith("-> ") else line for line in lines)


def seen(done: Done, folder: Path, url: str) -> list[str]:
    """All that can be seen after a command, as lines."""
    scripts = sorted(folder.glob("*/versions/*.py"))
    parts = [f"exit code {done.code}", done.out, done.err, *(f"{path.name}:\n{path.read_text()}" for path in scripts)]
    lines = [line for part in parts for line in normal(folder, url, part).splitlines()]
    return lines + [f"{name}: {value}" for name, value in state(url).items()]
