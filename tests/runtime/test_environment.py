"""What env.py talks to: the methods of its context, and the parameters of ``configure()``."""

from __future__ import annotations

import gc
import io
import logging
import threading
import types
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from project import RUN, Project, table

from limbeck import command, context, op
from limbeck.environment import EnvironmentContext
from limbeck.errors import CommandError, LimbeckWarning
from limbeck.runtime.migration import MigrationContext
from limbeck.runtime.plugins import Plugin, _registered
from limbeck.script import ScriptDirectory


@pytest.fixture
def heard(lite: Project) -> list[object]:
    """A list that env.py reaches as ``config.attributes["heard"]``."""
    found: list[object] = []
    configure = lite.configure

    def configured(**settings: str) -> object:
        config = configure(**settings)
        config.attributes["heard"] = found
        return config

    lite.configure = configured  # type: ignore[method-assign, assignment]
    return found


HEAR = "config.attributes['heard'].append"

# --- methods ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "online", "offline"),
    [
        ("is_offline_mode()", False, True),
        ("requires_connection()", True, False),
        ("get_head_revision()", "a2", "a2"),
        ("get_head_revisions()", ("a2",), ("a2",)),
        ("get_revision_argument()", "a2", "a2"),
        ("get_starting_revision_argument()", None, "a1"),
        ("get_tag_argument()", "a tag", "a tag"),
    ],
)
def test_what_needs_no_configure(
    lite: Project, heard: list[object], method: str, online: object, offline: object
) -> None:
    lite.line("a1", "a2")
    lite.env(f"{HEAR}(context.{method})\ncontext.configure(dialect_name='sqlite')")
    command.upgrade(lite.configure(), "head", tag="a tag")
    command.upgrade(lite.configure(), "a1:head", sql=True, tag="a tag")
    assert heard == [online, offline]


def test_base_is_none(lite: Project, heard: list[object]) -> None:
    lite.line("a1")
    lite.env(f"{HEAR}(context.get_revision_argument())")
    lite.downgrade("base")
    assert heard == [None]


def test_a_command_without_a_destination(lite: Project, heard: list[object]) -> None:
    lite.env(f"try:\n    context.get_revision_argument()\nexcept Exception as error:\n    {HEAR}(error)")
    command.current(lite.configure())
    assert isinstance(heard[0], CommandError)


def test_several_heads(lite: Project, heard: list[object]) -> None:
    lite.script("a1")
    lite.script("b1")
    lite.env(f"{HEAR}(sorted(context.get_head_revisions()))\ncontext.get_head_revision()")
    with pytest.raises(CommandError, match="Multiple head revisions are present"):
        lite.upgrade("heads")
    assert heard == [["a1", "b1"]]


@pytest.mark.parametrize(
    ("given", "as_list", "as_dictionary"),
    [
        (None, [], {}),
        (["a=1", "b=x=y", "c"], ["a=1", "b=x=y", "c"], {"a": "1", "b": "x=y", "c": ""}),
    ],
)
def test_x_arguments(lite: Project, heard: list[object], given: object, as_list: object, as_dictionary: object) -> None:
    lite.env(f"{HEAR}(context.get_x_argument())\n{HEAR}(context.get_x_argument(as_dictionary=True))")
    config = lite.configure()
    config.cmd_opts = types.SimpleNamespace(x=given)  # type: ignore[assignment]
    command.current(config)
    assert heard == [as_list, as_dictionary]


def test_x_arguments_from_the_command_line(lite: Project) -> None:
    lite.env("print(context.get_x_argument(as_dictionary=True))")
    assert lite.run("-x", "tenant=one", "-x", "flag", "current") == (0, "{'tenant': 'one', 'flag': ''}\n")


@pytest.mark.parametrize("method", ["get_context", "get_bind", "get_impl", "is_transactional_ddl", "run_migrations"])
def test_what_needs_configure(lite: Project, method: str) -> None:
    lite.env(f"context.{method}()")
    with pytest.raises(Exception, match=r"^No context has been configured yet\.$"):
        command.current(lite.configure())


def test_context_bind_and_impl(lite: Project, heard: list[object]) -> None:
    lite.connected(
        body=f"{HEAR}(context.get_context().connection is connection is context.get_bind())\n"
        f"{HEAR}(type(context.get_impl()).__name__)\n{HEAR}(context.is_transactional_ddl())"
    )
    command.current(lite.configure())
    assert heard == [True, "SQLiteImpl", False]


