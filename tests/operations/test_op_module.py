"""The module ``op``: forwards to the running migration, and says where a call is wrong."""

import inspect
import io
import re
import subprocess
import sys
import threading

import pytest
import sqlalchemy as sa

from limbeck import op
from limbeck.errors import CommandError
from limbeck.op import add_column
from limbeck.operations import BatchOperations, MigrateOperation, Operations
from limbeck.operations.operation import OPERATIONS, TakesOptions, implementations
from limbeck.runtime.migration import MigrationContext

DOCUMENTED = {
    "add_column",
    "alter_column",
    "batch_alter_table",
    "bulk_insert",
    "context",
    "create_check_constraint",
    "create_exclude_constraint",
    "create_foreign_key",
    "create_index",
    "create_primary_key",
    "create_table",
    "create_table_comment",
    "create_unique_constraint",
    "drop_column",
    "drop_constraint",
    "drop_index",
    "drop_table",
    "drop_table_comment",
    "execute",
    "f",
    "get_bind",
    "get_context",
    "implementation_for",
    "inline_literal",
    "invoke",
    "register_operation",
    "rename_table",
    "run_async",
}
LACKING_IN_BATCH = {"create_table", "drop_table", "rename_table", "bulk_insert", "batch_alter_table"}


def script(dialect: str = "postgresql", **opts):
    """A context that writes SQL, and the buffer it writes to."""
    buffer = io.StringIO()
    return MigrationContext.configure(
        dialect_name=dialect, opts={"as_sql": True, "output_buffer": buffer, **opts}
    ), buffer


def test_the_documented_names_are_there():
    assert DOCUMENTED - set(dir(op)) == set()
    assert DOCUMENTED - set(op.__all__) == set()
    assert op.Operations is Operations
    assert DOCUMENTED - set(dir(BatchOperations)) == LACKING_IN_BATCH
    with pytest.raises(AttributeError, match="no attribute 'add_colunm'"):
        _ = op.add_colunm


def test_star_import():
    namespace: dict[str, object] = {}
    exec("from limbeck.op import *", namespace)  # noqa: S102 there is no other way to spell it in a function
    assert DOCUMENTED - namespace.keys() == set()


def test_a_function_taken_before_the_run_works_in_it():
    context, buffer = script()
    with Operations.context(context):
        add_column("t", sa.Column("c", sa.Integer()))
    assert buffer.getvalue().strip() == "ALTER TABLE t ADD COLUMN c INTEGER;"


