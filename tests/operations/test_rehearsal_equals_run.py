"""A rehearsal of every operation gives the statements that a run then sends, one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
import test_effects

from limbeck import rehearsal
from limbeck.ddl.output import Script
from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext

READS = re.compile(
    r"\s*(?:SELECT|SHOW|PRAGMA|DESCRIBE|EXPLAIN|SAVEPOINT|RELEASE|ROLLBACK|BEGIN|COMMIT|WITH)\b", re.IGNORECASE
)


@contextmanager
def sent(engine: sa.Engine) -> Iterator[list[str]]:
    """The statements that reach the driver meanwhile, their values in place, without those that only read."""
    found: list[str] = []

    def note(connection: Any, cursor: Any, sql: str, parameters: Any, context: Any, many: bool) -> None:
        if READS.match(sql) or "sqlite_sequence" in sql:
            return
        compiled = getattr(context, "compiled", None)
        script = Script(connection.dialect, ";")
        if compiled is None or isinstance(compiled.statement, sa.schema.ExecutableDDLElement):
            found.append(sql.strip().rstrip(";") + ";")
        else:
            found.extend(script.statements(compiled.statement, list(context.compiled_parameters)))

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def tidy(statements: list[str]) -> list[str]:
    """Without differences of white space, per cent signs that a driver wants twice, and names made up by the run."""
    return [" ".join(statement.replace("%%", "%").split()) for statement in statements]


def rehearsed(engine: sa.Engine, function: Callable[[], Any], **opts: Any) -> rehearsal.Rehearsed:
    """The rehearsal of one function on a database."""
    with engine.connect() as connection:
        tape = rehearsal.Tape(connection)
        context = rehearsal.recording(tape, opts=opts)
        with rehearsal.RecordingOperations.context(context):
            tape.perform(None, function)  # type: ignore[arg-type]  # there is no step
        return tape.steps[0]


@pytest.mark.parametrize("kind", test_effects.ALL)
def test_a_rehearsal_is_what_the_run_sends(kind: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue(f"{kind}_url")
    engine = sa.create_engine(url)
    differ: dict[str, tuple[list[str], list[str]]] = {}
    unknown: dict[str, list[str]] = {}
    for name, (kinds, function) in test_effects.STEPS.items():
        if kind not in kinds:
            continue
        test_effects.online(url, test_effects.start).dispose()
        found = rehearsed(engine, function)
        with sent(engine) as statements, engine.connect() as connection:
            with Operations.context(MigrationContext.configure(connection)):
                function()
            connection.commit()
        expected = tidy(statements)
        if found.unknown:
            unknown[name] = [each.what for each in found.unknown]
        elif tidy(found.statements) != expected:
            differ[name] = (tidy(found.statements), expected)
        test_effects.drop_everything(engine)
    engine.dispose()
    assert (differ, unknown) == ({}, {})