def test_execute_and_static_output(lite: Project) -> None:
    lite.env(
        "context.configure(url='sqlite://')\n"
        "context.static_output('-- begin')\ncontext.execute('SELECT 1')\n"
        "context.execute(sa.text('SELECT :a').bindparams(a=2))"
    )
    assert lite.sql() == "-- begin\n\nSELECT 1;\n\nSELECT 2;\n\n"


def test_execute_online(lite: Project) -> None:
    Path(str(sa.make_url(lite.url).database)).touch()
    lite.connected(body="context.execute('CREATE TABLE x (id int)')\nconnection.commit()")
    command.current(lite.configure())
    assert lite.tables() == ["x"]


def test_run_migrations_hands_its_keywords_to_every_script(lite: Project) -> None:
    lite.connected(body=RUN.replace("run_migrations()", "run_migrations(engine_name='one')"))
    lite.script("a1", None, "op.execute(f\"CREATE TABLE {kw['engine_name']} (id int)\")")
    lite.upgrade()
    assert lite.tables() == ["one"]


def test_configure_may_be_called_several_times(lite: Project, tmp_path: Path) -> None:
    """One env.py, several databases; each has its own version rows."""
    second = f"sqlite:///{tmp_path / 'second.db'}"
    lite.env(
        f"for url in (config.get_main_option('sqlalchemy.url'), {second!r}):\n"
        "    with sa.create_engine(url).connect() as connection:\n"
        "        context.configure(connection=connection)\n"
        "        with context.begin_transaction():\n"
        "            context.run_migrations()\n"
    )
    lite.line("a1")
    lite.upgrade()
    assert lite.rows() == ["a1"]
    lite.url = second
    assert (lite.rows(), lite.tables()) == (["a1"], ["t_a1"])


# --- outside of a run -------------------------------------------------------------------------------------------------


def test_functions_outside_of_a_run_say_so() -> None:
    with pytest.raises(NameError, match="Can't invoke function 'get_bind', as the proxy object has not yet been est"):
        context.get_bind()
    with pytest.raises(NameError, match="for the Alembic 'Operations' class"):
        op.get_bind()
    assert not hasattr(context, "config")


def test_an_environment_can_be_used_by_hand(lite: Project) -> None:
    """The recipe of programs that have no command: EnvironmentContext with a function that gives the steps."""
    lite.line("a1", "a2")
    script = ScriptDirectory.from_config(lite.config)

    def steps(rows: tuple[str, ...], context: MigrationContext) -> object:
        return script._upgrade_revs("head", rows)

    with (
        EnvironmentContext(lite.config, script, fn=steps, as_sql=False) as environment,
        sa.create_engine(lite.url).connect() as connection,
    ):
        assert context.config is lite.config
        assert context.script is script
        environment.configure(connection=connection)
        with environment.begin_transaction():
            environment.run_migrations()
    assert lite.rows() == ["a2"]


# --- whose environment ------------------------------------------------------------------------------------------------


def test_a_thread_that_a_script_starts_sees_the_scripts_environment(lite: Project) -> None:
    lite.script(
        "a1",
        None,
        """
        import threading
        config = context.config
        found = []
        thread = threading.Thread(target=lambda: found.append(context.config is config))
        thread.start()
        thread.join()
        assert found == [True]
        """,
    )
    lite.upgrade()


def test_a_bare_thread_beside_two_runs_is_told_that_it_could_be_either(tmp_path: Path) -> None:
    """The reference would take the one that began last."""
    projects = [Project(tmp_path / name, f"sqlite:///{tmp_path / name}.db") for name in ("one", "two")]
    scripts = [ScriptDirectory.from_config(project.config) for project in projects]
    errors: list[BaseException] = []

    def bare() -> None:
        try:
            context.get_bind()
        except CommandError as error:
            errors.append(error)

    with EnvironmentContext(projects[0].config, scripts[0]), EnvironmentContext(projects[1].config, scripts[1]):
        thread = threading.Thread(target=bare)
        thread.start()
        thread.join()
    assert [getattr(error, "code", None) for error in errors] == ["ambiguous-environment"]