def test_importing_op_imports_no_sqlalchemy():
    seen = subprocess.run(
        [sys.executable, "-c", "import limbeck.op, sys; print('sqlalchemy' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert seen.stdout.strip() == "False"


def test_signatures_and_docstrings_are_those_of_the_methods():
    for name in DOCUMENTED:
        function = getattr(op, name)
        assert inspect.getdoc(function), name
        assert "self" not in inspect.signature(function).parameters, name
    assert list(inspect.signature(op.drop_table).parameters) == ["table_name", "schema", "if_exists", "kw"]


def test_outside_a_migration_the_error_names_the_call_and_its_line():
    with pytest.raises(NameError) as caught:
        op.add_column("t", sa.Column("c", sa.Integer()))
    line = inspect.currentframe().f_lineno - 1
    assert str(caught.value) == (
        "Can't invoke function 'add_column', as the proxy object has not yet been established for the Alembic "
        f"'Operations' class.  Try placing this code inside a callable. ({__file__}:{line})"
    )


def test_contexts_nest():
    outer, first = script()
    inner, second = script()
    with Operations.context(outer):
        with Operations.context(inner) as operations:
            assert op.get_context() is inner
            assert operations.get_context() is inner
            op.execute("inner")
        op.execute("outer")
    assert (first.getvalue(), second.getvalue()) == ("outer;\n\n", "inner;\n\n")


def test_each_thread_has_its_own():
    """Two runs at once each write to their own script."""
    barrier = threading.Barrier(2)
    written = {}

    def run(name):
        context, buffer = script()
        with Operations.context(context):
            barrier.wait()
            op.execute(name)
            barrier.wait()
        written[name] = buffer.getvalue()

    threads = [threading.Thread(target=run, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert written == {"one": "one;\n\n", "two": "two;\n\n"}


COLUMN = sa.Column("c", sa.Integer())

# call, what the error says
BAD = [
    (lambda: op.add_column("t", "c"), "op.add_column(): argument 'column' is a sqlalchemy.Column, not str ('c')"),
    (lambda: op.add_column(None, COLUMN), "op.add_column(): argument 'table_name' is a name, not None"),
    (lambda: op.add_column("", COLUMN), "op.add_column(): argument 'table_name' is empty"),
    (lambda: op.add_column("t", sa.Column(sa.Integer())), "op.add_column(): the column has no name"),
    (lambda: op.add_column("t", COLUMN, "s"), "op.add_column(): too many positional arguments"),
    (lambda: op.add_column("t", COLUMN, shema="s"), "op.add_column(): got an unexpected keyword argument 'shema'"),
    (lambda: op.add_column("t"), "op.add_column(): missing a required argument: 'column'"),
    (
        lambda: op.drop_column("t", COLUMN),
        "op.drop_column(): argument 'column_name' is a name, not Column (Column('c', Integer(), table=None))",
    ),
    (lambda: op.alter_column("t", 5), "op.alter_column(): argument 'column_name' is a name, not int (5)"),
    (
        lambda: op.create_table("t", "c"),
        "op.create_table(): argument 'columns' is columns and constraints, not str ('c')",
    ),
    (
        lambda: op.create_index("ix", "t", "abc"),
        "op.create_index(): argument 'columns' is a list of columns, not a string",
    ),
    (lambda: op.create_index("ix", "t", 5), "op.create_index(): argument 'columns' is a list of columns, not int (5)"),
    (
        lambda: op.create_unique_constraint("uq", "t", "abc"),
        "op.create_unique_constraint(): argument 'columns' is a list of columns, not a string",
    ),
    (
        lambda: op.create_primary_key("pk", None, ["a"]),
        "op.create_primary_key(): argument 'table_name' is a name, not None",
    ),
    (
        lambda: op.create_foreign_key("fk", "t", "r", ["a"], ["b", "c"]),
        "op.create_foreign_key(): local_cols has 1 columns, remote_cols 2",
    ),
    (
        lambda: op.create_foreign_key("fk", "t", "r", "a", ["b"]),
        "op.create_foreign_key(): argument 'local_cols' is a list of columns, not a string",
    ),
    (
        lambda: op.create_check_constraint("ck", "t", True),
        "op.create_check_constraint(): argument 'condition' is a SQL expression, not True",
    ),
    (
        lambda: op.create_exclude_constraint("ex", "t", "period"),
        "op.create_exclude_constraint(): each element is a pair of column and operator, not 'period'",
    ),
    (
        lambda: op.drop_constraint("n", "t", type_="chek"),
        "op.drop_constraint(): 'type' can be one of 'check', 'foreignkey', 'primary', 'unique', None",
    ),
    (lambda: op.drop_constraint(None, "t"), "op.drop_constraint(): the constraint's name is None"),
    (lambda: op.drop_constraint(None, "t", type_="unique"), "op.drop_constraint(): the constraint's name is None"),
    (lambda: op.bulk_insert(sa.table("t"), {"a": 1}), "op.bulk_insert(): List expected as 'rows', not dict"),
    (
        lambda: op.bulk_insert(sa.table("t"), ["a"]),
        "op.bulk_insert(): List of dictionaries expected as 'rows', not of str",
    ),
    (
        lambda: op.bulk_insert("t", []),
        "op.bulk_insert(): argument 'table' is a table, from create_table() or sqlalchemy.table(), not str ('t')",
    ),
    (lambda: op.execute(None), "op.execute(): argument 'sqltext' is a string or a SQLAlchemy statement, not None"),
    (
        lambda: op.invoke("add_column"),
        "op.invoke(): argument 'operation' is an operation object, not str ('add_column')",
    ),
    (lambda: op.rename_table("a", None), "op.rename_table(): argument 'new_table_name' is a name, not None"),
    (lambda: op.create_enum("e", "abc"), "op.create_enum(): the values are a list of strings, not 'abc'"),
    (
        lambda: op.create_domain("d", sa.Integer(), checks="VALUE > 0"),
        "op.create_domain(): 'checks' are conditions by the names of checks, not 'VALUE > 0'",
    ),
    (lambda: op.create_enum("e", ["a", "a"]), "op.create_enum(): a value is given twice"),
    (
        lambda: op.add_enum_value("e", "v", before="a", after="b"),
        "op.add_enum_value(): 'before' and 'after' exclude each other",
    ),
    (
        lambda: op.replace_enum_values("e", ["a"], mapping={"x": "y"}),
        "op.replace_enum_values(): 'mapping' leads to 'y', which is no new value",
    ),
]


@pytest.mark.parametrize(("call", "text"), BAD, ids=[text for _, text in BAD])
def test_bad_calls_are_refused_with_their_line_and_write_nothing(call, text):
    context, buffer = script()
    with Operations.context(context), pytest.raises(CommandError) as caught:
        call()
    assert str(caught.value) == text
    assert isinstance(caught.value, (TypeError, ValueError))
    assert caught.value.file == __file__
    assert caught.value.line == call.__code__.co_firstlineno
    assert f"({__file__}:{caught.value.line})" in caught.value.report()
    assert buffer.getvalue() == ""


def test_a_dialect_argument_that_sqlalchemy_refuses_is_its_error():
    context, _ = script()
    with Operations.context(context), pytest.raises(TypeError, match="<dialectname>_<argument>, got 'frob'"):
        op.create_index("ix", "t", ["a"], frob=1)


MISTYPED = [
    (lambda: op.drop_table("t", if_exist=True), "op.drop_table", "if_exist", "if_exists"),
    (lambda: op.drop_column("t", "c", cascad=True), "op.drop_column", "cascad", None),
    (lambda: op.drop_column("t", "c", mssq_drop_check=True), "op.drop_column", "mssq_drop_check", None),
    (lambda: op.drop_index("ix", "t", if_exist=True), "op.drop_index", "if_exist", "if_exists"),
    (lambda: op.drop_index("ix", "t", postgres_concurrently=True), "op.drop_index", "postgres_concurrently", None),
    (lambda: op.create_index("ix", "t", ["c"], uniqe=True), "op.create_index", "uniqe", "unique"),
    (
        lambda: op.create_table("z", sa.Column("q"), if_not_exist=True),
        "op.create_table",
        "if_not_exist",
        "if_not_exists",
    ),
    (lambda: op.create_table("z", sa.Column("q"), coment="x"), "op.create_table", "coment", "comment"),
    (
        lambda: op.create_primary_key("p", "t", ["c"], deferable=True),
        "op.create_primary_key",
        "deferable",
        "deferrable",
    ),
    (
        lambda: op.create_unique_constraint("u", "t", ["c"], initialy="x"),
        "op.create_unique_constraint",
        "initialy",
        "initially",
    ),
    (lambda: op.create_check_constraint("k", "t", "c > 0", inf={}), "op.create_check_constraint", "inf", "info"),
    (
        lambda: op.create_foreign_key("f", "t", "t", ["c"], ["c"], on_delete="x"),
        "op.create_foreign_key",
        "on_delete",
        "ondelete",
    ),
    (
        lambda: op.create_exclude_constraint("e", "t", ("c", "="), whre="x"),
        "op.create_exclude_constraint",
        "whre",
        None,
    ),
    (
        lambda: op.create_foreign_key("f", "t", "t", ["c"], ["c"], source_schemaa="x"),
        "op.create_foreign_key",
        "source_schemaa",
        "source_schema",
    ),
    (lambda: op.create_sequence("s", incremnt=2), "op.create_sequence", "incremnt", "increment"),
    (lambda: op.drop_column("t", "c", existing_foo=1), "op.drop_column", "existing_foo", None),
    (lambda: op.alter_column("t", "c", nulable=True), "op.alter_column", "nulable", "nullable"),
    (
        lambda: op.alter_column("t", "c", existing_tpye=sa.Integer()),
        "op.alter_column",
        "existing_tpye",
        "existing_type",
    ),
    (lambda: op.alter_column("t", "c", usingg="x"), "op.alter_column", "usingg", "using"),
]
"""Calls with a keyword that nothing knows: the call, the keyword, the nearest name."""


@pytest.mark.parametrize(
    ("call", "name", "word", "near"), MISTYPED, ids=[f"{name} {word}" for _, name, word, _ in MISTYPED]
)
def test_an_unknown_keyword_is_refused_before_anything_is_sent(call, name, word, near):
    context, buffer = script(edition=2026)
    with Operations.context(context), pytest.raises(CommandError) as caught:
        call()
    assert str(caught.value) == f"{name}(): unknown keyword argument '{word}'"
    assert (caught.value.code, caught.value.file) == ("unknown-keyword", __file__)
    assert (f"did you mean '{near}'?" in caught.value.hint) == (near is not None)
    assert buffer.getvalue() == ""


@pytest.mark.parametrize("keyword", ["tabel", "if_exist"])
def test_a_primary_key_takes_no_unknown_keyword_without_an_edition_either(keyword):
    context, buffer = script()
    with Operations.context(context), pytest.raises(TypeError, match=f"unknown keyword argument '{keyword}'"):
        op.create_primary_key("pk_t", "t", ["id"], **{keyword: True})
    assert buffer.getvalue() == ""


def test_an_unknown_keyword_in_a_batch_is_refused():
    context, buffer = script("sqlite", edition=2026)
    table = sa.Table("t", sa.MetaData(), sa.Column("c", sa.Integer))
    with (
        Operations.context(context),
        pytest.raises(CommandError, match="unknown keyword argument 'cascad'"),
        op.batch_alter_table("t", copy_from=table) as batch_op,
    ):
        batch_op.drop_column("c", cascad=True)
    assert buffer.getvalue() == ""


def test_keywords_of_dialects_and_of_sqlalchemy_are_known():
    context, buffer = script(edition=2026)
    with Operations.context(context):
        op.create_table(
            "z", sa.Column("q", sa.Integer), comment="c", info={}, prefixes=["UNLOGGED"], mysql_engine="InnoDB"
        )
        op.create_index("ix", "z", ["q"], quote=True, postgresql_where=sa.text("q > 0"), mssql_clustered=True)
        op.create_unique_constraint("u", "z", ["q"], deferrable=True, initially="DEFERRED")
        op.create_foreign_key("f", "z", "z", ["q"], ["q"], match="FULL", deferrable=True, use_alter=True)
        op.drop_column("z", "q", mssql_drop_check=True)
        op.drop_index("ix", "z", postgresql_concurrently=False)
        op.create_sequence("s", start=1, data_type=sa.BigInteger())
        op.alter_sequence("s", increment=2)
        op.alter_column("z", "p", nullable=True, existing_mysql_charset="x")
        op.drop_column("z", "p", existing_type=sa.Integer())
        op.drop_table("z", info={})
    assert buffer.getvalue().count(";") == 12


def test_every_operation_that_takes_options_has_the_names_of_its_keywords():
    """An operation that says neither would have every keyword refused that is no option of a dialect."""
    takes_options = {name: each for name, each in OPERATIONS.items() if issubclass(each, TakesOptions)}
    assert [name for name, each in takes_options.items() if each.makes is None and not each.more_keywords] == []


def test_unknown_arguments_of_alter_column():
    """The reference ignores them; a warning, and with an edition an error."""
    context, buffer = script()
    with Operations.context(context), pytest.warns(UserWarning, match="unknown keyword argument 'nulable'"):
        op.alter_column("t", "c", nulable=True, nullable=True)
    assert "DROP NOT NULL" in buffer.getvalue()
    context, _ = script(edition=2026)
    with Operations.context(context):
        with pytest.raises(CommandError, match="unknown keyword argument 'nulable'") as caught:
            op.alter_column("t", "c", nulable=True)
        op.alter_column("t", "c", type_=sa.Integer(), postgresql_using="c::int", existing_nullable=False)
    assert caught.value.code == "unknown-keyword"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda batch_op: batch_op.add_column("c"), "batch_op.add_column(): argument 'column' is a sqlalchemy.Column"),
        (lambda batch_op: batch_op.create_index("i", "c"), "batch_op.create_index(): argument 'columns' is a list"),
        (lambda batch_op: batch_op.alter_column("c", nulable=True), "batch_op.alter_column(): unknown keyword"),
        (lambda _: op.add_column("t", "c"), "op.add_column(): argument 'column' is a sqlalchemy.Column"),
    ],
)
def test_a_bad_call_in_a_batch_is_named_as_it_is_written(call, message):
    context, _ = script(edition=2026)
    with (
        Operations.context(context),
        pytest.raises(CommandError, match=f"^{re.escape(message)}") as caught,
        op.batch_alter_table("t") as batch_op,
    ):
        call(batch_op)
    assert caught.value.file == __file__


# --- registered operations ------------------------------------------------------------------------------------------


@pytest.fixture
def registries(monkeypatch):
    """Undo what a test registers."""
    monkeypatch.setattr(implementations, "_functions", dict(vars(implementations)["_functions"]))
    names = {cls: set(vars(cls)) for cls in (Operations, BatchOperations)}
    module = set(vars(op))
    yield
    for cls, known in names.items():
        for name in set(vars(cls)) - known:
            delattr(cls, name)
    for name in set(vars(op)) - module:
        if not hasattr(Operations, name):
            delattr(op, name)


class ReversibleOp(MigrateOperation):
    """The replaceable-object recipe, as people have it in their env.py."""

    def __init__(self, target):
        self.target = target

    @classmethod
    def invoke_for_target(cls, operations, target):
        """Create or drop ``target``."""
        return operations.invoke(cls(target))

    def reverse(self):
        raise NotImplementedError

    @classmethod
    def _get_object_from_version(cls, operations, ident):
        version, objname = ident.split(".")
        module = operations.get_context().script.get_revision(version).module
        return getattr(module, objname)

    @classmethod
    def replace(cls, operations, target, replaces=None, replace_with=None):
        if replaces:
            old_obj = cls._get_object_from_version(operations, replaces)
            drop_old = cls(old_obj).reverse()
            create_new = cls(target)
        elif replace_with:
            old_obj = cls._get_object_from_version(operations, replace_with)
            drop_old = cls(target).reverse()
            create_new = cls(old_obj)
        else:
            raise TypeError("replaces or replace_with is required")
        operations.invoke(drop_old)
        operations.invoke(create_new)


class View:
    def __init__(self, name, sqltext):
        self.name = name
        self.sqltext = sqltext


def test_replaceable_objects(registries, sqlite_url):
    @Operations.register_operation("create_view", "invoke_for_target")
    @Operations.register_operation("replace_view", "replace")
    class CreateViewOp(ReversibleOp):
        def reverse(self):
            return DropViewOp(self.target)

    @Operations.register_operation("drop_view", "invoke_for_target")
    class DropViewOp(ReversibleOp):
        def reverse(self):
            return CreateViewOp(self.target)

    @Operations.implementation_for(CreateViewOp)
    def create_view(operations, operation):
        operations.execute(f"CREATE VIEW {operation.target.name} AS {operation.target.sqltext}")

    @Operations.implementation_for(DropViewOp)
    def drop_view(operations, operation):
        operations.execute(f"DROP VIEW {operation.target.name}")

    old, new = View("v", "SELECT 1 AS one"), View("v", "SELECT 2 AS two")

    class Revision:
        module = type("module", (), {"v": old})

    class Scripts:
        def get_revision(self, version):
            assert version == "28af9800143f"
            return Revision

    with sa.create_engine(sqlite_url).connect() as connection:
        context = MigrationContext.configure(connection)
        context.script = Scripts()
        with Operations.context(context):
            op.create_view(old)
            assert connection.exec_driver_sql("SELECT one FROM v").scalar() == 1
            op.replace_view(new, replaces="28af9800143f.v")
            assert connection.exec_driver_sql("SELECT two FROM v").scalar() == 2
            op.replace_view(new, replace_with="28af9800143f.v")
            assert connection.exec_driver_sql("SELECT one FROM v").scalar() == 1
            with op.batch_alter_table("t") as batch_op:
                assert batch_op.create_view.__doc__ == "Create or drop ``target``."
            op.drop_view(old)
            assert sa.inspect(connection).get_view_names() == []


def test_a_registered_operation_is_there_at_once_with_its_signature(registries):
    @Operations.register_operation("greet")
    class GreetOp(MigrateOperation):
        def __init__(self, name, loudly):
            self.words = f"hello {name}{'!' if loudly else ''}"

        @classmethod
        def greet(cls, operations, name, *, loudly=False):
            """Say hello."""
            return operations.invoke(cls(name, loudly))

    @Operations.implementation_for(GreetOp)
    def greet(operations, operation):
        return operation.words

    @BatchOperations.register_operation("greet_in_batch", "greet")
    class GreetInBatchOp(GreetOp):
        pass

    assert str(inspect.signature(op.greet)) == "(name, *, loudly=False)"
    assert op.greet.__doc__ == "Say hello."
    assert not hasattr(Operations, "greet_in_batch")
    context, _ = script()
    with Operations.context(context):
        assert op.greet("you", loudly=True) == "hello you!"
        with op.batch_alter_table("t") as batch_op:
            assert batch_op.greet("you") == "hello you"
            assert batch_op.greet_in_batch("batch") == "hello batch"


def test_a_registration_on_operations_leaves_batch_methods_of_the_same_name_alone(registries):
    own = BatchOperations.add_column
    original = Operations.__dict__.get("add_column")

    @Operations.register_operation("add_column", "add")
    class MyAddOp(MigrateOperation):
        @classmethod
        def add(cls, operations, name):
            return operations.invoke(cls())

    assert original is None
    assert BatchOperations.add_column is own
    assert Operations.add_column is not own


def test_implementations_are_replaced_only_when_asked(registries):
    from limbeck.operations import ops, toimpl

    with pytest.raises(ValueError, match="key already exists"):
        Operations.implementation_for(ops.CreateTableOp)(lambda operations, operation: None)
    seen = []

    @Operations.implementation_for(ops.CreateTableOp, replace=True)
    def create_table(operations, operation):
        seen.append(operation.table_name)
        return toimpl.create_table(operations, operation)

    context, buffer = script()
    with Operations.context(context):
        table = op.create_table("t", sa.Column("id", sa.Integer()))
    assert (seen, table.name) == (["t"], "t")
    assert "CREATE TABLE t" in buffer.getvalue()


def test_dispatch_by_nearest_class_then_dialect(registries):
    class Base(MigrateOperation):
        pass

    class Derived(Base):
        pass

    implementations.dispatch_for(Base)(lambda operations, operation: "any dialect")
    implementations.dispatch_for(Base, qualifier="oracle")(lambda operations, operation: "oracle")
    for dialect, answer in (("postgresql", "any dialect"), ("oracle", "oracle")):
        context, _ = script(dialect)
        assert Operations(context).invoke(Derived()) == answer
    context, _ = script()

    class Unknown(MigrateOperation):
        pass

    with pytest.raises(ValueError, match="no dispatch function for object: Unknown"):
        Operations(context).invoke(Unknown())


def test_standing_alone():
    """``Operations(context)`` needs no ``op``."""
    context, buffer = script("mysql")
    operations = Operations(context)
    operations.rename_table("a", "b")
    assert buffer.getvalue().strip() == "ALTER TABLE a RENAME TO b;"
    assert operations.get_context() is context
    assert operations.migration_context is context
    assert operations.impl is context.impl
    assert isinstance(operations.f("name"), sa.sql.elements.conv)


def test_inline_literals_stand_in_the_statement():
    context, buffer = script()
    t = sa.table("t", sa.column("a"))
    operations = Operations(context)
    operations.execute(
        t.update().where(t.c.a == operations.inline_literal("it's")).values(a=operations.inline_literal(3))
    )
    operations.execute(t.update().values(a=operations.inline_literal(None, sa.Integer())))
    assert buffer.getvalue() == "UPDATE t SET a=3 WHERE t.a = 'it''s';\n\nUPDATE t SET a=NULL;\n\n"


# --- asynchronous functions -----------------------------------------------------------------------------------------


def test_run_async_shares_the_transaction(tmp_path):
    import asyncio

    from sqlalchemy.ext.asyncio import create_async_engine

    async def insert(connection, value, *, twice):
        for _ in range(2 if twice else 1):
            await connection.execute(sa.text("INSERT INTO t VALUES (:value)"), {"value": value})
        return "done"

    def migrate(connection):
        with Operations.context(MigrationContext.configure(connection)):
            op.execute("CREATE TABLE t (a INTEGER)")
            assert op.run_async(insert, 5, twice=True) == "done"
        return connection.exec_driver_sql("SELECT count(*) FROM t WHERE a = 5").scalar()

    async def main():
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'a.db'}")
        async with engine.begin() as connection:
            found = await connection.run_sync(migrate)
        await engine.dispose()
        return found

    assert asyncio.run(main()) == 2


def test_run_async_without_an_async_engine(sqlite_url):
    context, _ = script()
    with pytest.raises(NotImplementedError, match="Cannot call run_async in SQL mode"):
        Operations(context).run_async(None)
    with sa.create_engine(sqlite_url).connect() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with pytest.raises(ValueError, match="Cannot call run_async with a sync engine"):
            operations.run_async(None)
