"""Scratch databases: copies that env.py runs on without noticing, and that are gone afterwards, also after a kill."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import servers
import sqlalchemy as sa
from project import Project, sync_url

from limbeck import command, scratch, verbs
from limbeck.databases import Environment
from limbeck.environment import EnvironmentContext
from limbeck.errors import CommandError
from limbeck.script import ScriptDirectory

DATABASES = {
    "postgresql": f"SELECT datname FROM pg_database WHERE datname LIKE '{scratch.PREFIX}%'",
    "mysql": f"SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE '{scratch.PREFIX}%'",
}


def environment(project: Project) -> Environment:
    """The environment that commands make of the project's configuration."""
    config = project.configure()
    script = ScriptDirectory.from_config(config)

    def run(fn: Any, **options: Any) -> None:
        with EnvironmentContext(config, script, fn=fn, **options):
            script.run_env()

    return Environment(config, script, run)


def of_this_process(project: Project) -> list[str]:
    """The scratch databases that this process has on the server."""
    query = DATABASES.get(sync_url(project.url).get_backend_name())
    names = [] if query is None else project.column(query)
    return [name for name in names if f"_{os.getpid()}_" in name]


def observed(twin: Environment) -> dict[str, Any]:
    """What a run of env.py sees of its database."""
    found: dict[str, Any] = {}

    def look(rows: tuple[str, ...], context: Any) -> list[Any]:
        inspector = sa.inspect(context.connection)
        tables = [name for name in inspector.get_table_names() if not name.startswith("alembic_version")]
        found.update(rows=rows, tables=sorted(tables))
        return []

    twin.run(look, dont_mutate=True)
    return found


def test_a_copy_is_where_the_database_is_and_has_no_rows(project: Project) -> None:
    project.line("a1", "a2", "a3")
    project.upgrade("a2")
    project.execute("INSERT INTO t_a1 (id) VALUES (1)")
    with scratch.copies(environment(project)) as twin:
        assert observed(twin) == {"rows": ("a2",), "tables": ["t_a1", "t_a2"]}
        verbs.carry_out(twin, "upgrade", "heads")
        assert observed(twin) == {"rows": ("a3",), "tables": ["t_a1", "t_a2", "t_a3"]}
        verbs.carry_out(twin, "downgrade", "base")
    assert (project.rows(), project.tables()) == (["a2"], ["t_a1", "t_a2"])
    assert project.column("SELECT id FROM t_a1") == [1]
    assert of_this_process(project) == []


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("base", {"rows": (), "tables": []}),
        ("a1", {"rows": ("a1",), "tables": ["t_a1"]}),
        (("a1",), {"rows": ("a1",), "tables": ["t_a1"]}),
        ("heads", {"rows": ("a2",), "tables": ["t_a1", "t_a2"]}),
        (None, {"rows": (), "tables": []}),
    ],
)
def test_a_copy_is_brought_to_what_is_asked_for(lite: Project, at: Any, expected: dict[str, Any]) -> None:
    lite.line("a1", "a2")
    with scratch.copies(environment(lite), at) as twin:
        assert observed(twin) == expected
    assert lite.rows() is None


def test_statements_of_env_py_go_to_the_copy(lite: Project) -> None:
    """An env.py that prepares its connection before configure() does so in the copy."""
    lite.line("a1")
    lite.upgrade("a1")
    lite.connected(before="connection.execute(sa.text('CREATE TABLE IF NOT EXISTS ready (id INTEGER)'))")
    with scratch.copies(environment(lite)) as twin:
        assert observed(twin)["tables"] == ["ready", "t_a1"]
        lite.execute("DROP TABLE ready")  # which the look at the real database has made
        assert observed(twin)["tables"] == ["ready", "t_a1"]
    assert lite.tables() == ["t_a1"]


