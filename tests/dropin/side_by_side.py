"""The two command lines, each in a process that forks for every command."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

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


def state(url: str) -> dict[str, object]:
    """Version rows and schema."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        inspector = sa.inspect(connection)
        found: dict[str, object] = {}
        for table in sorted(inspector.get_table_names()):
            columns = [(c["name"], str(c["type"]), c["nullable"], c["default"]) for c in inspector.get_columns(table)]
            keys = [
                (k["name"], k["constrained_columns"], k["referred_table"]) for k in inspector.get_foreign_keys(table)
            ]
            indexes = [(i["name"], i["column_names"], i["unique"]) for i in inspector.get_indexes(table)]
            uniques = [(u["name"], u["column_names"]) for u in inspector.get_unique_constraints(table)]
            found[table] = columns, inspector.get_pk_constraint(table), sorted(keys), sorted(indexes), sorted(uniques)
        found["rows"] = []
        for table in {"alembic_version", "schema_history"} & set(found):
            found["rows"] = sorted(connection.execute(sa.text(f"SELECT version_num FROM {table}")).scalars())
            if not found["rows"]:
                del found[table]  # an empty one may be there or not, `docs/differences/commands.md`
    return found
