"""Names that no documentation has, and that code of others imports, reads or replaces."""

from __future__ import annotations

import pytest
from side_by_side import Both

SQLA = """
    import sqlalchemy as sa
    from alembic.util import sqla_compat
    from sqlalchemy.dialects import postgresql

    m = sa.MetaData(naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s"})
    up = sa.Table("up", m, sa.Column("id", sa.Integer, primary_key=True), schema="sc")
    t = sa.Table(
        "t", m,
        sa.Column("a", sa.Integer, sa.CheckConstraint("a > 0", name="ck_a"), nullable=False),
        sa.Column("b", sa.String(5).with_variant(sa.Text, "postgresql")),
        sa.ForeignKeyConstraint(["a"], ["sc.up.id"], name="fk", ondelete="CASCADE", deferrable=True),
        sa.UniqueConstraint("a"),
        sa.CheckConstraint("b <> ''"),
    )
    self_key = sa.ForeignKeyConstraint(["a"], ["t.a"])
    t.append_constraint(self_key)
    by_kind = {type(c).__name__: c for c in sorted(t.constraints, key=lambda c: c._creation_order) if c is not self_key}
    key, unique, check = (by_kind[n + "Constraint"] for n in ("ForeignKey", "Unique", "Check"))
    plain, computed = sa.Index("i1", t.c.a, t.c.b.desc()), sa.Index("i2", sa.func.lower(t.c.b))
    """

CALLS = (
    "sqla_compat.compiles.__module__, sqla_compat.conv.__name__, sqla_compat.AUTOINCREMENT_DEFAULT",
    "sqla_compat._table_for_constraint(key).name, sqla_compat._table_for_constraint(unique).name",
    "[c.name for c in sqla_compat._columns_for_constraint(key)]",
    "[c.name for c in sqla_compat._columns_for_constraint(unique)]",
    "sorted(c.name for c in sqla_compat._columns_for_constraint(t.c.a.constraints and list(t.c.a.constraints)[0]))",
    "sqla_compat._fk_spec(key)",
    "sqla_compat._fk_spec(self_key)",
    "sqla_compat._fk_is_self_referential(key), sqla_compat._fk_is_self_referential(self_key)",
    "sqla_compat.constraint_name_defined(None), sqla_compat.constraint_name_defined('x')",
    "sqla_compat.constraint_name_defined(check.name), sqla_compat.constraint_name_string(check.name)",
    "sqla_compat.constraint_name_or_none(check.name), sqla_compat.constraint_name_or_none('x')",
    "sqla_compat._constraint_is_named(unique, postgresql.dialect())",
    "sqla_compat._constraint_is_named(check, postgresql.dialect())",
    "sqla_compat._copy(t.c.a).table, sqla_compat._copy(t.c.a).name",
    "sqla_compat.is_expression_index(plain), sqla_compat.is_expression_index(computed)",
    "sqla_compat.is_expression(t.c.a), sqla_compat.is_expression(t.c.a.desc())",
    "sqla_compat.is_expression(sa.text('a'))",
    "sqla_compat._resolve_for_variant(t.c.b.type, postgresql.dialect()), sqla_compat._type_has_variants(t.c.b.type)",
    "sqla_compat._get_variant_mapping(t.c.b.type)",
    "sqla_compat._nullability_might_be_unset(t.c.a), sqla_compat._nullability_might_be_unset(t.c.b)",
    "sqla_compat._get_table_key('a', None), sqla_compat._get_table_key('a', 'b')",
    "sqla_compat._safe_int('5'), sqla_compat._safe_int('5b')",
    "sorted(str(c.sqltext) for c in sqla_compat.all_table_check_constraints(t))",
    "sqla_compat.identity_has_dialect_kwargs",
    """
    with sa.create_engine(url).connect() as connection:
        told = [sqla_compat._get_connection_in_transaction(connection)]
        with sqla_compat._ensure_scope_for_ddl(connection):
            told += [connection.in_transaction()]
            connection.execute(sa.text("CREATE TABLE t (a)"))
        told += [connection.in_transaction(), sqla_compat._connectable_has_table(connection, "t", None)]
        told += [sqla_compat._get_connection_in_transaction(connection)]
        with sqla_compat._ensure_scope_for_ddl(connection):
            pass
        told += [connection.in_transaction()]
        sqla_compat._safe_rollback_connection_transaction(connection)
        told += [connection.in_transaction(), sqla_compat._connectable_has_table(connection, "u", None)]
    with sqla_compat._ensure_scope_for_ddl(None):
        pass
    told
    """,
)


