"""A database named Acme: its own SQL for NOT NULL, types it spells in two ways, an option of ``configure()``."""

from __future__ import annotations

from . import Example, after

EXAMPLE = Example(
    adds="a dialect",
    files={
        "dialects/acme/__init__.py": '''\
"""Acme: MODIFY instead of ALTER COLUMN."""

from __future__ import annotations

from limbeck.ddl.impl import DefaultImpl

from .elements import visit_column_nullable as visit_column_nullable


class AcmeImpl(DefaultImpl):
    """The impl of Acme."""

    __dialect__ = "acme"

    transactional_ddl = True
    type_synonyms = (*DefaultImpl.type_synonyms, {"TEXT", "STRING"})
    context_option_names = ("acme_warehouse",)
''',
        "dialects/acme/elements.py": '''\
"""The DDL elements in the SQL of Acme."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.ext.compiler import compiles

from limbeck.ddl.base import ColumnNullable, alter_table, format_column_name

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import DDLCompiler


@compiles(ColumnNullable, "acme")
def visit_column_nullable(element: ColumnNullable, compiler: DDLCompiler, **kw: Any) -> str:
    """The element as SQL."""
    table = alter_table(compiler, element.table_name, element.schema)
    column = format_column_name(compiler, element.column_name)
    return f"{table} MODIFY {column} {'NULL' if element.nullable else 'NOT NULL'}"
''',
        "plugins.py": (after('    "oracle": "limbeck.dialects.oracle",\n', '    "acme": "limbeck.dialects.acme",\n'),),
    },
    program='''
import os, sys
import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from limbeck import Migrator, op
from limbeck.runtime.migration import MigrationContext
from limbeck.operations import Operations


class AcmeDialect(SQLiteDialect_pysqlite):
    name = "acme"
    supports_statement_cache = True


registry.register("acme", "__main__", "AcmeDialect")

# scripts
context = MigrationContext.configure(dialect_name="acme", opts={"as_sql": True, "output_buffer": sys.stdout})
Operations(context).alter_column("order", "total", nullable=False)
Operations(context).rename_table("order", "orders")
assert "limbeck.dialects.sqlite" not in sys.modules

# runs, and a comparison
models = sa.MetaData()
sa.Table("customer", models, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))
os.makedirs("migrations/versions")
with open("migrations/versions/a1.py", "w") as file:
    file.write("""
from limbeck import op
import sqlalchemy as sa
revision, down_revision = "a1", None
def upgrade(): op.create_table("customer", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))
def downgrade(): op.drop_table("customer")
""")
migrator = Migrator("acme:///shop.db", "migrations", target_metadata=models, acme_warehouse="north")
migrator.upgrade()
assert migrator.current().is_at_heads
assert migrator.check().is_clean
sa.Table("product", models, sa.Column("id", sa.Integer, primary_key=True))
print([difference.kind for difference in migrator.check().differences])
migrator.downgrade("base")
print(sa.inspect(sa.create_engine("acme:///shop.db")).get_table_names())

# the conformance test, as far as it needs no server
from limbeck.testing.scripts import CALLS, Scripts


class OfAcme(Scripts):
    def dialect_name(self):
        return "acme"


scripts = OfAcme()
for name in CALLS:
    scripts.each(name)
''',
    prints="""\
ALTER TABLE "order" MODIFY total NOT NULL;

ALTER TABLE "order" RENAME TO orders;

['add_table']
['alembic_version', 'limbeck_history']
""",
)
