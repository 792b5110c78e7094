"""The one module that knows SQLAlchemy's versions and private corners."""

from __future__ import annotations

import copy
import inspect
import re
import sys
import time
import weakref
from contextlib import nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa
from sqlalchemy import event, exc, inspection, schema
from sqlalchemy.engine import Engine
from sqlalchemy.engine.mock import MockConnection as MockConnection
from sqlalchemy.pool import NullPool
from sqlalchemy.sql import ddl as sql_ddl
from sqlalchemy.sql.elements import TextClause
from sqlalchemy.sql.elements import conv as conv
from sqlalchemy.sql.elements import quoted_name as quoted_name
from sqlalchemy.sql.visitors import cloned_traverse, iterate, replacement_traverse
from sqlalchemy.types import NULLTYPE, Boolean, SchemaType
from sqlalchemy.util import get_cls_kwargs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from sqlalchemy.engine import Connection, Dialect
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.ext.asyncio import AsyncConnection
    from sqlalchemy.sql.base import DialectKWArgs
    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.sql.elements import ClauseElement
    from sqlalchemy.sql.selectable import TableClause
    from sqlalchemy.types import TypeEngine

VERSION: tuple[int, ...] = tuple(int(part) for part in re.findall(r"\d+", sa.__version__)[:3])
SQLA_2_1 = VERSION >= (2, 1)

inspects = inspection._inspects
"""Decorator on the function that `sqlalchemy.inspect` calls for instances of a class."""

_PLAIN = (str, int, float, type(None))

# What `text()` takes for a bind; a colon after a backslash, a colon or a word is none.
_BIND = re.compile(r"(?<![:\w\\]):(\w+)(?![:\w])")


def as_written(sql: str) -> TextClause:
    r"""``sql`` as a statement in which ``:name`` is no bind; ``\:`` stands for a colon as it does in `text()`."""
    return sa.text(_BIND.sub(r"\\:\1", sql))


def for_script(dialect: Dialect) -> Dialect:
    """A copy of ``dialect`` for SQL that no driver will see: ``%`` is not doubled, nor is a backslash on PostgreSQL.

    SQLAlchemy 2.0 takes an unconnected PostgreSQL for one without ``standard_conforming_strings``, the default since
    PostgreSQL 9.1.
    """
    shadow = copy.copy(dialect)
    shadow.__dict__["_type_memos"] = weakref.WeakKeyDictionary()  # processors know their dialect's per cent sign
    if dialect.name == "postgresql":
        shadow.__dict__["_backslash_escapes"] = False
    preparer = copy.copy(dialect.identifier_preparer)
    preparer.dialect = shadow
    preparer._double_percents = False
    shadow.identifier_preparer = preparer
    shadow.statement_compiler = _guessing_types(cast("Any", dialect.statement_compiler))
    shadow.type_compiler_instance = type(dialect.type_compiler_instance)(shadow)
    # the older name of the same attribute, which some third-party compilers still read
    shadow.__dict__["type_compiler"] = shadow.type_compiler_instance
    return shadow


@cache
def _guessing_types(compiler: Any) -> type[SQLCompiler]:
    """``compiler`` that takes the type of a value for a literal whose column has none (``sa.column("x")``)."""

    def render_literal_value(self: Any, value: Any, type_: Any, **kw: Any) -> str:
        known = sa.literal(value).type if type_._isnull and value is not None else type_
        return str(compiler.render_literal_value(self, value, known, **kw))

    return type(compiler.__name__, (compiler,), {"render_literal_value": render_literal_value})


def compile_message(error: exc.CompileError) -> str:
    """The message of an error without the link that SQLAlchemy adds to it."""
    return error._message()


def affinity(type_: TypeEngine[Any]) -> object:
    """The generic type that ``type_`` is a kind of: `Integer` for a `BIGINT`, `DateTime` for a `TIMESTAMP`."""
    return type_._type_affinity


def compile_script(statement: ClauseElement, dialect: Dialect, *, literals: bool) -> str:
    """The text of ``statement`` for a script.

    :param dialect: a dialect made by `for_script`.
    :param literals: render bound values in place; DDL has none and is compiled plainly.
    """
    kwargs = {"literal_binds": True} if literals and not is_ddl(statement) else {}
    return str(statement.compile(dialect=dialect, compile_kwargs=kwargs))


