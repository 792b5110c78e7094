"""A rehearsal of every operation gives the statements that a run then sends, one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
import test_batch_everywhere
import test_effects

from limbeck import op, rehearsal
from limbeck.ddl.output import Script
from limbeck.operations import Operations
from limbeck.operations.operation import OPERATIONS
from limbeck.runtime.migration import MigrationContext

READS = re.compile(
    r"\s*(?:SELECT|SHOW|PRAGMA|DESCRIBE|EXPLAIN|SAVEPOINT|RELEASE|ROLLBACK|BEGIN|COMMIT|WITH)\b", re.IGNORECASE
)


@contextmanager
def sent(engine: sa.Engine) -> Iterator[list[str]]:
    """The statements that reach the driver meanwhile, their values in place.

    Left out are those that only read, and those that are rolled back to a savepoint: an attempt, before another way.
    """
    found: list[str] = []
    savepoints: dict[str, int] = {}

    def note(connection: Any, cursor: Any, sql: str, parameters: Any, context: Any, many: bool) -> None:
        words = sql.upper().split()
        if words[0] == "SAVEPOINT":
            savepoints[words[-1]] = len(found)
        if words[0] == "ROLLBACK":
            del found[savepoints.get(words[-1], 0) :]
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
        tape = rehearsal.Tape(connection, ())
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


@pytest.mark.parametrize("edition", [None, 2026])
@pytest.mark.parametrize("kind", test_effects.ALL)
@pytest.mark.filterwarnings("ignore")
def test_a_rehearsal_of_a_batch_is_what_the_run_sends(
    kind: str, edition: int | None, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue(f"{kind}_url")
    engine = sa.create_engine(url)
    differ: dict[str, tuple[list[str], list[str]]] = {}
    unknown: dict[str, list[str]] = {}
    for block in test_batch_everywhere.BLOCKS:
        if edition is None and block in test_batch_everywhere.IN_AN_EDITION:
            continue
        test_effects.online(url, test_batch_everywhere.make_tables).dispose()

        def function(block: Callable[[Any], None] = block) -> None:
            with op.batch_alter_table("t") as batch:
                block(batch)

        opts = {"edition": edition, "target_metadata": sa.MetaData(naming_convention=test_batch_everywhere.NAMES)}
        compare(engine, block.__name__, function, opts, differ, unknown)
        test_effects.drop_everything(engine)
    engine.dispose()
    assert differ == {}
    assert unknown == ({} if kind != "mariadb" or edition is None else RESTATED)


RESTATED = {
    name: [f"needs the database: Column t.{column} must be restated as a whole, and a script cannot look at it"]
    for name, column in {
        "alter_type_to_number": "a",
        "alter_nullable": "a",
        "rename_columns": "a",
        "rename_a_column_that_keys_and_indexes_use": "r_id",
        "swap_names": "a",
        "comments": "a",
        "statements_between": "n",
        "added_then_used": "n",
    }.items()
}
"""Calls that do not state all of what the column is, of which a run under an edition loses nothing by looking at it."""


def compare(
    engine: sa.Engine,
    name: str,
    function: Callable[[], Any],
    opts: dict[str, Any],
    differ: dict[str, tuple[list[str], list[str]]],
    unknown: dict[str, list[str]],
) -> None:
    """Rehearse ``function`` and run it; note what is different, or not known, under ``name``."""
    found = rehearsed(engine, function, **opts)
    with sent(engine) as statements, engine.connect() as connection:
        with Operations.context(MigrationContext.configure(connection, opts=opts)):
            function()
        connection.commit()
    if found.unknown:
        unknown[name] = [each.what for each in found.unknown]
    elif (written := tidy([each for each in found.statements if not READS.match(each)])) != tidy(statements):
        differ[name] = (written, tidy(statements))


FUNCTION = "CREATE FUNCTION twice(n integer) RETURNS integer LANGUAGE SQL AS 'SELECT {} * n'"
PROCEDURE = "CREATE PROCEDURE tidy() LANGUAGE SQL AS 'SELECT {}'"
TRIGGER = "CREATE TRIGGER same BEFORE {} ON cart FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()"
POLICY = "CREATE POLICY own ON cart FOR SELECT USING (id > {})"


def objects() -> None:
    """One of each kind that PostgreSQL has besides tables."""
    op.create_enum("mood", ["sad", "glad"])
    op.create_domain("amount", sa.Integer(), checks={"positive": "VALUE > 0"})
    op.create_sequence("numbers", start=5)
    op.create_view("notes", "SELECT id, note FROM cart")
    op.create_function("twice", FUNCTION.format(2), arguments="integer")
    op.create_procedure("tidy", PROCEDURE.format(1), arguments="")
    op.create_trigger("same", TRIGGER.format("UPDATE"), table_name="cart")
    op.create_object("policy", "own", POLICY.format(1), table_name="cart")
    op.create_table("years", sa.Column("y", sa.Integer), postgresql_partition_by="LIST (y)")
    op.create_partition("y1", "FOR VALUES IN (1)", table_name="years")
    op.create_table("y2", sa.Column("y", sa.Integer))


OBJECTS: dict[str, Callable[[], Any]] = {
    "create": lambda: None,
    "create_exclude_constraint": lambda: op.create_exclude_constraint("ex", "cart", ("id", "="), using="btree"),
    "alter_table_options": lambda: op.alter_table_options("cart", {"postgresql_with": {"fillfactor": 70}}),
    "add_enum_value": lambda: op.add_enum_value("mood", "fine", before="glad"),
    "rename_enum_value": lambda: op.rename_enum_value("mood", "sad", "bad"),
    "replace_enum_values": lambda: op.replace_enum_values("mood", ["glad"], existing_values=["sad", "glad"]),
    "drop_enum": lambda: op.drop_enum("mood"),
    "alter_domain": lambda: op.alter_domain("amount", not_null=True, default=sa.text("9")),
    "replace_domain": lambda: op.replace_domain("amount", sa.BigInteger(), checks={"positive": "VALUE > 0"}),
    "drop_domain": lambda: op.drop_domain("amount"),
    "alter_sequence": lambda: op.alter_sequence("numbers", increment=2),
    "drop_sequence": lambda: op.drop_sequence("numbers"),
    "replace_view": lambda: op.replace_view("notes", "SELECT id, note FROM cart WHERE id > 1"),
    "drop_view": lambda: op.drop_view("notes"),
    "replace_function": lambda: op.replace_function("twice", FUNCTION.format(3), arguments="integer"),
    "drop_function": lambda: op.drop_function("twice", arguments="integer"),
    "replace_procedure": lambda: op.replace_procedure("tidy", PROCEDURE.format(2), arguments=""),
    "drop_procedure": lambda: op.drop_procedure("tidy", arguments=""),
    "replace_trigger": lambda: op.replace_trigger("same", TRIGGER.format("INSERT"), table_name="cart"),
    "drop_trigger": lambda: op.drop_trigger("same", table_name="cart"),
    "attach_partition": lambda: op.attach_partition("y2", "FOR VALUES IN (2)", table_name="years"),
    "detach_partition": lambda: op.detach_partition("y1", table_name="years"),
    "drop_partition": lambda: op.drop_partition("y1", table_name="years"),
    "replace_object": lambda: op.replace_object("policy", "own", POLICY.format(2), table_name="cart"),
    "drop_object": lambda: op.drop_object("policy", "own", table_name="cart"),
}


def test_a_rehearsal_of_objects_besides_tables_is_what_the_run_sends(postgresql_url: str) -> None:
    engine = sa.create_engine(postgresql_url)
    differ: dict[str, tuple[list[str], list[str]]] = {}
    unknown: dict[str, list[str]] = {}
    for name, function in OBJECTS.items():
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
        test_effects.online(postgresql_url, test_effects.start).dispose()
        if name == "create":
            compare(engine, name, objects, {}, differ, unknown)
        else:
            test_effects.online(postgresql_url, objects).dispose()
            compare(engine, name, function, {}, differ, unknown)
    engine.dispose()
    assert differ == {}
    assert unknown == {
        name: [f"needs the database: {name}()"]
        for name in ("replace_enum_values", "replace_domain")  # of all columns that have the type
    }


def test_every_operation_is_rehearsed_here() -> None:
    """A new one is put into one of the tables above."""
    import inspect

    text = inspect.getsource(test_effects) + inspect.getsource(objects) + "".join(f"op.{name}(" for name in OBJECTS)
    assert [name for name in OPERATIONS if f"op.{name}(" not in text] == []