def test_a_run_within_a_run(lite: Project, tmp_path: Path) -> None:
    """A revision upgrades another database; afterwards `op` means the first one again."""
    inner = Project(tmp_path / "inner", f"sqlite:///{tmp_path / 'inner.db'}")
    inner.line("b1")
    lite.script(
        "a1",
        None,
        f"""
        from limbeck import command
        from limbeck.config import Config
        command.upgrade(Config({str(inner.ini)!r}), "head")
        op.create_table("outer_one", sa.Column("id", sa.Integer))
        """,
    )
    lite.upgrade()
    assert lite.tables() == ["outer_one"]
    assert (inner.rows(), inner.tables()) == (["b1"], ["t_b1"])


# --- parameters of configure ------------------------------------------------------------------------------------------


def test_an_engine_is_no_connection(lite: Project) -> None:
    lite.env("context.configure(connection=sa.create_engine('sqlite://'))")
    with pytest.raises(CommandError) as error:
        command.current(lite.configure())
    assert str(error.value) == (
        "'connection' argument to configure() is expected to be a sqlalchemy.engine.Connection instance, got "
        "Engine(sqlite://)"
    )


def test_neither_connection_nor_url(lite: Project) -> None:
    lite.env("context.configure()")
    with pytest.raises(Exception, match=r"^Connection, url, or dialect_name is required\.$"):
        command.current(lite.configure())


@pytest.mark.parametrize("given", ["url='postgresql+psycopg://nowhere/x'", "dialect_name='postgresql'"])
def test_the_dialect_of_a_url_or_by_name(lite: Project, given: str) -> None:
    lite.env(f"context.configure({given}, dialect_opts={{'paramstyle': 'named'}})\n{RUN}")
    lite.script("a1", None, "op.execute(sa.insert(sa.table('t', sa.column('a'))).values(a=sa.bindparam('x', 1)))")
    assert lite.sql().startswith("BEGIN;\n\nCREATE TABLE alembic_version")


def test_a_dialect_without_an_impl(lite: Project) -> None:
    lite.env(
        "from sqlalchemy.engine.default import DefaultDialect\nclass Odd(DefaultDialect):\n    name = 'odd'\n"
        "from limbeck.runtime.migration import MigrationContext\nMigrationContext.configure(dialect=Odd())"
    )
    with pytest.raises(CommandError, match="odd"):
        command.current(lite.configure())


def test_output_buffer_of_configure_and_of_the_config(lite: Project, tmp_path: Path) -> None:
    lite.line("a1")
    target = tmp_path / "out.sql"
    lite.env(
        f"with open({str(target)!r}, 'w') as file:\n"
        "    context.configure(url='sqlite://', output_buffer=file)\n"
        "    with context.begin_transaction():\n        context.run_migrations()\n"
    )
    assert lite.sql() == ""
    assert "CREATE TABLE t_a1" in target.read_text()


def test_output_encoding(lite: Project, tmp_path: Path) -> None:
    target = tmp_path / "out.sql"
    lite.env(
        f"with open({str(target)!r}, 'wb') as file:\n"
        "    context.configure(url='sqlite://', output_buffer=file, output_encoding='latin-1')\n"
        "    context.static_output('-- caf\\xe9')\n"
    )
    lite.sql()
    assert target.read_bytes() == b"-- caf\xe9\n\n"


def test_literal_binds_is_for_scripts(lite: Project) -> None:
    lite.connected(configure="literal_binds=True")
    with pytest.raises(CommandError, match=r"^Can't use literal_binds setting without as_sql mode$"):
        command.current(lite.configure())


def test_starting_rev(lite: Project) -> None:
    lite.line("a1", "a2")
    lite.env(f"context.configure(url='sqlite://', starting_rev='a1')\n{RUN}")
    text = lite.sql()
    assert "t_a2" in text
    assert "t_a1" not in text
    assert "CREATE TABLE alembic_version" not in text
    lite.connected(configure="starting_rev='a1'")
    with pytest.raises(CommandError, match=r"^Can't specify current_rev to context when using a database connection$"):
        lite.upgrade()


def test_the_tag_of_configure_wins(lite: Project, heard: list[object]) -> None:
    lite.connected(configure="tag='of env'", body=f"{HEAR}(context.get_tag_argument())")
    command.upgrade(lite.configure(), "base", tag="of the command")
    assert heard == ["of env"]


