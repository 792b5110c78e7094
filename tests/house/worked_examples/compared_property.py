"""Row security of PostgreSQL: ``Table(..., info={"row_security": True})`` is compared, rendered and carried out."""

from __future__ import annotations

from . import Change, Example, after, before

EXAMPLE = Example(
    adds="a compared property",
    needs="postgresql",
    files={
        "dialects/postgresql/shapes.py": (
            Change("pg_get_partkeydef(c.oid), am.amname\n", "pg_get_partkeydef(c.oid), am.amname, c.relrowsecurity\n"),
            after(
                '            "tablespace": given.get("tablespace") or "",\n',
                '            "row_security": "yes" if table.info.get("row_security") else "",\n',
            ),
            after(
                '                sqla.set_table_prefixes(table, ["UNLOGGED"])\n',
                """            elif name == "postgresql_row_security":
                table.info["row_security"] = value
""",
            ),
            after(
                '            values["postgresql_unlogged"] = True\n',
                """        if "postgresql_row_security" in values:
            values["postgresql_row_security"] = True
""",
            ),
            after("    am: str | None,\n", "    row_security: bool,\n"),
            after('        "using": am,\n', '        "row_security": "yes" if row_security else "",\n'),
        ),
        "dialects/postgresql/table_options.py": (
            before(
                '    if "postgresql_tablespace" in options:\n',
                """    if "postgresql_row_security" in options:
        clauses.append(f"{'ENABLE' if options['postgresql_row_security'] else 'DISABLE'} ROW LEVEL SECURITY")
""",
            ),
        ),
        "dialects/postgresql/__init__.py": (
            after(
                "        super().create_table(table, **kw)\n",
                """        if table.info.get("row_security"):
            wanted = {"postgresql_row_security": True}
            for statement in self.table_option_statements(table.name, table.schema, wanted, {}):
                self.execute(statement)
""",
            ),
        ),
    },
    program='''
import contextlib, io, os
import sqlalchemy as sa
from limbeck import Migrator

engine = sa.create_engine(os.environ["DATABASE_URL"])
os.makedirs("migrations/versions")


def models(row_security):
    metadata = sa.MetaData()
    info = {"row_security": True} if row_security else {}
    sa.Table("customer", metadata, sa.Column("id", sa.Integer, primary_key=True), info=info)
    sa.Table("product", metadata, sa.Column("id", sa.Integer, primary_key=True), info={"row_security": True})
    return metadata


def next_revision(name, row_security):
    """A revision of the models; its two functions, as lines."""
    migrator = Migrator(engine, "migrations", target_metadata=models(row_security))
    with contextlib.redirect_stdout(io.StringIO()):
        path = migrator.revision(name, autogenerate=True, rev_id=name).path
    migrator.upgrade()
    assert migrator.check().is_clean
    return [line.strip() for line in open(path) if " op." in line]


def secured():
    with engine.connect() as connection:
        query = "SELECT relname FROM pg_class WHERE relrowsecurity ORDER BY relname"
        return connection.exec_driver_sql(query).scalars().all()


next_revision("a1", False)
print(secured())
print(*next_revision("a2", True), secured(), sep="\\n")
Migrator(engine, "migrations").downgrade("a1")
print(secured())
''',
    prints="""\
['product']
op.alter_table_options('customer', {'postgresql_row_security': True}, existing={'postgresql_row_security': None})
op.alter_table_options('customer', {'postgresql_row_security': None}, existing={'postgresql_row_security': True})
['customer', 'product']
['product']
""",
)