def test_bridges_over_sqlalchemy(both: Both) -> None:
    told = both(*CALLS, setup=SQLA)
    assert "fk" not in told[5]
    assert told[5].startswith("(None, 't', ['a'], 'sc', 'up', ['id'], None, 'CASCADE', True, None)")


def test_bridges_over_python(both: Both) -> None:
    both(
        "from alembic import util\nutil.compat.read_config_parser.__name__",
        "from alembic.util.compat import inspect_getfullargspec\ninspect_getfullargspec(lambda a, b=1: 0).args",
        "from alembic.util.compat import tomllib\ntomllib.loads('a = 1')",
        "from alembic.util.compat import is_posix, py311, EntryPoint\nis_posix, py311, EntryPoint.__name__",
        """
        import configparser
        parser = configparser.ConfigParser()
        sorted(util.compat.read_config_parser(parser, ["some.ini"])), parser.sections()
        """,
        setup="import alembic.util.compat",
        files={"some.ini": "[one]\na = 1\n"},
    )


def test_a_program_that_reads_ini_files_in_an_encoding_of_its_own(both: Both) -> None:
    """It puts a function in the place of ``alembic.util.compat.read_config_parser``, and every Config reads by that."""
    told = both(
        """
        from alembic.config import Config
        import alembic.util.compat

        def read(parser, files):
            return parser.read(files, encoding="utf-16")

        alembic.util.compat.read_config_parser = read
        open("some.ini", "w", encoding="utf-16").write("[alembic]\\ngreeting = grüß Gott\\n")
        Config("some.ini").get_main_option("greeting")
        """
    )
    assert told == ["'grüß Gott'"]


HISTORY = {
    "alembic.ini": "[alembic]\nscript_location = nowhere\n",
    "history/env.py": "from alembic import context\nprint(context.config.config_file_name)\n",
    "history/script.py.mako": "revision, down_revision = ${repr(up_revision)}, ${repr(down_revision)}\n",
    "history/versions/a1.py": "revision, down_revision = 'a1', None\ndef upgrade(): pass\ndef downgrade(): pass\n",
}
MINE = """
    import contextlib, io
    import alembic.command
    from alembic import command, config
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    class Mine(ScriptDirectory):
        label = "mine"

        @classmethod
        def from_config(cls, config):
            return cls("history")

    def Environment(*args, **kw):
        print("made")
        return EnvironmentContext(*args, **kw)

    cfg = Config("alembic.ini", stdout=io.StringIO())
    """
COMMANDS = (
    "heads(cfg)",
    "history(cfg, indicate_current=False)",
    'show(cfg, "a1")',
    "branches(cfg)",
    'upgrade(cfg, "head")',
    'downgrade(cfg, "base")',
    'stamp(cfg, "a1")',
    "current(cfg)",
    "ensure_version(cfg)",
    "check(cfg)",
    'merge(cfg, "a1", rev_id="b1")',
    'revision(cfg, rev_id="b1")',
)  # fmt: skip


@pytest.mark.parametrize("call", COMMANDS)
def test_commands_use_the_classes_that_a_program_set(both: Both, call: str) -> None:
    """As Indico does before it calls ``heads``, ``upgrade`` and others: its scripts lie elsewhere."""
    told = both(
        "alembic.command.ScriptDirectory is ScriptDirectory, alembic.command.EnvironmentContext is EnvironmentContext",
        f"""
        alembic.command.ScriptDirectory, alembic.command.EnvironmentContext = Mine, Environment
        found = command.{call}
        cfg.stdout.getvalue()
        """,
        "config.command is command",
        setup=MINE,
        files=HISTORY,
    )
    assert told[0] == "(True, True)"
    assert "Path doesn't exist: nowhere" not in told[1]


def test_proxies(both: Both) -> None:
    """``op._proxy`` is the operations at work; a test of others sets it."""
    told = both(
        """
        with Operations.context(context) as operations:
            found = op._proxy is operations, op._proxy.migration_context.dialect.supports_sequences
        found
        """,
        """
        op._proxy = Operations(context)
        op.execute("SELECT 1")
        buffer.getvalue()
        """,
        setup="""
        import io
        from alembic import op
        from alembic.migration import MigrationContext
        from alembic.operations import Operations

        buffer = io.StringIO()
        opts = {"as_sql": True, "output_buffer": buffer}
        context = MigrationContext.configure(dialect_name="postgresql", opts=opts)
        """,
    )
    assert told == ["(True, True)", "'SELECT 1;\\n\\n'"]