def is_ddl(statement: object) -> bool:
    """Whether this is a DDL element, which has no bound values."""
    return isinstance(statement, sql_ddl.BaseDDLElement)


def is_free_text(statement: object) -> bool:
    """Whether a person wrote this statement as text, so that its white space is his."""
    return isinstance(statement, (TextClause, sql_ddl.DDL))


def with_parameters(statement: Any, parameters: Mapping[str, Any]) -> Any:
    """``statement`` with its values filled in, as if they had been sent beside it."""
    if isinstance(statement, TextClause):
        return statement.bindparams(**parameters)
    named = {bound.key for bound in iterate(statement) if isinstance(bound, sa.BindParameter)}
    values = {name: value for name, value in parameters.items() if name not in named}
    if isinstance(statement, (sa.Insert, sa.Update)) and values:
        statement = statement.values(values)

    def fill(bound: Any) -> None:
        if bound.key in parameters:
            bound.value, bound.required = parameters[bound.key], False

    return cloned_traverse(statement, {}, {"bindparam": fill})


def without_returning(statement: Any) -> Any:
    """An INSERT that asks for no generated key, unless its author asked for something; others as they are."""
    if isinstance(statement, sa.Insert) and not statement._returning:
        return statement.inline()
    return statement


def add_constraint(constraint: schema.Constraint) -> schema.AddConstraint:
    """``ALTER TABLE ... ADD`` that leaves the constraint object as it is (an argument since SQLAlchemy 2.0.39)."""
    if VERSION >= (2, 0, 39):
        return schema.AddConstraint(constraint, isolate_from_table=False)
    return schema.AddConstraint(constraint)


def drop_constraint(constraint: schema.Constraint, **kw: Any) -> schema.DropConstraint:
    """``ALTER TABLE ... DROP CONSTRAINT`` that leaves the constraint object as it is."""
    if (2, 0, 39) <= VERSION < (2, 1):
        kw["isolate_from_table"] = False
    return schema.DropConstraint(constraint, **kw)


def wanted_by(constraint: schema.Constraint, impl: Any) -> bool:
    """Whether the dialect wants ``constraint`` at all: a type's check has a rule (PostgreSQL wants none of Boolean)."""
    rule = constraint._create_rule
    return rule is None or bool(rule(impl))


def make_unconditional(constraint: schema.Constraint) -> None:
    """Let every dialect want ``constraint``, the copy of one of which that is settled."""
    constraint._create_rule = None


def is_type_bound(constraint: schema.Constraint) -> bool:
    """Whether the constraint comes with a column's type (`Boolean(create_constraint=True)`)."""
    return bool(getattr(constraint, "_type_bound", False))


def column_of_check(item: Any) -> schema.Column[Any] | None:
    """The column in whose own line a check stands; None for what belongs to the table."""
    parent = getattr(item, "parent", None)
    return parent if isinstance(parent, schema.Column) else None


def is_implicit(constraint: schema.Constraint) -> bool:
    """Whether the constraint exists only by a type or a rule, not by the word of a person."""
    return is_type_bound(constraint) or constraint._create_rule is not None


def constraint_name(constraint: schema.Constraint | schema.Index, dialect: Dialect) -> str | None:
    """The name with which ``dialect`` would create it: convention applied, cut to length; None where it has none."""
    if constraint.name is None:
        return None
    return dialect.identifier_preparer.format_constraint(constraint, _alembic_quote=False)