def test_template_args(lite: Project) -> None:
    (lite.root / "m" / "script.py.mako").write_text(
        '"""${message} for ${customer}"""\nrevision = ${repr(up_revision)}\ndown_revision = ${repr(down_revision)}\n'
        "branch_labels = ${repr(branch_labels)}\ndepends_on = ${repr(depends_on)}\n"
        "def upgrade():\n    pass\ndef downgrade():\n    pass\n"
    )
    lite.connected(configure="template_args={'customer': 'Acme'}")
    made = command.revision(lite.configure(revision_environment="true"), "tables", rev_id="a1")
    assert "tables for Acme" in Path(made.path).read_text()  # type: ignore[union-attr]


def test_on_version_apply(lite: Project, heard: list[object]) -> None:
    """Called after each step's version rows, with keywords only, before its transaction ends."""
    lite.connected(
        before=f"""
        def note(**kw):
            rows = kw["ctx"].connection.scalars(sa.text("SELECT version_num FROM alembic_version")).all()
            step = kw["step"]
            {HEAR}((sorted(kw), step.is_upgrade, step.is_stamp, step.up_revision_id, step.source_revision_ids,
                step.destination_revision_ids, kw["heads"], kw["run_args"], rows))
        """,
        configure="on_version_apply=[note]",
        body=RUN.replace("run_migrations()", "run_migrations(x=1)"),
    )
    lite.line("a1", "a2")
    lite.upgrade()
    lite.downgrade("a1")
    command.stamp(lite.configure(), "a2")
    names = ["ctx", "heads", "run_args", "step"]
    assert heard == [
        (names, True, False, "a1", (), ("a1",), {"a1"}, {"x": 1}, ["a1"]),
        (names, True, False, "a2", ("a1",), ("a2",), {"a2"}, {"x": 1}, ["a2"]),
        (names, False, False, "a2", ("a2",), ("a1",), {"a1"}, {"x": 1}, ["a1"]),
        (names, True, True, "a2", ("a1",), ("a2",), {"a2"}, {"x": 1}, ["a2"]),
    ]


def test_a_callback_that_raises_takes_its_step_back(postgres: Project) -> None:
    postgres.connected(before="def refuse(**kw):\n    raise LookupError('no')", configure="on_version_apply=refuse")
    postgres.line("a1")
    with pytest.raises(LookupError):
        postgres.upgrade()
    assert postgres.rows() is None


def test_compare_functions_are_asked_first(lite: Project) -> None:
    def yes(*_: object) -> bool:
        return True

    def maybe(*_: object) -> None:
        return None

    column = sa.Column("a", sa.Integer())
    with sa.create_engine("sqlite://").connect() as connection:

        def verdict(option: object) -> bool:
            made = MigrationContext.configure(connection, opts={"compare_type": option})
            return made._compare_type(column, column)

        assert [verdict(option) for option in (False, True, yes, maybe)] == [False, False, True, False]


def test_every_option_is_in_opts(lite: Project, heard: list[object]) -> None:
    """Dialects and plugins read them there, under the names of the reference."""
    lite.connected(body=f"{HEAR}(context.get_context().opts)")
    command.current(lite.configure())
    (opts,) = heard
    assert {
        "target_metadata": None,
        "include_name": None,
        "include_object": None,
        "include_schemas": False,
        "compare_type": True,
        "compare_server_default": False,
        "render_item": None,
        "render_as_batch": False,
        "process_revision_directives": None,
        "upgrade_token": "upgrades",
        "downgrade_token": "downgrades",
        "alembic_module_prefix": "op.",
        "sqlalchemy_module_prefix": "sa.",
        "user_module_prefix": None,
        "literal_binds": False,
    }.items() <= opts.items()  # type: ignore[attr-defined]


# --- unknown keywords -------------------------------------------------------------------------------------------------


def test_an_unknown_keyword_is_kept_with_a_warning(lite: Project, heard: list[object]) -> None:
    lite.connected(configure="compare_typ=False", body=f"{HEAR}(context.get_context().opts['compare_typ'])")
    with pytest.warns(LimbeckWarning, match="knows no option 'compare_typ'"):
        command.current(lite.configure())
    assert heard == [False]
    lite.connected(configure="compare_typ=False")
    code, said = lite.run("current")
    assert code == 0
    assert "warning[unknown-option]" in said
    assert "did you mean 'compare_type'?" in said
    assert "env.py" in said


def test_an_unknown_keyword_is_an_error_under_the_edition(make: Callable[..., Project]) -> None:
    project = make("sqlite", edition=2026)
    project.connected(configure="version_table_column_type=1")
    with pytest.raises(CommandError) as error:
        project.upgrade()
    assert error.value.code == "unknown-option"
    assert "version_table" in (error.value.hint or "")


