"""Base classes and fixtures of tests, and `op_fixture`, which writes down what operations send."""

from __future__ import annotations

import configparser
import io
import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

import sqlalchemy as sa
from sqlalchemy import Column, MetaData, Table, create_mock_engine
from sqlalchemy.testing.assertions import eq_
from sqlalchemy.testing.fixtures import TablesTest as SQLAlchemyTablesTest
from sqlalchemy.testing.fixtures import TestBase as SQLAlchemyTestBase
from sqlalchemy.testing.util import drop_all_tables_from_metadata

from limbeck import _current
from limbeck.environment import EnvironmentContext
from limbeck.operations import Operations
from limbeck.operations.operation import implementations
from limbeck.runtime.migration import MigrationContext

from .assertions import _get_dialect
from .env import _get_staging_directory as _get_staging_directory
from .env import clear_staging_env
from .run import config

if TYPE_CHECKING:
    from collections.abc import Iterator

testing_config = configparser.ConfigParser()
testing_config.read(["test.cfg"])


class TestBase(SQLAlchemyTestBase):
    """A test with fixtures for connections, contexts and operations on the database of the run."""

    is_sqlalchemy_future = True

    @config.fixture()
    def clear_staging_dir(self) -> Iterator[None]:
        """Remove the folder of `env.staging_env` afterwards."""
        yield
        clear_staging_env()

    @contextmanager
    def pushd(self, dirname: str) -> Iterator[None]:
        """Work in another folder for the length of a block."""
        before = os.getcwd()
        try:
            os.chdir(dirname)
            yield
        finally:
            os.chdir(before)

    @config.fixture()
    def pop_alembic_config_env(self) -> Iterator[None]:
        """Restore ``ALEMBIC_CONFIG`` and ``LIMBECK_CONFIG`` afterwards."""
        with mock.patch.dict(os.environ):
            yield

    @config.fixture()
    def connection(self) -> Iterator[Any]:
        """A connection to the database of the run, with no transaction open; it is what autogenerate compares."""
        with config.db.connect() as conn:
            _connection.append(conn)
            try:
                yield conn
            finally:
                _connection.pop()

    @config.fixture()
    def migration_context(self, connection: Any) -> MigrationContext:
        """A context on `connection`."""
        return MigrationContext.configure(connection, opts={"transaction_per_migration": True})

    @config.fixture()
    def as_sql_migration_context(self, connection: Any) -> MigrationContext:
        """A context that writes SQL for the dialect of `connection`."""
        return MigrationContext.configure(connection, opts={"transaction_per_migration": True, "as_sql": True})

    @config.fixture()
    def ops_context(self, migration_context: MigrationContext) -> Iterator[Operations]:
        """Operations on `migration_context`, in a transaction of their own."""
        with migration_context.begin_transaction(_per_migration=True):
            yield Operations(migration_context)

    @config.fixture()
    def restore_operations(self) -> Iterator[Any]:
        """Put back afterwards what carries operations out; a function that does nothing, to be called or not."""
        before = implementations.branch()
        yield lambda *_arguments: None
        implementations._functions = before._functions

    @config.fixture()
    def metadata(self, request: Any) -> Iterator[MetaData]:
        """A MetaData whose tables are dropped afterwards."""
        metadata = MetaData()
        yield metadata
        drop_all_tables_from_metadata(metadata, config.db)


_connection: list[Any] = []
"""The connections of tests that are running, the innermost last."""


class TablesTest(TestBase, SQLAlchemyTablesTest):
    """A test with tables of its own, as SQLAlchemy's class of that name."""


def capture_db(dialect: str = "postgresql://") -> tuple[Any, list[str]]:
    """An engine that executes nothing, and the list into which it writes each statement."""
    buffer: list[str] = []

    def write(sql: Any, *_multiparams: Any, **_params: Any) -> None:
        buffer.append(str(sql.compile(dialect=engine.dialect)))

    engine = create_mock_engine(dialect, write)
    return engine, buffer


@contextmanager
def capture_context_buffer(**kw: Any) -> Iterator[Any]:
    """What every ``context.configure()`` of the block writes as SQL; ``kw`` are options for all of them."""
    buffer: Any = io.BytesIO() if kw.pop("bytes_io", False) else io.StringIO()
    configure = EnvironmentContext.configure
    dialect_opts = {"dialect_opts": {"paramstyle": "pyformat"}}

    def with_buffer(self: Any, *args: Any, **options: Any) -> Any:
        return configure(self, *args, **{**dialect_opts, **options, **kw, "output_buffer": buffer})

    with mock.patch.object(EnvironmentContext, "configure", with_buffer):
        yield buffer


