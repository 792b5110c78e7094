"""The two command lines, each in a process that forks for every command."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

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
        request = {"folder": str(folder), "arguments": arguments, "variables": variables}
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

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


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
                del found[table]  # an empty one may be there or not, `docs/differences/commands.md`
    return found


def told(listed: Any) -> str:
    """What the catalogue says, so that it can be compared: types by their SQL, in no order."""
    items = listed if isinstance(listed, list) else [listed]
    return str(sorted(str({key: str(value) for key, value in item.items()}) for item in items))
