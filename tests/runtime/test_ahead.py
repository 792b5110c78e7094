"""Statements that are made ready ahead of their time: nobody can tell, but by the clock."""

from __future__ import annotations

import logging
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from project import Project, table
from test_stretch import line

from limbeck.ddl.ready import ReadyStatements
from limbeck.errors import CommandError, NotReadyError
from limbeck.operations import MigrateOperation, Operations, ops
from limbeck.runtime import ahead
from limbeck.runtime.ahead import Ahead

SERVERS = ("postgresql", "mariadb")
EDITIONS = (None, 2026)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The revisions whose statements were ready when their turn came."""
    found: list[str] = []
    send = Ahead._send

    def noting(self: Ahead, step: Any, ready: Any) -> None:
        found.append(step.revision.revision)
        send(self, step, ready)

    monkeypatch.setattr(Ahead, "_send", noting)
    return found


@contextmanager
def nothing_ready() -> Iterator[None]:
    """Each revision is run in its own time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ahead, "_has_time", lambda _context: False)
        yield


class Seen(NamedTuple):
    """What can be seen of a run: statements, log lines and warnings in their order, and the error."""

    events: list[str]
    error: str
    place: list[tuple[str, int | None]]


def watch(project: Project, run: Callable[[], Any]) -> Seen:
    events: list[str] = []
    error, place = "", []

    def statement(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        if "alembic_version" not in text:  # version rows and journal may wait, which is another matter
            events.append(text)

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            events.append(record.getMessage())

    def warned(message: Any, _category: Any, filename: str, lineno: int, *_: Any) -> None:
        events.append(f"{Path(filename).name}:{lineno}: {message}")

    log, handler = logging.getLogger("alembic"), Handler()
    sa.event.listen(sa.Engine, "before_cursor_execute", statement)
    log.addHandler(handler)
    level, log.level = log.level, logging.INFO
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = warned
            run()
    except (sa.exc.SQLAlchemyError, CommandError, TypeError, AttributeError) as caught:
        error = "\n".join([repr(caught), *getattr(caught, "__notes__", ())])
        frames = traceback.extract_tb(caught.__traceback__)
        place = [(Path(frame.filename).name, frame.lineno) for frame in frames if "versions" in frame.filename]
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", statement)
        log.removeHandler(handler)
        log.setLevel(level)
    return Seen(events, error.replace(str(project.root), ""), place)


def schema(project: Project) -> Any:
    def ask(connection: sa.Connection) -> Any:
        catalogue = sa.inspect(connection)
        return {
            name: (
                [(column["name"], str(column["type"]), column["nullable"]) for column in catalogue.get_columns(name)],
                sorted(str(index["name"]) for index in catalogue.get_indexes(name)),
                sorted(str(key["name"]) for key in catalogue.get_foreign_keys(name)),
                catalogue.get_table_comment(name),
            )
            for name in project.tables()
        }

    return project.look(ask), project.rows()


def chain(project: Project, bodies: list[str]) -> list[str]:
    """Revisions b00, b01 and so on, each with one of ``bodies`` and nothing to undo it."""
    names = [f"b{number:02}" for number in range(len(bodies))]
    for down, name, body in zip((None, *names), names, bodies, strict=False):
        project.script(name, down, body, "pass  # as it is")
    return names


EVERYTHING = [
    """op.create_table("parent", sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Integer))""",
    """op.create_table(
        "child",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("parent", sa.Integer, sa.ForeignKey("parent.id", name="fk_first")),
        sa.Column("name", sa.String(20), nullable=False, server_default="100 %, a:b", comment="its %(name)s"),
        sa.Column("when", sa.DateTime, server_default=sa.func.now()),
        sa.Column("kind", sa.Enum("a", "b", name="kind")),
        sa.Column("i", sa.Integer, index=True),
        comment="a 'child'",
    )""",
    """op.add_column("child", sa.Column("y", sa.Integer, nullable=True))""",
    """op.add_column("child", sa.Column("z", sa.Numeric(8, 2), server_default=sa.text("1.5")))""",
    """op.alter_column("child", "y", existing_type=sa.Integer(), nullable=False, server_default="0")""",
    """op.alter_column("child", "y", existing_type=sa.Integer(), type_=sa.BigInteger(), existing_nullable=False)""",
    """op.alter_column("child", "y", existing_type=sa.BigInteger(), new_column_name="yy")""",
    """op.create_index("ix_z", "child", ["z", "yy"], unique=True)""",
    """op.create_index(op.f("ix_lower"), "child", ["name"])""",
    """op.create_unique_constraint("uq", "child", ["name", "i"])""",
    """op.create_check_constraint("ck", "child", "name LIKE '%a:b' OR yy % 2 = 0")""",
    """op.create_foreign_key("fk_again", "child", "parent", ["i"], ["id"], ondelete="CASCADE")""",
    """op.create_table_comment("parent", "a 100 % parent")""",
    """op.drop_table_comment("parent")""",
    """op.drop_constraint("fk_again", "child", type_="foreignkey")""",
    """op.drop_constraint("ck", "child", type_="check")""",
    """op.drop_constraint(None, "child", type_="unique", columns=["name", "i"])""",
    """op.create_table("parent", sa.Column("id", sa.Integer, primary_key=True), if_not_exists=True)""",
    """op.drop_index("ix_z", table_name="child")""",
    """op.drop_column("child", "z")""",
    """op.rename_table("child", "kid")""",
    """op.drop_table("kid")""",
    """op.drop_table("nowhere", if_exists=True)""",
    "pass",
    *(table(f"t_{number}") for number in range(30)),
]


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("server", SERVERS)
def test_every_operation_sends_what_it_sends_in_its_own_time(
    make: Callable[..., Project], server: str, edition: int | None, sent: list[str]
) -> None:
    """Per cent signs, colons and quotes included; what has to ask the database is not ready, and asks."""
    project = make(server, edition)
    names = chain(project, EVERYTHING)
    with nothing_ready():
        alone = watch(project, project.upgrade), schema(project)
        assert sent == []
    project.execute("DROP TABLE parent", "DROP TABLE alembic_version", *(f"DROP TABLE t_{n}" for n in range(30)))
    if server == "postgresql":
        project.execute("DROP TYPE kind")
    assert (watch(project, project.upgrade), schema(project)) == alone
    assert alone[0].error == ""
    assert len(sent) > len(names) - 12


FAILURES = {
    "the database refuses the first statement": 'op.drop_table("nowhere")',
    "the database refuses the second statement": table("t_new") + "\n" + table("t_a01"),
    "an operation refuses its arguments": 'op.create_table("t_new", 5)',
    "an argument is unknown": 'op.drop_table("t_a01", nonsense=1)',
    "there is no such type": 'op.add_column("t_a01", sa.Column("x", sa.Nonsense()))',
    "a constraint has no name": 'op.drop_constraint("", "t_a01")',
    "a name is missing": 'op.create_table(sa.text("t"))',
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize(("server", "edition"), [("postgresql", None), ("mariadb", 2026)])
def test_a_failure_is_told_as_ever_and_from_its_line(
    make: Callable[..., Project], server: str, edition: int | None, failure: str
) -> None:
    project = make(server, edition)
    line(project, 6)
    project.script("a05", "a04", failure)
    with nothing_ready():
        alone = watch(project, project.upgrade)
    left = (project.rows(), project.tables())
    emptied(project)
    assert watch(project, project.upgrade) == alone
    assert (project.rows(), project.tables()) == left
    assert alone.error
    assert ("a05.py", 9 if "\n" not in failure else 10) in alone.place


def emptied(project: Project) -> None:
    """Take away what a failed run left."""
    tables = [*project.tables(), "alembic_version", "alembic_version_journal"]
    project.execute(*(f"DROP TABLE IF EXISTS {name}" for name in tables))


def test_a_warning_comes_in_its_place(postgres: Project, sent: list[str]) -> None:
    line(postgres, 5)
    postgres.script("a04", "a03", 'op.alter_column("t_a01", "id", autoincrement=True, existing_type=sa.Integer())')
    with nothing_ready():
        alone = watch(postgres, postgres.upgrade)
    emptied(postgres)
    assert watch(postgres, postgres.upgrade) == alone
    told = [place for place, event in enumerate(alone.events) if "autoincrement" in event]
    assert len(told) == 1
    assert alone.events[told[0] - 1] == "Running upgrade a03 -> a04, a04 is made"
    assert sent == ["a02", "a03", "a05"]


# --- somebody has a hand in it ----------------------------------------------------------------------------------------


class Stamped(MigrateOperation):
    """Somebody's own `create_table`."""

    @classmethod
    def create_table(cls, operations: Operations, name: str, *columns: Any) -> Any:
        operations.impl.execute(f"SELECT '{name}'")
        return operations.invoke(ops.CreateTableOp(name, list(columns)))


HANDS = {
    "a listener to tables": (
        '@sa.event.listens_for(sa.Table, "after_create")\ndef made(t, c, **kw): heard.append(t.name)'
    ),
    "a listener to statements": (
        '@sa.event.listens_for(engine, "before_execute")\ndef made(c, s, *a): heard.append(str(s).split()[2])\n'
        "connection.close()\nconnection = engine.connect()"
    ),
    "an implementation": """
from limbeck.operations import Operations, ops
@Operations.implementation_for(ops.CreateTableOp, replace=True)
def made(operations, operation):
    heard.append(operation.table_name)
    table = operation.to_table(operations.migration_context)
    operations.impl.create_table(table)
    return table
""",
}


@pytest.mark.parametrize("hand", HANDS.values(), ids=HANDS)
def test_a_hand_in_it_sees_each_revision_in_its_time(postgres: Project, hand: str) -> None:
    """What it sees when a later revision fails is what was done until then."""
    here = postgres.root / "heard"
    before = f"""
class Heard:
    def append(self, name):
        with open({str(here)!r}, "a") as file:
            file.write(name + " ")
heard = Heard()
{hand}
"""
    postgres.connected(before=before)
    line(postgres, 6)
    postgres.script("a05", "a04", table("t_a05") + "\n" + table("t_a01"))
    code, said = postgres.run("upgrade", "head")  # a process of its own: the hand is in all that this one does
    assert code != 0, said
    seen = [name for name in here.read_text().split() if name.startswith("t_")]
    assert seen[:5] == ["t_a01", "t_a02", "t_a03", "t_a04", "t_a05"]
    assert "t_a06" not in seen


def test_statements_that_are_logged_are_logged_as_ever(
    postgres: Project, sent: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    line(postgres, 4)
    with caplog.at_level(logging.INFO, logger="sqlalchemy.engine"):
        postgres.upgrade()
    assert "[no key" in caplog.text
    assert "[raw sql]" not in caplog.text.partition("Running upgrade a01")[2]
    assert sent == []


def test_another_schema_than_the_text_would_say(postgres: Project, sent: list[str]) -> None:
    postgres.execute("CREATE SCHEMA other")
    postgres.connected(before="connection = connection.execution_options(schema_translate_map={None: 'other'})")
    line(postgres, 4)
    postgres.upgrade()
    assert sent == []
    assert postgres.tables("other") == ["t_a01", "t_a02", "t_a03", "t_a04"]


def test_another_schema_from_a_revision_on(postgres: Project) -> None:
    postgres.execute("CREATE SCHEMA other")
    line(postgres, 20)
    postgres.script("a03", "a02", "op.get_bind().execution_options(schema_translate_map={'tenant': 'other'})")
    postgres.script("a15", "a14", 'op.create_table("t_there", sa.Column("id", sa.Integer), schema="tenant")')
    postgres.upgrade()
    assert postgres.tables("other") == ["t_there"]


def test_operations_and_implementations_that_others_registered_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Operations.are_ours()
    monkeypatch.setattr(Operations, "stamped", Stamped.create_table, raising=False)
    assert Operations.are_ours(), "one of their own does not matter"
    monkeypatch.setattr(Operations, "create_table", Stamped.create_table, raising=False)
    assert not Operations.are_ours()


def test_a_revision_that_changes_how_operations_work_is_waited_for(postgres: Project, sent: list[str]) -> None:
    """Behind one that does more than call operations nothing is made ready until it is done."""
    line(postgres, 12)
    change = 'op.get_context().opts["target_metadata"] = sa.MetaData(naming_convention={"pk": "own_%(table_name)s"})'
    postgres.script("a06", "a05", change)
    postgres.upgrade()

    def keys(connection: sa.Connection) -> list[Any]:
        return [sa.inspect(connection).get_pk_constraint(name)["name"] for name in postgres.tables()]

    assert postgres.look(keys) == [f"t_a{n:02}_pkey" for n in range(1, 6)] + [f"own_t_a{n:02}" for n in range(7, 13)]
    assert sent[:4] == ["a02", "a03", "a04", "a05"]
    assert "a06" not in sent
    assert sent[-1] == "a12"


def test_with_asyncio(make: Callable[..., Project], sent: list[str]) -> None:
    project = make("postgresql", driver="postgresql+asyncpg")
    names = line(project, 20)
    project.upgrade()
    assert (project.rows(), len(project.tables())) == (names[-1:], 20)
    assert sent == names[1:]


def test_sqlite_works_in_our_own_process(lite: Project, sent: list[str]) -> None:
    line(lite, 4)
    lite.upgrade()
    assert sent == []


@pytest.mark.parametrize("failing", [False, True])
def test_the_thread_ends_with_the_run(postgres: Project, failing: bool) -> None:
    line(postgres, 30)
    if failing:
        postgres.script("a05", "a04", 'op.drop_table("nowhere")')
        with pytest.raises(sa.exc.DBAPIError):
            postgres.upgrade()
    else:
        postgres.upgrade()
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("limbeck-ahead")]


def test_where_no_thread_is_to_be_had(postgres: Project, sent: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    names = line(postgres, 5)
    postgres.upgrade()
    assert (postgres.rows(), len(postgres.tables()), sent) == (names[-1:], 5, [])


def test_what_stands_in_for_a_connection_answers_nothing() -> None:
    """So that whatever has to be asked is asked of the database, in its time."""
    statements = ReadyStatements(sa.create_engine("sqlite://").dialect)
    for ask in (
        lambda: statements.execute(sa.text("SELECT 1")),
        lambda: statements.execute(sa.DDL("DROP TABLE t"), {"x": 1}),
        lambda: statements.scalar(sa.text("SELECT 1")),
        lambda: statements.in_transaction,
        lambda: sa.inspect(statements),
    ):
        with pytest.raises(NotReadyError):
            ask()
    assert statements.found == []