def test_an_engine_with_a_pool_of_its_own(maria: Project) -> None:
    """A pool may have a connection to the real database, and must not keep one to the copy."""
    (maria.root / "engines.py").write_text(f"import sqlalchemy as sa\nengine = sa.create_engine({maria.url!r})\n")
    maria.env(
        "import sys\n"
        f"sys.path.insert(0, {str(maria.root)!r})\n"
        "from engines import engine\n"
        "sys.path.pop(0)\n"
        "context.run(connectable=engine)\n"
    )
    maria.line("a1", "a2")
    try:
        maria.upgrade("a1")
        with scratch.copies(environment(maria), "a2") as twin:
            assert observed(twin)["rows"] == ("a2",)
            import engines  # type: ignore[import-not-found]

            with engines.engine.connect() as outside:  # what the application does meanwhile
                assert outside.scalars(sa.text("SELECT version_num FROM alembic_version")).all() == ["a1"]
        assert observed(environment(maria)) == {"rows": ("a1",), "tables": ["t_a1"]}
        engines.engine.dispose()
    finally:
        sys.modules.pop("engines", None)


def test_an_engine_of_a_script_that_has_a_connection_already(maria: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the application's, and what the script does with it happens to the copy."""
    name = f"application_{os.getpid()}"
    (maria.root / f"{name}.py").write_text(f"import sqlalchemy as sa\nengine = sa.create_engine({maria.url!r})\n")
    monkeypatch.syspath_prepend(str(maria.root))
    import importlib

    engine = importlib.import_module(name).engine
    maria.line("a1")
    maria.upgrade("a1")
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO t_a1 VALUES (1)"))
    maria.script(
        "a2",
        "a1",
        f"from {name} import engine\n"
        "with engine.begin() as connection:\n"
        "    connection.execute(sa.text('INSERT INTO t_a1 VALUES (2)'))",
    )
    with scratch.copies(environment(maria), "a2") as twin:
        assert observed(twin)["rows"] == ("a2",)
        with engine.connect() as outside:
            assert outside.scalars(sa.text("SELECT id FROM t_a1")).all() == [1]
    with engine.connect() as outside:
        assert outside.scalars(sa.text("SELECT id FROM t_a1")).all() == [1]
    engine.dispose()


def test_a_connection_that_a_program_hands_in(maria: Project) -> None:
    maria.line("a1", "a2")
    maria.upgrade("a1")
    given = environment(maria)
    with sa.create_engine(sync_url(maria.url), poolclass=sa.NullPool).connect() as connection:
        given.config.attributes["connection"] = connection
        with scratch.copies(given, "heads") as twin:
            assert observed(twin) == {"rows": ("a2",), "tables": ["t_a1", "t_a2"]}
        assert observed(given) == {"rows": ("a1",), "tables": ["t_a1"]}


@pytest.mark.parametrize(
    "url",
    [pytest.param("sqlite+aiosqlite"), pytest.param("postgresql+asyncpg"), pytest.param("mysql+aiomysql")],
)
def test_asyncio_drivers(make: Callable[..., Project], url: str) -> None:
    backend = {"mysql": "mariadb"}.get(url.partition("+")[0], url.partition("+")[0])
    project = make(backend, edition=2026, driver=url)
    project.line("a1", "a2")
    project.upgrade("a1")
    with scratch.copies(environment(project)) as twin:
        verbs.carry_out(twin, "upgrade", "heads")
        assert observed(twin) == {"rows": ("a2",), "tables": ["t_a1", "t_a2"]}
    assert project.rows() == ["a1"]
    assert of_this_process(project) == []


def test_neither_lock_nor_callbacks_nor_output(lite: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """env.py's on_version_apply may send mail; the history that is replayed is nobody's news."""
    told = lite.root / "told"
    lite.env(f"def tell(**kw):\n    open({str(told)!r}, 'a').write('told')\ncontext.run(on_version_apply=tell)\n")
    lite.script("a1", up="print('noise')\n" + "op.execute('SELECT 1')")
    lite.upgrade()
    told.unlink()
    capsys.readouterr()
    with scratch.copies(environment(lite)):
        pass
    assert not told.exists()
    assert "noise" not in capsys.readouterr().out


def test_a_history_that_fails_on_an_empty_database(maria: Project) -> None:
    maria.script("a1", up="op.execute('INSERT INTO missing VALUES (1)')")
    command.stamp(maria.configure(), "a1")
    with pytest.raises(sa.exc.DBAPIError) as raised, scratch.copies(environment(maria)):
        pass
    assert any("scratch" in note for note in raised.value.__notes__)
    assert of_this_process(maria) == []


def test_which_databases_are_of_dead_processes() -> None:
    host = sha256(socket.gethostname().encode()).hexdigest()[:8]
    ended = os.fork()
    if ended == 0:
        os._exit(0)
    os.waitpid(ended, 0)
    now = int(time.time())
    dead = f"{scratch.PREFIX}{host}_{ended}_{now}_1"
    of_a_number_taken_again = f"{scratch.PREFIX}{host}_{os.getpid()}_{now - 10**8}_1"
    alive = f"{scratch.PREFIX}{host}_{os.getpid()}_{now + 100}_77"
    old, new = f"{scratch.PREFIX}00000000_1_{now - 10**6}_1", f"{scratch.PREFIX}00000000_1_{now}_1"
    another = f"{scratch.PREFIX}mine"
    names = [dead, of_a_number_taken_again, alive, old, new, another]
    assert scratch.leftovers(names) == [dead, of_a_number_taken_again, old]


def test_after_a_kill(postgres: Project) -> None:
    postgres.line("a1")
    child = os.fork()
    if child == 0:
        with scratch.copies(environment(postgres), "heads"):
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)

    def left() -> list[str]:
        return [name for name in postgres.column(DATABASES["postgresql"]) if f"_{child}_" in name]

    assert len(left()) == 1
    with scratch.copies(environment(postgres), "base"):
        assert left() == []


@pytest.fixture
def limited(postgresql_server: servers.Server, postgresql_url: str, tmp_path: Path) -> Iterator[Project]:
    """A project whose account may create schemas, and no database."""
    role = f"lb_limited_{os.getpid()}"
    postgresql_server.execute(f"CREATE ROLE {role} LOGIN")
    url = sync_url(postgresql_url)
    owner = Project(tmp_path / "owner", str(url))
    owner.execute(f"GRANT CREATE ON DATABASE {url.database} TO {role}", f"GRANT ALL ON SCHEMA public TO {role}")
    yield Project(tmp_path / "limited", url.set(username=role).render_as_string(), 2026)
    owner.execute(f"DROP OWNED BY {role} CASCADE", f"DROP ROLE {role}")


def test_what_another_account_has_left_is_left(limited: Project, postgresql_server: servers.Server) -> None:
    """An account that may not drop a scratch database of a dead process makes its own all the same."""
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    host = sha256(socket.gethostname().encode()).hexdigest()[:8]
    name = f"{scratch.PREFIX}{host}_{child}_{int(time.time())}_1"
    limited.line("a1")
    postgresql_server.execute(f"CREATE DATABASE {name}")
    try:
        with scratch.copies(environment(limited), "heads") as twin:
            assert len(twin.places) == 1
    finally:
        postgresql_server.execute(f"DROP DATABASE IF EXISTS {name}")  # a test beside this one may have


def test_a_schema_where_the_account_may_not_create_databases(limited: Project) -> None:
    limited.line("a1", "a2")
    limited.upgrade("a1")
    with scratch.copies(environment(limited)) as twin:
        verbs.carry_out(twin, "upgrade", "heads")
        assert observed(twin) == {"rows": ("a2",), "tables": ["t_a1", "t_a2"]}
        assert len(limited.column("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'limbeck_scratch%'")) == 1
    assert (limited.rows(), limited.tables()) == (["a1"], ["t_a1"])
    assert limited.column("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'limbeck_scratch%'") == []


def refused(twin: Environment, statements: Sequence[str]) -> list[str]:
    """Those of ``statements`` that the copy refuses; none is executed otherwise."""
    codes: list[str] = []

    def send(rows: tuple[str, ...], context: Any) -> list[Any]:
        for statement in statements:
            try:
                context.connection.exec_driver_sql(statement)
            except CommandError as error:
                codes.append(f"{error.code} {statement}")
            except sa.exc.DBAPIError:
                context.connection.rollback()
        return []

    twin.run(send, dont_mutate=True)
    return [code.removeprefix("outside-scratch ") for code in codes]


def test_a_schema_keeps_out_what_names_another_one(limited: Project) -> None:
    limited.line("a1")
    limited.upgrade("a1")
    outside = (
        "DROP TABLE public.t_a1",
        'DELETE FROM "public".t_a1',
        'CREATE INDEX ix ON "public".t_a1 (id)',
        "DROP INDEX public.ix",
        "SET search_path TO public",
        "SELECT set_config('search_path', 'public', false)",
        "DO $$ BEGIN DROP TABLE public.t_a1; END $$",
        "DROP SCHEMA public CASCADE",
        "CREATE EXTENSION citext",
    )
    within = ("SELECT count(*) FROM t_a1", "INSERT INTO t_a1 VALUES (1)", "SELECT public.id FROM t_a1 AS public")
    with scratch.copies(environment(limited)) as twin:
        assert refused(twin, [*outside, *within]) == list(outside)
    assert limited.tables() == ["t_a1"]


def test_a_database_of_mariadb_keeps_out_what_names_another_one(maria: Project) -> None:
    maria.line("a1")
    maria.upgrade("a1")
    name = sync_url(maria.url).database
    outside = (
        f"DROP TABLE {name}.t_a1",
        f"DELETE FROM `{name}`.t_a1",
        f"TRUNCATE {name}.t_a1",
        f"USE {name}",
        f"DROP DATABASE {name}",
    )
    with scratch.copies(environment(maria)) as twin:
        assert refused(twin, [*outside, "INSERT INTO t_a1 VALUES (1)"]) == list(outside)
    assert maria.tables() == ["t_a1"]


def test_a_file_is_not_attached_to_a_database_in_memory(lite: Project) -> None:
    lite.script("a1", up=f"op.execute(\"ATTACH '{lite.root}/other.db' AS other\")")
    with scratch.copies(environment(lite)) as twin, pytest.raises(CommandError, match="reaches outside"):
        verbs.carry_out(twin, "upgrade", "heads")
    assert not (lite.root / "other.db").exists()


def test_a_password_that_another_listener_sets(postgres: Project) -> None:
    """As for tokens that a cloud hands out: SQLAlchemy's manual has them set in do_connect."""
    postgres.env(
        "engine = sa.create_engine(config.get_main_option('sqlalchemy.url'), poolclass=sa.NullPool)\n"
        "@sa.event.listens_for(engine, 'do_connect')\n"
        "def token(dialect, entry, args, options):\n"
        "    options['application_name'] = 'token'\n"
        "context.run(connectable=engine)\n"
    )
    postgres.line("a1")
    names: list[Any] = []

    def look(rows: tuple[str, ...], context: Any) -> list[Any]:
        names.append(context.connection.scalar(sa.text("SELECT current_setting('application_name')")))
        names.append(context.connection.scalar(sa.text("SELECT current_database()")))
        return []

    with scratch.copies(environment(postgres)) as twin:
        twin.run(look, dont_mutate=True)
    assert names[0] == "token"
    assert names[1].startswith(scratch.PREFIX)


def test_an_engine_with_a_creator_of_its_own_is_refused(make: Callable[..., Project]) -> None:
    postgres = make("postgresql", driver="postgresql+psycopg")
    postgres.env(
        "import psycopg\n"
        "url = sa.make_url(config.get_main_option('sqlalchemy.url'))\n"
        "make = lambda: psycopg.connect(host=url.host, port=url.port, user=url.username, dbname=url.database)\n"
        "context.run(connectable=sa.create_engine(url, creator=make, poolclass=sa.NullPool))\n"
    )
    postgres.line("a1")
    with pytest.raises(CommandError) as raised, scratch.copies(environment(postgres), "heads"):
        pass
    assert raised.value.code == "scratch-unreachable"
    assert postgres.rows() is None


def test_a_dialect_without_scratch_databases() -> None:
    from limbeck.ddl.session import SessionFacts

    assert partial(SessionFacts.scratch_databases, None)() is None  # type: ignore[arg-type]  # it asks nothing
