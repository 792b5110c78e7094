# ruff: noqa: E501 - words of a server
"""The kinds of use of alembic-utils, by Limbeck's objects and by alembic-utils itself on the reference, side by side.

`object_cases` has the cases: objects before and after, what was done by hand between, and a query. A tool is right
where the query has its answer afterwards, a second comparison finds nothing, and the way back runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import servers
import sqlalchemy as sa
from inline_snapshot import snapshot
from installed import Installed
from object_cases import CASES, ITEM, ROWS, Objects

from limbeck.autogenerate import produce_migrations, render_python_code
from limbeck.objects import Function, Grant, MaterializedView, Policy, Trigger, View
from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext

RIGHT = "right"


@pytest.fixture(scope="module")
def url(postgresql_server: servers.Server) -> Iterator[str]:
    """The URL of a database in which there is a role limbeck_reader."""
    made = postgresql_server.create()
    with sa.create_engine(made, poolclass=sa.NullPool).begin() as connection:
        role = "CREATE ROLE limbeck_reader; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL"
        connection.exec_driver_sql(f"DO $$ BEGIN {role}; END $$")
    yield made
    postgresql_server.drop(str(sa.make_url(made).database))


@pytest.fixture(scope="module")
def theirs(libraries: Path, url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What came of each case with alembic-utils 0.8.8 on the reference."""
    folder = tmp_path_factory.mktemp("utils")
    cases = {name: {**asdict(case), "tables": [ITEM, ROWS]} for name, case in CASES.items()}
    (folder / "cases.json").write_text(json.dumps(cases))
    program = Path(__file__).with_name("utils_entities.py")
    done = Installed(libraries, "reference").run("python", program, url, cwd=folder)
    assert done.returncode == 0, done.stderr.splitlines()[-1]
    found: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return found


def declared(objects: Objects) -> sa.MetaData:
    """The table of the cases, and objects as models declare them."""
    metadata = sa.MetaData()
    columns = sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text), sa.Column("price", sa.Integer)
    sa.Table("item", metadata, *columns)
    privileges: dict[str, list[str]] = {}
    for kind, name, text, *on in objects:
        match kind:
            case "view":
                View(name, metadata, text)
            case "materialized_view":
                index = ["CREATE UNIQUE INDEX ix_totals ON totals (name)"]
                MaterializedView(name, metadata, text, indexes=index)
            case "function":
                Function(name.partition("(")[0], metadata, f"CREATE FUNCTION {name} {text}")
            case "trigger":
                Trigger(name, metadata, f"CREATE TRIGGER {name} {text}")
            case "policy":
                Policy(name, metadata, f"CREATE POLICY {name} ON {on[0]} {text}")
            case "grant":
                privileges.setdefault(name, []).append(f"{text} (id, name, price)")
    for name, words in privileges.items():
        Grant(name, metadata, ", ".join(words), to="limbeck_reader")
    return metadata


def made(connection: sa.Connection, objects: Objects) -> Any:
    """Make the database have ``objects`` by the text of a script; the script."""
    target = declared(objects)
    opts = {"edition": 2026, "compare": "exact", "compare_objects": True, "drop_unknown": True, "allow_drops": True}
    context = MigrationContext.configure(connection, opts={**opts, "target_metadata": target})
    script = produce_migrations(context, target)
    run(context, script.upgrade_ops)
    connection.commit()
    return context, script


def run(context: MigrationContext, operations: Any) -> None:
    """Execute operations as a script has them."""
    text = render_python_code(operations, migration_context=context)
    names = {"op": Operations(context), "sa": sa}
    exec("if True:\n" + text, names)  # noqa: S102 what was rendered is to be run


@pytest.mark.parametrize("name", CASES)
def test_objects_of_limbeck(url: str, name: str) -> None:
    case = CASES[name]
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        for statement in ("DROP SCHEMA public CASCADE", "CREATE SCHEMA public", ITEM, ROWS):
            connection.exec_driver_sql(statement)
        made(connection, case.before)
        indexes = [each for each in case.by_hand if not each.startswith("CREATE UNIQUE INDEX")]  # ours declares them
        for statement in indexes:
            connection.exec_driver_sql(statement)
        connection.commit()
        context, script = made(connection, case.after)
        assert list(connection.exec_driver_sql(case.asks).first() or ()) == case.answer
        connection.rollback()
        assert made(connection, case.after)[1].upgrade_ops.as_diffs() == []
        run(context, script.downgrade_ops)
        connection.commit()


def test_alembic_utils_on_the_same_cases(theirs: dict[str, str]) -> None:
    """What alembic-utils 0.8.8 does not do, in the words of the server or of the query; Limbeck does all of it.

    It declares no indexes: that of the materialized view is made by hand there.
    """
    assert {name: said for name, said in theirs.items() if said != RIGHT} == snapshot(
        {
            "a view loses a column below another": "the change fails: cannot drop view dear because other objects depend on it",
            "a view is replaced that a role may read": "wrong: [1, False]",
            "a default of a function changes": 'the change fails: function "more" already exists with same argument types',
            "a function returns another type": "the change fails: cannot change return type of existing function",
            "a function that a view calls returns another type": "the change fails: cannot change return type of existing function",
            "a trigger on a view that changes": "sees 1 differences where there are none",
            "a materialized view with an index and rows": "wrong: [2, 0]",
            "a materialized view below a view": "the change fails: cannot drop materialized view totals because other objects depend on it",
            "a view goes that another stands on": "the change fails: cannot drop view dear because other objects depend on it",
        }
    )
