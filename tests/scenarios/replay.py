"""Replays a walk-through: makes its files, runs its commands in processes of their own, reads what they left behind.

Each walk-through in `data/` has the files and commands of a person who follows the documentation, and what the
reference (Alembic 1.20.1) answered. `data/schemas.json` holds the schema that it left after every step that changed it.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import URL, NullPool, create_engine, inspect, text

DATA = Path(__file__).parent / "data"
LIMBECK = (sys.executable, "-m", "limbeck")
DELETES_ROWS = {"modules": {58, 60}}
"""Steps of walk-throughs that drop tables with rows in them."""
NOT_INHERITED = ("ALEMBIC_CONFIG", "LIMBECK_CONFIG", "LIMBECK_URL", "PYTHONPATH")

Schema = dict[str, list[str]]


@dataclass
class Ran:
    """What one command did.

    :param exit: exit code of the process.
    :param stdout: its lines without blank ones at the end, root and dates replaced by ``{root}`` and ``{date}``, and
        without the comment that a script of an edition begins with.
    :param stderr: all of it, as it was.
    :param log: the lines of ``stderr`` that tell of steps and differences, without ``INFO  [logger] ``.
    """

    exit: int
    stdout: list[str]
    stderr: str
    log: list[str]


@dataclass
class Walk:
    """A walk-through and the folder and databases that it runs in.

    :param scenario: one file of `data/`.
    :param root: empty folder to run in.
    :param urls: URLs of its databases, in its order, all empty.
    :param command: what to run; default: ``python -m limbeck``.
    """

    scenario: dict[str, Any]
    root: Path
    urls: list[str]
    command: Sequence[str] = LIMBECK
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        kept = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
        self.environment = {**kept, **self.scenario["environment"]}

    def steps(self) -> Iterator[tuple[int, dict[str, Any], Ran]]:
        """Do each step; yield number, step and outcome of those that run a command."""
        for number, step in enumerate(self.scenario["steps"]):
            if "write" in step:
                path = self.root / step["write"]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(step["text"], encoding="utf-8")
            elif "edit" in step:
                self._edit(self.root / step["edit"], step["pattern"], step["replacement"])
            elif "delete" in step:
                (self.root / step["delete"]).unlink()
            else:
                yield number, step, self._run(self._allowed(number, step["run"]))

    def _allowed(self, number: int, run: str) -> str:
        """The command; one that deletes rows is refused first, since `init` makes environments of an edition."""
        if number not in DELETES_ROWS.get(self.scenario["name"], ()):
            return run
        before, refused = self.version_rows(), self._run(run)
        assert (refused.exit, self.version_rows()) == (3, before)
        assert "error[would-lose-rows]" in refused.stderr
        return f"{run} --yes"

    def version_rows(self) -> list[list[str] | None]:
        """The sorted rows of the version table of each database; None where it has no such table."""
        return [_version_rows(url) for url in self.urls]

    def schemas(self) -> list[Schema]:
        """The schema of each database."""
        return [_schema(url) for url in self.urls]

    def body(self, made: str) -> list[str]:
        """The lines of the new file ``made`` that call an operation."""
        lines = (self.root / made).read_text(encoding="utf-8").splitlines()
        return [line.strip() for line in lines if line.strip().startswith("op.")]

    def _edit(self, path: Path, pattern: str, replacement: str) -> None:
        before = path.read_text(encoding="utf-8")
        after, count = re.subn(pattern, lambda _: replacement, before, flags=re.MULTILINE)
        assert count == 1, f"{pattern!r} matches {count} times in {path}"
        path.write_text(after, encoding="utf-8")

    def _run(self, arguments: str) -> Ran:
        done = subprocess.run(
            [*self.command, *shlex.split(arguments)],
            check=False,
            cwd=self.root,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        output = done.stdout.replace(str(self.root), "{root}")
        output = re.sub(r"Create Date: .*", "Create Date: {date}", output)
        output = re.sub(r"\A-- From .*\n-- Written by Limbeck .*\n\n", "", output)
        told = re.findall(r"^INFO  \[[\w.]+\] ((?:Running|Detected) .*)$", done.stderr, flags=re.MULTILINE)
        return Ran(done.returncode, output.rstrip("\n").splitlines(), done.stderr, told)


def load(name: str, *, prefix: str = "scn_", server: URL | None = None) -> dict[str, Any]:
    """The walk-through ``name``, its databases renamed so that they are unique to this run.

    :param prefix: stands for the ``scn_`` that every name of a database on a server begins with.
    :param server: where its databases are; default: at 127.0.0.1, as in the file.
    """
    told = (DATA / f"{name}.json").read_text(encoding="utf-8").replace("scn_", prefix)
    if server is not None:
        place = server._replace(database=None).render_as_string(hide_password=False).partition("://")[2]
        told = re.sub(r"\b(?:postgres|root)@127\.0\.0\.1", lambda _: place, told)
    scenario: dict[str, Any] = json.loads(told)
    if server is not None and "DB_HOST" in scenario["environment"]:
        parts = {
            "DB_USER": server.username,
            "DB_PASS": server.password,
            "DB_HOST": f"{server.host}:{server.port or 5432}",
        }
        scenario["environment"].update({variable: value for variable, value in parts.items() if value})
    return scenario


def _version_rows(url: str) -> list[str] | None:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return sorted(connection.scalars(text("SELECT version_num FROM alembic_version")))


def _schema(url: str) -> Schema:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        seen = inspect(connection)
        return {table: _table(seen, table) for table in sorted(seen.get_table_names()) if table != "limbeck_history"}


def _table(seen: Any, table: str) -> list[str]:
    lines = []
    for column in seen.get_columns(table):
        null = "" if column["nullable"] else " NOT NULL"
        default = "" if column["default"] is None else f" DEFAULT {column['default']}"
        lines.append(f"{column['name']} {column['type']!r}{null}{default}")
    key = seen.get_pk_constraint(table)
    lines.append(f"PRIMARY KEY {key['name'] or ''}({', '.join(key['constrained_columns'])})")
    lines += [f"INDEX {one['name']}({', '.join(map(str, one['column_names']))})" for one in seen.get_indexes(table)]
    lines += [f"UNIQUE {one['name']}({', '.join(one['column_names'])})" for one in seen.get_unique_constraints(table)]
    return lines
