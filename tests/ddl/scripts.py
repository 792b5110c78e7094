"""Operations written into a script: by Limbeck in this process, by the reference in one of its own."""

from __future__ import annotations

import datetime as dt
import io
import json
import subprocess
import warnings
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mssql, mysql, oracle, postgresql, sqlite

from limbeck.errors import CommandError
from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext

DIALECTS = ("postgresql", "mysql", "mariadb", "sqlite", "mssql", "oracle")


NAMES: dict[str, Any] = {
    "sa": sa,
    "datetime": dt,
    "mysql": mysql,
    "postgresql": postgresql,
    "mssql": mssql,
    "oracle": oracle,
    "sqlite": sqlite,
}


class Answer(NamedTuple):
    """What a call gave: the script, the error's text or None, the warnings' texts."""

    sql: str
    error: str | None = None
    warnings: tuple[str, ...] = ()


def write(dialect: str, call: str, *, naming_convention: dict[str, str] | None = None, **opts: Any) -> Answer:
    """Run ``call``, Python text that uses ``op``, offline on ``dialect``."""
    buffer = io.StringIO()
    options = {"as_sql": True, "output_buffer": buffer, **opts}
    if naming_convention is not None:
        options["target_metadata"] = sa.MetaData(naming_convention=naming_convention)
    names: dict[str, Any] = dict(NAMES)
    error = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            spoken = sa.make_url(f"{dialect}://").get_dialect()()
            names["op"] = Operations(MigrationContext.configure(dialect=spoken, opts=options))
            exec(call, names)  # noqa: S102 the table's own text
        except Exception as raised:  # noqa: BLE001 the answer to a call may be any error
            error = f"{type(raised).__name__}: {raised}"
    said = tuple(str(one.message) for one in caught if "Deprecat" not in one.category.__name__)
    return Answer(buffer.getvalue(), error, said)


def statements(dialect: str, call: str, **opts: Any) -> list[str]:
    """The statements that ``call`` writes, without terminators and separators; raises where it raises."""
    answer = write(dialect, call, **opts)
    assert answer.error is None, answer.error
    parts = (part.strip() for part in answer.sql.split("\n\n"))
    return [part.removesuffix(";") for part in parts if part not in {"", "GO", "/"}]


class Reference:
    """The reference, listening on a pipe."""

    def __init__(self, python: Path) -> None:
        self._process = subprocess.Popen(
            [str(python), str(Path(__file__).with_name("reference_process.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @cached_property
    def sqlalchemy(self) -> str:
        """The version of SQLAlchemy that it runs on."""
        return self.write("sqlite", "op.impl.static_output(sa.__version__)").sql.strip()

    def write(self, dialect: str, call: str, **more: Any) -> Answer:
        """What `write` is to us."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"dialect": dialect, "call": call, **more}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return Answer(answer["sql"], answer.get("error"), tuple(answer["warnings"]))

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def refusal(dialect: str, call: str) -> CommandError:
    """The error with which ``call`` is refused before anything is written."""
    buffer = io.StringIO()
    spoken = sa.make_url(f"{dialect}://").get_dialect()()
    context = MigrationContext.configure(dialect=spoken, opts={"as_sql": True, "output_buffer": buffer})
    names = NAMES | {"op": Operations(context)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(CommandError) as caught:
            exec(call, names)  # noqa: S102 the table's own text
    assert buffer.getvalue() == ""
    return caught.value