@contextmanager
def capture_engine_context_buffer(**kw: Any) -> Iterator[io.StringIO]:
    """What is executed on the SQLite file of the environment meanwhile, a line a statement."""
    from sqlalchemy import event

    from .env import _sqlite_file_db

    buffer = io.StringIO()
    engine = _sqlite_file_db()

    def bracketed(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        buffer.write(statement + "\n")

    event.listen(engine, "before_cursor_execute", bracketed)
    configure = MigrationContext.configure
    with engine.connect() as conn:

        def on_this(**options: Any) -> Any:
            return configure(**{**options, "connection": conn})

        with mock.patch.object(MigrationContext, "configure", on_this):
            yield buffer


class RecordingContext(MigrationContext):
    """A context that executes nothing and writes down each statement.

    :param dialect: the dialect. :param opts: as of `MigrationContext`; with ``as_sql`` what the script has is kept.
    """

    def __init__(self, dialect: Any, opts: dict[str, Any]) -> None:
        self.assertion: list[str] = []
        self._script = io.StringIO()
        connection = mock.Mock(dialect=dialect, execute=self._write_down)
        super().__init__(dialect, connection, {**opts, "output_buffer": self._script} if opts.get("as_sql") else opts)

    def _write_down(self, construct: Any, *_parameters: Any, **_options: Any) -> Any:
        self.assertion.append(_one_line(str(construct.compile(dialect=self.dialect))))
        return mock.Mock()

    def _said(self) -> list[str]:
        """The statements so far, each on one line."""
        if not self.as_sql:
            return self.assertion
        terminator = self.impl.command_terminator
        parts = (_one_line(part) for part in self._script.getvalue().split("\n\n"))
        return [part.removesuffix(terminator) if terminator else part for part in parts if part]

    def get_buf(self) -> io.StringIO:
        """What was written as a script."""
        return self._script

    def clear_assertions(self) -> None:
        """Forget the statements so far."""
        self.assertion[:] = []
        self._script.seek(0)
        self._script.truncate()

    def assert_(self, *sql: str) -> None:
        """Assert that exactly these statements were sent, each on one line."""
        eq_(self._said(), list(sql))

    def assert_contains(self, sql: str) -> None:
        """Assert that a statement was sent that has ``sql`` in it."""
        said = self._said()
        if not any(sql in statement for statement in said):
            raise AssertionError(f"Could not locate fragment {sql!r} in {said!r}")


def _one_line(statement: str) -> str:
    return re.sub(r"\n(    )?|\t", "", statement.strip())


def op_fixture(
    dialect: str = "default",
    as_sql: bool = False,
    naming_convention: Any = None,
    literal_binds: bool = False,
    native_boolean: bool | None = None,
) -> RecordingContext:
    """Make ``op.`` send to no database, and return the context that knows what it sent.

    :param dialect: name of a dialect. :param as_sql: as under ``--sql``.
    :param naming_convention: of the MetaData that operations build on. :param literal_binds: as in ``configure()``.
    :param native_boolean: whether the dialect has a BOOLEAN of its own.
    """
    opts: dict[str, Any] = {}
    if naming_convention:
        opts["target_metadata"] = MetaData(naming_convention=naming_convention)
    if as_sql:
        opts["as_sql"] = True
    if literal_binds:
        opts["literal_binds"] = True
    found = _get_dialect(dialect)
    if native_boolean is not None:
        found.supports_native_boolean = native_boolean
        found.non_native_boolean_check_constraint = not native_boolean
    context = RecordingContext(found, opts)
    _make_current(Operations(context))
    return context


def _make_current(operations: Operations) -> None:
    """Have ``op.`` mean these operations until the next call."""
    while _installed:
        _current.operations.remove(*_installed.pop())
    _installed.append((operations, _current.operations.install(operations)))


_installed: list[Any] = []


class AlterColRoundTripFixture:
    """A column altered by ``op.alter_column`` and read back: `_run_alter_col` does it."""

    __requires__ = ("alter_column",)

    def setUp(self) -> None:
        self.conn = config.db.connect()
        self.ctx = MigrationContext.configure(self.conn)
        self.op = Operations(self.ctx)
        self.metadata = MetaData()

    def tearDown(self) -> None:
        if self.conn.in_transaction():
            self.conn.rollback()
        with self.conn.begin():
            self.metadata.drop_all(self.conn)
        self.conn.close()

    def _compare_type(self, t1: Any, t2: Any) -> bool:
        """Whether the database would say that a column of type ``t1`` is one of ``t2``."""
        return not self.ctx.impl.compare_type(Column("q", t1), Column("q", t2))

    def _compare_server_default(self, t1: Any, s1: Any, t2: Any, s2: Any) -> bool:
        """Whether the two defaults, of columns of these types, are the same."""
        database, model = (getattr(default, "text", default) for default in (s1, s2))
        columns = Column("q", t1, server_default=s1), Column("q", t2, server_default=s2)
        return not self.ctx.impl.compare_server_default(*columns, model, database)

    def _run_alter_col(self, from_: dict[str, Any], to_: dict[str, Any], compare: dict[str, Any] | None = None) -> None:
        """Create a column, alter it, and assert that the database has it so.

        :param from_: the column at first: ``name``, ``type``, ``nullable``, ``server_default``, ``autoincrement``.
        :param to_: what is altered, by the same words. :param compare: what is expected; default: ``to_``.
        """
        before: dict[str, Any] = {"name": "mycol", "type": sa.String(30), "nullable": True, **from_}
        settings = {name: value for name, value in before.items() if name not in {"name", "type"}}
        column = Column(before["name"], before["type"], **settings)
        table = Table("x", self.metadata, column)
        words = {"type": "type_", "name": "new_column_name"}
        with self.conn.begin():
            table.create(self.conn)
            self.op.alter_column(
                "x",
                before["name"],
                existing_type=before["type"],
                existing_nullable=before["nullable"],
                existing_server_default=before.get("server_default", False),
                **{words.get(name, name): value for name, value in to_.items()},
            )
        found = next(iter(sa.inspect(self.conn).get_columns("x")))
        expected = {**before, **(to_ if compare is None else compare)}
        assert self._compare_type(found["type"], expected["type"])
        eq_(found["nullable"], expected["nullable"])
        assert str(found["name"]).lower() == str(expected["name"]).lower()
        defaults = found.get("default"), expected.get("server_default")
        if any(defaults):
            assert self._compare_server_default(found["type"], defaults[0], expected["type"], defaults[1])
        if to_.get("name"):  # so that tearDown drops what is there
            self.conn.rollback()