@pytest.mark.parametrize("name", ["op", "context"])
def test_there_is_no_proxy_outside_a_run(both: Both, name: str) -> None:
    (told,) = both(
        f"""
        from alembic import {name}
        try:
            {name}._proxy
        except AttributeError:
            found = "none"
        found
        """
    )
    assert told == "'none'"


PLUGINS = (
    '["alembic.autogenerate.checkconstraint_byname"]',
    '["alembic.autogenerate.*"]',
    '["acme.typo"]',
    '["~acme.typo"]',
    '["alembic.autogenerate.*", "~alembic.autogenerate.typo"]',
    '["alembic.autogenerate.*", "acme.typo"]',
    *(
        repr([expression])
        for expression in ("acme.one-x", "acme one", "", "~", "~~a", "**", "a..b", ".a", "a.", "1a.2", "ä.b", "a.*.b")
    ),
)


def test_expressions_for_plugins(both: Both) -> None:
    told = both(
        *(f"Plugin.populate_autogenerate_priority_dispatch(PriorityDispatcher(), {asked})" for asked in PLUGINS),
        "'alembic.ext.checkconstraint_byname' in plugins._all_plugins, plugins.metadata.__name__, plugins._setup()",
        'Plugin("acme.one").name, "acme.one" in plugins._all_plugins',
        setup="""
        from alembic.runtime import plugins
        from alembic.runtime.plugins import Plugin
        from alembic.util import PriorityDispatcher
        """,
    )
    assert told[2] == "CommandError: Did not locate plugins: acme.typo"


def test_config_files_as_paths(both: Both) -> None:
    told = both(
        'Config("a.ini", toml_file="b.toml")._config_file_path, Config()._config_file_path',
        'Config("a.ini", toml_file="b.toml")._toml_file_path, Config()._toml_file_path',
        setup="from alembic.config import Config",
    )
    assert told[0] == "(PosixPath('a.ini'), None)"


def test_conv_is_where_operations_are(both: Both) -> None:
    assert both("from alembic.operations.base import conv\nconv('x')") == ["'x'"]


KEYS_OF_POSTGRESQL = (
    *("LOWER(tab.a)", "a::text", "(a + 1)", "a DESC NULLS FIRST", "a desc nulls last", "a asc", "a nulls last"),
    *("a asc nulls first", '"A b"', "a  +  1", "'x y'", "((a + 1)) asc nulls last", "a::int[]", "cast(a as text)"),
)


def test_what_dialects_that_descend_from_postgresql_use(both: Both) -> None:
    """They register PostgreSQL's compilers for their names, and call or replace what its impl compares by."""
    told = both(
        *(f"context.impl._cleanup_index_expr(index, {key!r})" for key in KEYS_OF_POSTGRESQL),
        """
        found = {}
        for key in ("a", "a asc", "a desc", "a nulls last", "a desc nulls last", "a asc nulls first"):
            matches = [pattern.search(key) for pattern in context.impl._default_modifiers_re]
            found[key] = [key.replace(match.group(1), "") for match in matches if match]
        found
        """,
        """
        from sqlalchemy.ext.compiler import compiles

        buffer = io.StringIO()
        for element, visit in (
            (base.ColumnType, postgresql.visit_column_type),
            (base.RenameTable, postgresql.visit_rename_table),
            (base.ColumnComment, postgresql.visit_column_comment),
            (base.IdentityColumnDefault, postgresql.visit_identity_column),
        ):
            compiles(element, "mine")(visit)
        compiles(postgresql.PostgresqlColumnType, "mine")(postgresql.visit_column_type)

        class Dialect(PGDialect):
            name = "mine"

        class Impl(postgresql.PostgresqlImpl):
            __dialect__ = "mine"

        opts = {"as_sql": True, "output_buffer": buffer}
        operations = Operations(MigrationContext.configure(dialect=Dialect(), opts=opts))
        operations.rename_table("t", "u", schema="s")
        operations.alter_column("t", "a", type_=sa.Text(), comment="x", postgresql_using="a::text")
        operations.alter_column("t", "a", server_default=sa.Identity(), existing_server_default=None)
        buffer.getvalue()
        """,
        setup="""
        import io
        import sqlalchemy as sa
        from alembic.ddl import base, postgresql
        from alembic.migration import MigrationContext
        from alembic.operations import Operations
        from sqlalchemy.dialects.postgresql.base import PGDialect

        context = MigrationContext.configure(dialect_name="postgresql")
        index = sa.Index("x", sa.Table("tab", sa.MetaData(), sa.Column("a", sa.Integer)).c.a)
        """,
    )
    assert told[:3] == ["'lower(a)'", "'a'", "'a+1'"]
    assert "RENAME TO u" in told[-1]