def with_client_defaults(table: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    """``row`` with the defaults that SQLAlchemy would fill in on its way to a database (``Column(default=...)``)."""
    filled = dict(row)
    for column in table.columns:
        default = column.default
        if column.key in filled or default is None or default.is_sequence:
            continue
        if default.is_scalar:
            filled[column.key] = default.arg
        elif default.is_callable:
            filled[column.key] = default.arg(None)
    return filled


def table_of_index(index: schema.Index) -> schema.Table:
    """The table that ``index`` is on."""
    return cast("schema.Table", index.table)


def referenced_table(compiler: Any, constraint: schema.ForeignKeyConstraint) -> str:
    """The table that a foreign key refers to, as the dialect writes it after REFERENCES."""
    return str(
        compiler.define_constraint_remote_table(constraint, constraint.elements[0].column.table, compiler.preparer)
    )


def for_driver(compiler: Any, text: str) -> str:
    """``text``, SQL as a person reads it, for a driver that takes ``%`` for a parameter."""
    return text.replace("%", "%%") if compiler.preparer._double_percents else text


def identity_clause(compiler: Any, identity: schema.Identity) -> str:
    """``GENERATED ... AS IDENTITY (...)`` as the dialect's own compiler writes it."""
    return str(compiler.visit_identity_column(identity))


def sequence_options(dialect: Dialect, sequence: schema.Sequence) -> str:
    """The options of ``sequence`` as ``dialect`` writes them."""
    compiler: Any = dialect.ddl_compiler(dialect, None)  # type: ignore[arg-type]  # as SQLAlchemy itself does
    return str(compiler.get_identity_options(sequence))


def column_specification(dialect: Dialect, column: schema.Column[Any]) -> str:
    """What stands after the name of ``column`` in CREATE TABLE, but for its constraints."""
    compiler: Any = dialect.ddl_compiler(dialect, None)  # type: ignore[arg-type]  # as SQLAlchemy itself does
    text = str(compiler.get_column_specification(column))
    return text[len(compiler.preparer.format_column(column)) :].strip()


def words_of_columns(
    table: schema.Table,
) -> Iterator[tuple[schema.Column[Any], tuple[Any, ...] | None]]:
    """The columns of ``table``, each with what `column_specification` depends on, as a value that others can equal.

    That is None where it is not told: for types of others, and those that are made of lists.
    """
    counting = table._autoincrement_column
    own = tuple(sorted(table.dialect_kwargs)) if has_dialect_options(table) else ()
    for column in table.c:
        if not column.system:
            yield column, _words(column, column is counting, own)


def _words(column: schema.Column[Any], counts: bool, own: tuple[str, ...]) -> tuple[Any, ...] | None:
    default: Any = column.server_default
    if isinstance(default, schema.DefaultClause):
        default = default.arg
        if isinstance(default, TextClause):
            default = None if default._bindparams else (TextClause, default.text)
        elif not isinstance(default, str):
            default = None
        if default is None:
            return None
    elif default is not None:
        return None
    type_ = _words_of_type(column.type)
    if type_ is None or has_dialect_options(column):
        return None
    return *type_, default, column.nullable, counts, column.primary_key, column.comment, own


def _words_of_type(type_: TypeEngine[Any]) -> tuple[Any, ...] | None:
    """Class and arguments of a type of SQLAlchemy's own whose arguments are numbers and words."""
    class_: Any = type(type_)
    names = _names_of_arguments(class_)
    if names is None or type_._variant_mapping:
        return None
    said = type_.__dict__
    values = [said.get(name) for name in names]
    return (class_, *values) if all(isinstance(value, _PLAIN) for value in values) else None


@cache
def _names_of_arguments(class_: type[Any]) -> tuple[str, ...] | None:
    """The keywords of a type that make up its SQL; None where keywords do not tell all: types with values or a name."""
    is_named = issubclass(class_, SchemaType) and not issubclass(class_, Boolean)
    if is_named or not class_.__module__.startswith("sqlalchemy."):
        return None
    if any(each.kind is each.VAR_POSITIONAL for each in inspect.signature(class_).parameters.values()):
        return None
    return tuple(sorted(get_cls_kwargs(class_)))


def has_dialect_options(item: DialectKWArgs) -> bool:
    """Whether ``item`` was given ``<dialect>_*`` options."""
    return "dialect_options" in item.__dict__ and bool(item.dialect_kwargs)


def add_missing_columns(item: schema.Index | schema.Constraint, names: Iterable[Any]) -> None:
    """Give the table of an index or constraint the columns of ``names`` that it lacks, so that they can be written."""
    table = cast("schema.Table", item.table)
    for name in names:
        if isinstance(name, str) and name not in table.c:
            table.append_column(schema.Column(name, NULLTYPE))


def is_autocommit(connection: Connection) -> bool:
    """Whether each statement is a transaction of its own."""
    return bool(connection._is_autocommit_isolation())


def savepoint(connection: Connection) -> AbstractContextManager[Any]:
    """A block whose failing statement leaves the transaction usable; in autocommit mode there is none to save."""
    return nullcontext() if is_autocommit(connection) else connection.begin_nested()


def sqlstate(error: DBAPIError) -> str | None:
    """The five characters that the database gave for ``error``, whatever the driver calls them."""
    for name in ("sqlstate", "pgcode"):
        if found := getattr(error.orig, name, None):
            return str(found)
    return None


def refusal(connection: Connection, statement: str, parameters: Any, error: Exception) -> DBAPIError:
    """What SQLAlchemy raises for ``error`` of the driver, where it had taken ``statement`` for done."""
    dialect, pooled = connection.dialect, connection.connection
    lost = dialect.is_disconnect(error, pooled.dbapi_connection, None)  # type: ignore[arg-type]
    if lost:
        connection.engine.pool._invalidate(pooled, error)  # as SQLAlchemy itself does
        connection.invalidate(error)
    wrapped = exc.DBAPIError.instance(
        statement,
        parameters,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=connection.engine.hide_parameters,
        connection_invalidated=lost,
        dialect=dialect,
        ismulti=False,
    )
    return cast("DBAPIError", wrapped)


def is_watched(connection: Connection) -> bool:
    """Whether each statement is logged, or sent by somebody else than the dialect, or its end or error is heard."""
    heard = connection.dialect.dispatch
    listeners = (heard.do_execute, heard.handle_error, connection.dispatch.after_cursor_execute)
    return connection.engine._should_log_info() or any(map(bool, listeners))


def table(name: str, metadata: schema.MetaData, *items: schema.SchemaItem, **kw: Any) -> schema.Table:
    """A `Table`; it has its ``postgresql_with`` too, which SQLAlchemy 2.0 knows of indexes only, and does not send."""
    storage = None if SQLA_2_1 else kw.pop("postgresql_with", None)
    made = schema.Table(name, metadata, *items, **kw)
    if storage:
        made.dialect_kwargs["postgresql_with"] = storage
    return made


def take_out_column(column: schema.Column[Any]) -> None:
    """Have the table of ``column`` be without it."""
    column.table._columns.remove(column)


def type_and_items(given: Any, dialect: Dialect) -> Iterator[Any]:
    """The type as ``dialect`` has it, decorated or not; for an array, its items' type too, for a domain, its base."""
    type_: Any = given
    while type_ is not None:
        type_ = type_.dialect_impl(dialect)
        while isinstance(type_, sa.types.TypeDecorator):
            type_ = type_.impl_instance
        yield type_
        type_ = getattr(type_, "data_type" if type_.__visit_name__ == "DOMAIN" else "item_type", None)


def find_columns(clause: ClauseElement) -> set[schema.Column[Any]]:
    """The columns that ``clause`` mentions."""
    from sqlalchemy.sql.util import find_columns  # type: ignore[attr-defined]  # made at run time

    return cast("set[schema.Column[Any]]", find_columns(clause))


def dialect_options(item: DialectKWArgs, name: str) -> dict[str, Any]:
    """The ``<name>_*`` options given to ``item``, without the prefix."""
    prefix = f"{name}_"
    return {key[len(prefix) :]: value for key, value in item.dialect_kwargs.items() if key.startswith(prefix)}


def literal(dialect: Dialect, value: str) -> str:
    """``value`` as a quoted SQL string."""
    return str(sa.literal(value, sa.String()).compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def table_of(name: str, schema_name: str | None, *columns: Any) -> TableClause:
    """A lightweight table with ``columns``."""
    return sa.table(name, *columns, schema=schema_name)


# --- sessions and transactions (for limbeck.runtime) -------------------------------------------------------------


def listen_to_transactions(made: Callable[[Connection], None], begun: Callable[[Connection, bool], None]) -> None:
    """Have ``made`` told of every connection, and ``begun`` of every transaction and whether a statement began it.

    That a statement began it shows in the frames above the event: SQLAlchemy's own ``Connection._autobegin``.
    """

    def on_begin(connection: Connection) -> None:
        frame = sys._getframe(1)
        while frame is not None and frame.f_globals.get("__name__", "").startswith("sqlalchemy."):
            if frame.f_code.co_name == "_autobegin":
                begun(connection, True)
                return
            frame = frame.f_back  # type: ignore[assignment]  # the outermost frame has none, the loop's condition sees it
        begun(connection, False)

    event.listen(Engine, "engine_connect", made)
    event.listen(Engine, "begin", on_begin)
    event.listen(Engine, "begin_twophase", lambda connection, _xid: begun(connection, False))


def isolation_level(connection: Connection) -> str:
    """The isolation level that was asked for, ``AUTOCOMMIT`` included, which databases do not count among theirs."""
    asked = connection.get_execution_options().get("isolation_level") or connection.dialect._on_connect_isolation_level
    return str(asked or connection.get_isolation_level())


def commits_each_statement(connection: Connection) -> bool:
    """Whether the connection is in autocommit mode; not, where the database cannot say how it isolates, as DuckDB."""
    try:
        return isolation_level(connection) == "AUTOCOMMIT"
    except (NotImplementedError, exc.DBAPIError):
        return False


def side_connection(engine: Engine) -> Connection:
    """A database session of our own beside the run's.

    It comes from the creator and with the events of the engine's pool, but never from the pool's stock: a pool of one
    connection, lent out to the run, must not make us wait for ourselves.
    """
    pool = NullPool(
        engine.pool._creator, dialect=engine.dialect, _dispatch=engine.pool.dispatch
    )  # as Pool.recreate() does
    beside = Engine(pool, engine.dialect, engine.url)
    return beside.connect()


def sleep(seconds: float) -> None:
    """Wait; within SQLAlchemy's asyncio bridge let the event loop's other tasks run meanwhile."""
    if in_asyncio_bridge():
        import asyncio

        from sqlalchemy.util import await_only

        await_only(asyncio.sleep(seconds))
    else:
        time.sleep(seconds)


async def below_the_bridge(work: Callable[[], Any]) -> Any:
    """Call ``work`` where it may use connections of an asyncio driver."""
    from sqlalchemy.util import greenlet_spawn

    return await greenlet_spawn(work)


def in_asyncio_bridge() -> bool:
    """Whether this code runs below ``AsyncConnection.run_sync``, where awaiting is possible from plain functions."""
    greenlet = sys.modules.get("greenlet")
    return greenlet is not None and getattr(greenlet.getcurrent(), "__sqlalchemy_greenlet_provider__", False)


def in_event_loop() -> bool:
    """Whether an event loop runs in this thread."""
    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and asyncio._get_running_loop() is not None


# --- throw-away schema objects (for limbeck.operations) ----------------------------------------------------------


def copy_column(column: schema.Column[Any]) -> schema.Column[Any]:
    """A copy that belongs to no table; checks come along, keys and constraints of the table do not."""
    return column._copy()


def copy_expression(expression: Any, table: schema.Table | None, twin: schema.Table) -> Any:
    """``expression`` about the columns of ``twin``, where it was about those of ``table``."""

    def counterpart(element: Any, **_: Any) -> Any:
        of_table = isinstance(element, schema.Column) and element.table is table
        return twin.c[element.name] if of_table else None

    return replacement_traverse(expression, {}, counterpart)


def copy_constraint(constraint: schema.Constraint, table: schema.Table) -> schema.Constraint:
    """A copy for ``table``, whose columns of the same names it is about."""
    return constraint._copy(target_table=table)


def in_order(constraints: Iterable[schema.Constraint]) -> list[schema.Constraint]:
    """``constraints``, a set in SQLAlchemy, in the order in which they were made."""
    return sorted(constraints, key=lambda constraint: constraint._creation_order)


def foreign_key_target(key: schema.ForeignKey) -> tuple[str | None, str, str | None] | None:
    """Schema, table and column that ``key`` names by text (column None: the key's own name); None where by object."""
    if not isinstance(key._colspec, str):
        return None
    *path, table, column = key._colspec.split(".") if "." in key._colspec else (key._colspec, "")
    return ".".join(path) or None, table, column or None


def index_of(table: schema.Table, name: str | None, expressions: list[Any], **kw: Any) -> schema.Index:
    """An index on ``table``, also where none of ``expressions`` is one of its columns."""
    return schema.Index(name, *expressions, _table=table, **kw)


def table_prefixes(table: schema.Table) -> list[str]:
    """The words between CREATE and TABLE (``UNLOGGED``)."""
    return list(table._prefixes)


def set_table_prefixes(table: schema.Table, words: list[str]) -> None:
    """Give ``table`` other words between CREATE and TABLE."""
    table._prefixes = list(words)


def async_connection(connection: Connection) -> AsyncConnection:
    """The `AsyncConnection` around ``connection``, which an async driver stands behind."""
    from sqlalchemy.ext.asyncio import AsyncConnection

    return AsyncConnection._retrieve_proxy_for_target(connection)


def await_only(awaitable: Any) -> Any:
    """Await from a plain function below ``AsyncConnection.run_sync``."""
    from sqlalchemy.util import await_only as wait

    return wait(awaitable)


def is_attached(constraint: schema.Constraint) -> bool:
    """Whether the constraint belongs to a table already."""
    return isinstance(getattr(constraint, "parent", None), schema.Table)


def exclude_elements(constraint: Any) -> list[tuple[Any, str]]:
    """The (expression, operator) pairs of PostgreSQL's `ExcludeConstraint`."""
    return [(expression, operator) for expression, _name, operator in constraint._render_exprs]


def referred_columns(constraint: schema.ForeignKeyConstraint) -> tuple[str | None, str, list[str]]:
    """Schema, table and columns that a foreign key refers to, without looking the table up where text names it."""
    keys = constraint.elements
    target = foreign_key_target(keys[0])
    if target is None:
        table = keys[0].column.table
        return table.schema, table.name, [key.column.name for key in keys]
    names = [foreign_key_target(key) for key in keys]
    return (
        target[0],
        target[1],
        [(name[2] if name else None) or key.parent.name for name, key in zip(names, keys, strict=True)],
    )


def fk_target(key: schema.ForeignKey) -> tuple[str | None, str, str]:
    """Schema, table and column that ``key`` refers to, by name; need not be resolvable."""
    schema_name, table, column = key._column_tokens
    found = key.parent.table.metadata.tables.get(f"{schema_name}.{table}" if schema_name else table)
    if found is not None and column is not None and column in found.c:
        column = found.c[column].name
    return schema_name, table, column or key.parent.name


def sequences_of(metadata: schema.MetaData) -> list[schema.Sequence]:
    """The sequences of ``metadata``, those of columns included, by name."""
    return [metadata._sequences[name] for name in sorted(metadata._sequences)]


def conventional_name(constraint: schema.Constraint) -> str | None:
    """The name that a naming convention gave to ``constraint``; None where it has none."""
    return str(constraint.name) if isinstance(constraint.name, conv) else None


def given_name(constraint: schema.Constraint) -> str | None:
    """The name that a person or a naming convention gave to ``constraint``; None where it has none."""
    return constraint.name if isinstance(constraint.name, str) else None


def make_referent(key: schema.ForeignKey, metadata: schema.MetaData) -> None:
    """Make up the table and the column that ``key`` names by text, where ``metadata`` lacks them."""
    target = foreign_key_target(key)
    if target is None:
        return
    schema_name, table_name, column_name = target
    table = metadata.tables.get(table_name if schema_name is None else f"{schema_name}.{table_name}")
    if table is None:
        table = schema.Table(table_name, metadata, schema=schema_name)
    if column_name is not None and column_name not in table.c:
        table.append_column(schema.Column(column_name, sa.types.NULLTYPE))


def set_server_default(column: schema.Column[Any], default: Any) -> None:
    """Give ``column`` another default in the database; None takes it away."""
    column.server_default = column.computed = column.identity = None
    if isinstance(default, schema.Computed | schema.Identity):
        default._copy()._set_parent(column)
    elif default is not None:
        column.server_default = default if isinstance(default, schema.FetchedValue) else schema.DefaultClause(default)


# --- reflection (for limbeck.autogenerate) ------------------------------------------------------------------------


KINDS = (
    "columns",
    "pk_constraint",
    "foreign_keys",
    "indexes",
    "unique_constraints",
    "table_comment",
    "check_constraints",
    "table_options",
)
"""What a catalogue knows of a table, as in ``Inspector.get_multi_<kind>``."""
_MANY = 100


def ask_catalogue(
    inspector: Any, kind: str, schema_name: str | None, names: list[str], unreflectable: dict[Any, Exception]
) -> dict[tuple[str | None, str], Any] | None:
    """What the database says of tables, by ``(schema, table)``, in one question for all where its dialect can do that.

    :param kind: one of `KINDS`. :param names: the tables; where there are many it is cheaper to ask for everything.
    :param unreflectable: receives what could not be read, and why.

    Returns None where the dialect cannot tell.
    """
    method = f"get_multi_{kind}"
    everything = len(names) > _MANY and inspector.dialect._overrides_default(method)
    try:
        return dict(
            getattr(inspector, method)(
                schema=schema_name, filter_names=None if everything else names, unreflectable=unreflectable
            )
        )
    except NotImplementedError:
        return None


def reading_through(inspector: Any, reader: Any) -> Any:
    """An inspector that shares what ``inspector`` knows, and asks ``reader``, which answers like its connection."""
    other = copy.copy(inspector)
    other.bind = reader
    return other


def build_tables(
    inspector: Any,
    metadata: schema.MetaData,
    schema_name: str | None,
    names: Iterable[str],
    said: Mapping[str, Mapping[tuple[str | None, str], Any] | None],
) -> None:
    """Make tables in ``metadata`` of what the catalogue said of them, by kind, without those that they refer to."""
    from sqlalchemy.engine.reflection import _ReflectionInfo

    found = _ReflectionInfo(**{kind: said[kind] or {} for kind in KINDS}, unreflectable={})  # type: ignore[arg-type]
    for name in names:
        inspector.reflect_table(
            schema.Table(name, metadata, schema=schema_name), None, resolve_fks=False, _reflect_info=found
        )


def is_reflection_watched() -> bool:
    """Whether somebody listens to tables, columns or constraints in general, and so may change reflected ones."""
    metadata = schema.MetaData()
    table = schema.Table("t", metadata)
    items: list[Any] = [
        table,
        schema.Column("c", NULLTYPE),
        schema.Index("i", "c"),
        schema.PrimaryKeyConstraint("c"),
        schema.UniqueConstraint("c"),
        schema.CheckConstraint("c"),
        schema.ForeignKeyConstraint(["c"], ["t.c"]),
    ]
    watched = bool(table.dispatch.column_reflect or metadata.dispatch.column_reflect)
    return watched or any(
        listener.__module__ != "sqlalchemy.sql.naming"  # where naming conventions are applied
        for item in items
        for listeners in (item.dispatch.before_parent_attach, item.dispatch.after_parent_attach)
        for listener in listeners
    )


def spelling(item: Any) -> Any:
    """A value that equals that of another type, or SQL expression, only where a dialect writes both alike.

    None where there is none that is cheap to have.
    """
    if isinstance(item, sa.types.TypeEngine):
        key = (type(item), *[pair for pair in vars(item).items() if pair[0] != "dispatch"])
    else:
        found = item._generate_cache_key()
        if found is None:
            return None
        key = (found.key, *[bound.value for bound in found.bindparams])
    try:
        hash(key)
    except TypeError:
        return None
    return key


def counts_up(column: schema.Column[Any]) -> bool:
    """Whether ``column`` is the key of its table that counts up by itself."""
    return column.primary_key and getattr(column.table, "_autoincrement_column", None) is column


def takes_from_sequence(column: schema.Column[Any], dialect: Dialect) -> bool:
    """Whether new values come from a sequence that the model names, so that the column does not count by itself."""
    given = column.default
    needed = isinstance(given, schema.Sequence) and not (given.optional and dialect.sequences_optional)
    return needed and dialect.supports_sequences


def in_order_of_creation(tables: Iterable[schema.Table]) -> list[schema.Table]:
    """``tables``, those that others of them refer to first; of a circle of references none counts."""
    ordered: Iterable[tuple[schema.Table | None, Any]] = sql_ddl.sort_tables_and_constraints(tables)  # type: ignore[no-untyped-call]
    return [table for table, _ in ordered if table is not None]


def says_nullable(column: schema.Column[Any]) -> bool:
    """Whether a person said if ``column`` takes NULL."""
    return column._user_defined_nullable is not schema.SchemaConst.NULL_UNSPECIFIED
