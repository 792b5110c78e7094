"""A script runs as it is in the database's own client, and gives the schema of the online run."""

from __future__ import annotations

import io
import shutil
import subprocess

import pytest
import sqlalchemy as sa
import sqlglot
from calls import CALLS
from oracle_grammar import CompleteOracle
from scripts import NAMES, write

from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext

STEPS = """
op.create_table('p', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.String(20), nullable=False))
op.create_table(
    't',
    sa.Column('id', sa.Integer, primary_key=True),
    sa.Column('note', sa.String(40), server_default="it's 50%\\t:x"),
    sa.Column('p_id', sa.Integer, sa.ForeignKey('p.id', name='fk_p')),
    sa.Column('kind', sa.Enum('a', 'b', name='kind')),
    sa.CheckConstraint("note <> '10:30 100%'", name='ck_note'),
)
op.bulk_insert(sa.table('p', sa.column('id'), sa.column('name')), [{'id': 1, 'name': "it's 50% :a\\tb"}])
op.execute("INSERT INTO t (id, note) VALUES (1, '50% :x -- no comment')  -- a comment")
op.execute("INSERT INTO t (id) VALUES (2);")
op.execute(sa.table('t', sa.column('id'), sa.column('p_id')).update().values(p_id=1))
op.add_column('t', sa.Column('extra', sa.Integer, server_default='7', nullable=False))
op.create_index('ix_note', 't', ['note'])
op.drop_column('t', 'extra')
op.alter_column('p', 'name', new_column_name='title', existing_type=sa.String(20), existing_nullable=False)
op.rename_table('p', 'parent')
"""


def shell(url: str) -> list[str]:
    place = sa.make_url(url)
    where = [f"--host={place.host}", f"--port={place.port}"]
    if place.get_backend_name() == "sqlite":
        return ["sqlite3", "-bail", str(place.database)]
    if place.get_backend_name() == "postgresql":
        return [
            "psql",
            *where,
            f"--username={place.username}",
            f"--dbname={place.database}",
            "--no-psqlrc",
            "-v",
            "ON_ERROR_STOP=1",
        ]
    return ["mariadb", *where, f"--user={place.username}", str(place.database)]


def described(url: str) -> dict[str, object]:
    """Schema and rows."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        metadata = sa.MetaData()
        metadata.reflect(connection)
        return {
            table.name: (
                [
                    (
                        column.name,
                        str(column.type),
                        column.nullable,
                        str(column.server_default and column.server_default.arg),
                    )
                    for column in table.columns
                ],
                sorted(str(constraint.name) for constraint in table.constraints if constraint.name),
                sorted(str(index.name) for index in table.indexes),
                [tuple(row) for row in connection.execute(sa.select(table).order_by(table.c.id))],
            )
            for table in metadata.sorted_tables
        }


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
def test_the_client_makes_of_the_script_what_the_run_makes(kind: str, request, tmp_path) -> None:
    url = request.getfixturevalue(f"{kind}_url")
    if shutil.which(shell(url)[0]) is None:
        pytest.skip(f"{shell(url)[0]} is not installed")
    buffer = io.StringIO()
    dialect = sa.make_url(url).get_dialect()()
    offline = Operations(MigrationContext.configure(dialect=dialect, opts={"as_sql": True, "output_buffer": buffer}))
    exec(STEPS, NAMES | {"op": offline})  # noqa: S102 the test's own text
    done = subprocess.run(shell(url), input=buffer.getvalue(), text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    by_script = described(url)
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        for table in ("t", "parent"):
            connection.execute(sa.text(f"DROP TABLE {table}"))
        if kind == "postgresql":
            connection.execute(sa.text("DROP TYPE kind"))
        exec(STEPS, NAMES | {"op": Operations(MigrationContext.configure(connection=connection))})  # noqa: S102 the test's own text
    assert described(url) == by_script


PARSERS = {"mssql": "tsql", "oracle": CompleteOracle}


@pytest.mark.parametrize("dialect", PARSERS)
def test_scripts_for_servers_that_are_not_here_parse(dialect: str) -> None:
    unparsed = {}
    for name, call in CALLS.items():
        answer = write(dialect, call)
        if answer.error is not None:
            continue
        separator = "\nGO\n" if dialect == "mssql" else "\n/\n"
        for statement in answer.sql.split(separator):
            try:
                sqlglot.parse(statement, dialect=PARSERS[dialect])
            except sqlglot.errors.ParseError as error:
                unparsed[name] = str(error)[:100]
    assert unparsed == {}


@pytest.mark.parametrize(
    ("options", "read"),
    [
        ("", {}),
        (" (INCREMENT BY 2 START WITH 5)", {"start": "5", "increment": "2"}),
        (" (START WITH 5 MAXVALUE 9 NOCYCLE CACHE 20 ORDER)", {"start": "5", "maxvalue": "9"}),
    ],
)
def test_the_grammar_reads_identity_options_in_any_order(options: str, read: dict[str, str]) -> None:
    table = sqlglot.parse_one(f"CREATE TABLE t (a INT GENERATED ALWAYS AS IDENTITY{options})", dialect=CompleteOracle)
    identity = table.find(sqlglot.exp.GeneratedAsIdentityColumnConstraint)
    assert {key: str(value) for key, value in identity.args.items() if isinstance(value, sqlglot.exp.Literal)} == read


def test_the_grammar_refuses_what_oracle_does_not_know() -> None:
    with pytest.raises(sqlglot.errors.ParseError):
        sqlglot.parse_one("CREATE TABLE t (a INT GENERATED ALWAYS AS IDENTITY (BEGIN AT 5))", dialect=CompleteOracle)