def test_what_a_dialect_declares_is_known(make: Callable[..., Project], monkeypatch: pytest.MonkeyPatch) -> None:
    from limbeck.dialects.sqlite import SQLiteImpl

    project = make("sqlite", edition=2026)
    project.connected(configure="acme_views=True")
    with pytest.raises(CommandError):
        command.current(project.configure())
    monkeypatch.setattr(SQLiteImpl, "context_option_names", ("acme_views",))
    command.current(project.configure())


@pytest.fixture
def acme() -> Iterator[Plugin]:
    """A plugin that reads two keywords of its own."""
    module = types.ModuleType("acme")
    module.setup = lambda plugin: plugin.add_configure_option("acme_views", "acme_grants")  # type: ignore[attr-defined]
    Plugin.setup_plugin_from_module(module, "acme.things")
    yield _registered["acme.things"]
    if "acme.things" in _registered:
        _registered["acme.things"].remove()


def test_what_a_plugin_declares_is_known(
    make: Callable[..., Project], acme: Plugin, recwarn: pytest.WarningsRecorder
) -> None:
    """With and without the edition: no word about it, and it is in ``opts``."""
    project = make("sqlite", edition=2026)
    project.connected(
        configure="acme_views=1, acme_grants=2", body="assert context.get_context().opts['acme_grants'] == 2"
    )
    command.current(project.configure())
    command.current(project.configure(edition=""))
    assert not [warning for warning in recwarn if "acme" in str(warning.message)]
    acme.remove()
    with pytest.raises(CommandError, match="knows no option 'acme_grants'"):
        command.current(project.configure(edition="2026"))


def test_what_a_plugin_declares_is_named_where_it_is_near(make: Callable[..., Project], acme: Plugin) -> None:
    project = make("sqlite", edition=2026)
    project.connected(configure="acme_view=1")
    with pytest.raises(CommandError) as error:
        command.current(project.configure())
    assert error.value.hint == "did you mean 'acme_views'?"


@pytest.mark.parametrize("name", ["mssql_batch_separator='GO'", "oracle_batch_separator='/'", "lock=False"])
def test_documented_keywords_are_known_everywhere(make: Callable[..., Project], name: str) -> None:
    project = make("sqlite", edition=2026)
    project.connected(configure=name)
    command.current(project.configure())


# --- logging ----------------------------------------------------------------------------------------------------------

LOGGING = """
[loggers]
keys = root,sqlalchemy,alembic
[handlers]
keys = console
[formatters]
keys = generic
[logger_root]
level = WARNING
handlers = console
[logger_sqlalchemy]
level = WARNING
handlers =
qualname = sqlalchemy.engine
[logger_alembic]
level = INFO
handlers =
qualname = alembic
[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = generic
[formatter_generic]
format = %(levelname)-5.5s [%(name)s] %(message)s
"""


@pytest.fixture
def logging_as_it_was() -> object:
    names = ("alembic", "sqlalchemy.engine")
    before = {name: (logging.getLogger(name).level, list(logging.getLogger(name).handlers)) for name in names}
    yield
    for name, (level, handlers) in before.items():
        logging.getLogger(name).setLevel(level)
        logging.getLogger(name).handlers = handlers


def test_a_command_leaves_the_applications_loggers_alone(lite: Project, logging_as_it_was: object) -> None:
    lite.line("a1")
    lite.ini.write_text(lite.ini.read_text() + LOGGING)
    config = lite.config.__class__(lite.ini)
    lite.env("context.log_as_configured()\ncontext.run()")
    mine = logging.getLogger("application")
    root = list(logging.getLogger().handlers)
    command.upgrade(config, "head")
    assert not mine.disabled
    assert logging.getLogger().handlers == root


def test_in_a_process_of_its_own_the_configured_lines_appear(lite: Project) -> None:
    lite.line("a1")
    lite.ini.write_text(lite.ini.read_text() + LOGGING)
    lite.env("context.log_as_configured()\ncontext.run()")
    _, said = lite.run_afresh("upgrade", "head")
    assert said.splitlines() == [
        "INFO  [alembic.runtime.migration] Context impl SQLiteImpl.",
        "INFO  [alembic.runtime.migration] Will assume non-transactional DDL.",
        "INFO  [alembic.runtime.migration] Running upgrade  -> a1, a1 is made",
    ]


def test_file_config_works_as_ever(lite: Project) -> None:
    lite.line("a1")
    lite.ini.write_text(lite.ini.read_text() + LOGGING)
    lite.env("from logging.config import fileConfig\nfileConfig(config.config_file_name)\ncontext.run()")
    _, said = lite.run_afresh("upgrade", "head")
    assert "INFO  [alembic.runtime.migration] Running upgrade  -> a1, a1 is made" in said


def test_the_library_configures_no_logging(lite: Project) -> None:
    lite.line("a1")
    assert lite.run_afresh("upgrade", "head") == (0, "")


# --- URLs and results -------------------------------------------------------------------------------------------------


def test_a_percent_sign_in_a_url(postgres: Project) -> None:
    """The password ``p%x@y``, percent-encoded as URLs are."""
    postgres.line("a1")
    url = postgres.url.replace("postgres@", "postgres:p%25x%40y@")
    postgres.config.set_main_option("sqlalchemy.url", url)
    command.upgrade(postgres.config, "head")
    assert postgres.rows() == ["a1"]
    assert postgres.run_afresh("current", LIMBECK_URL=url) == (0, "a1 (head)\n")


def test_reading_a_result_offline_says_what_to_do(lite: Project) -> None:
    lite.script("a1", None, "op.get_bind().execute(sa.text('SELECT 1')).scalar()")
    code, said = lite.run("upgrade", "head", "--sql")
    assert code == 3
    assert "error[offline-result]" in said
    assert "a1.py:" in said
    assert "is_offline_mode" in said


def test_offline_keeps_the_driver_out(lite: Project) -> None:
    """A driver that is not installed is no obstacle to a script."""
    lite.line("a1")
    lite.env(f"context.configure(dialect_name='oracle')\n{RUN}")
    assert "CREATE TABLE t_a1" in lite.sql()


# --- scripts ----------------------------------------------------------------------------------------------------------


def test_the_script_of_one_transaction(postgres: Project) -> None:
    postgres.script("r1", None, 'op.execute("create table a1(x int)")')
    postgres.script("r2", "r1", "pass")
    assert postgres.sql() == (
        "BEGIN;\n\n"
        "CREATE TABLE alembic_version (\n    version_num VARCHAR(32) NOT NULL, \n"
        "    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)\n);\n\n"
        "-- Running upgrade  -> r1\n\n"
        "create table a1(x int);\n\n"
        "INSERT INTO alembic_version (version_num) VALUES ('r1');\n\n"
        "-- Running upgrade r1 -> r2\n\n"
        "UPDATE alembic_version SET version_num='r2' WHERE alembic_version.version_num = 'r1';\n\n"
        "COMMIT;\n\n"
    )


def test_the_script_of_a_transaction_a_revision(postgres: Project) -> None:
    postgres.env(
        "context.configure(url=config.get_main_option('sqlalchemy.url'), transaction_per_migration=True)\n" + RUN
    )
    postgres.script("r1", None, "pass")
    postgres.script("r2", "r1", "pass")
    marks = [line for line in postgres.sql().splitlines() if line.startswith(("BEGIN", "COMMIT", "-- ", "CREATE"))]
    assert marks == [
        "BEGIN;",
        "CREATE TABLE alembic_version (",
        "-- Running upgrade  -> r1",
        "COMMIT;",
        "BEGIN;",
        "-- Running upgrade r1 -> r2",
        "COMMIT;",
    ]


def test_a_buffer_of_the_config(lite: Project) -> None:
    lite.line("a1")
    buffer = io.StringIO()
    config = lite.config.__class__(lite.ini, output_buffer=buffer)
    command.upgrade(config, "head", sql=True)
    assert table("t_a1") not in buffer.getvalue()
    assert "CREATE TABLE t_a1" in buffer.getvalue()


def test_nothing_of_a_run_outlives_it(project: Project) -> None:
    """A process may do thousands of them."""
    project.line("a1", "a2")
    project.upgrade("a1")
    made: list[weakref.ref[sa.Connection]] = []

    def note(connection: sa.Connection) -> None:
        made.append(weakref.ref(connection))

    sa.event.listen(sa.Engine, "engine_connect", note)
    try:
        for _ in range(2):
            project.upgrade("a2")
            project.downgrade("a1")
    finally:
        sa.event.remove(sa.Engine, "engine_connect", note)
    gc.collect()
    before = made[: len(made) // 2]  # an asyncio driver may keep the last one
    assert before
    assert [connection() for connection in before] == [None] * len(before)
