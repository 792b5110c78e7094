"""What a plan says is lost is gone after the run: random histories that drop, empty and rename, on three databases."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from limbeck import command
from limbeck.config import Config

TABLES = ("apple", "pear")
COLUMNS = ("a", "b", "c")
SCRIPT = """\
from limbeck import op
import sqlalchemy as sa
revision = {id!r}
down_revision = {down!r}
def upgrade():
    {body}
def downgrade():
    pass
"""
Cell = int | None
Rows = list[tuple[Cell, ...]]
Choice = tuple[str, int, int]


BODIES = {
    "drop column by operation": 'op.drop_column("{table}", "{column}")',
    "drop column in a batch": 'with op.batch_alter_table("{table}") as batch: batch.drop_column("{column}")',
    "drop column by SQL": 'op.execute("ALTER TABLE {table} DROP COLUMN {column}")',
    "drop table": 'op.drop_table("{table}")',
    "drop table by SQL": 'op.execute("DROP TABLE {table}")',
    "empty": 'op.execute("DELETE FROM {table}")',
    "update": 'op.execute("UPDATE {table} SET {column} = {column} WHERE id = 1")',
    "rename table": 'op.rename_table("{table}", "{name}")',
    "rename column": 'op.alter_column("{table}", "{column}", new_column_name="{name}", existing_type=sa.Integer())',
    "create and drop": 'op.create_table("{name}", sa.Column("id", sa.Integer)); op.drop_table("{name}")',
}


def history(choices: list[Choice]) -> list[str]:
    """The bodies of scripts: each choice is about a table and a column under the names that they have by then."""
    bodies = []
    tables = {table: list(COLUMNS) for table in TABLES}
    for what, first, second in choices:
        if not tables:
            break
        table = sorted(tables)[first % len(tables)]
        columns = tables[table]
        column = columns[second % len(columns)]
        name = f"n{len(bodies)}"
        if what.startswith("drop column") and len(columns) == 1:
            continue
        bodies.append(BODIES[what].format(table=table, column=column, name=name))
        if what.startswith("drop column"):
            columns.remove(column)
        elif what.startswith("drop table"):
            del tables[table]
        elif what == "rename table":
            tables[name] = tables.pop(table)
        elif what == "rename column":
            columns[columns.index(column)] = name
    return bodies


CHOICES = st.lists(
    st.tuples(st.sampled_from(sorted(BODIES)), st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=6
)
CELLS = st.none() | st.integers(0, 9)
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=4)


def counts(engine: sa.Engine) -> dict[str, tuple[int, int]]:
    """Of each table the rows, and the values that are not NULL."""
    found = {}
    inspector = sa.inspect(engine)
    with engine.connect() as connection:
        for table in inspector.get_table_names():
            if table.startswith(("alembic", "limbeck")):
                continue
            names = [column["name"] for column in inspector.get_columns(table) if column["name"] != "id"]
            values = " + ".join(f"count({name})" for name in names) or "0"
            row = connection.exec_driver_sql(f"SELECT count(*), {values} FROM {table}").one()
            found[table] = (row[0], row[1])
    return found


def fill(engine: sa.Engine, rows: dict[str, Rows]) -> None:
    """Make the two tables anew, with ``rows``."""
    with engine.begin() as connection:
        for name in sa.inspect(connection).get_table_names():
            connection.exec_driver_sql(f"DROP TABLE {name}")
        for table, given_rows in rows.items():
            connection.exec_driver_sql(f"CREATE TABLE {table} (id INTEGER, a INTEGER, b INTEGER, c INTEGER)")
            for number, row in enumerate(given_rows):
                values = ", ".join("NULL" if cell is None else str(cell) for cell in row)
                connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({number}, {values})")


def environment(folder: Path, url: str, bodies: list[str]) -> Config:
    """An environment with a revision for each of ``bodies``."""
    versions = folder / "m" / "versions"
    versions.mkdir(parents=True)
    (folder / "m" / "env.py").write_text("from limbeck import context\ncontext.run()\n")
    for number, body in enumerate(bodies):
        text = SCRIPT.format(id=f"r{number}", down=f"r{number - 1}" if number else None, body=body)
        (versions / f"r{number}.py").write_text(text)
    ini = folder / "alembic.ini"
    escaped = url.replace("%", "%%")
    ini.write_text(f"[alembic]\nscript_location = %(here)s/m\nedition = 2026\nsqlalchemy.url = {escaped}\n")
    return Config(ini, stdout=(folder / "out").open("w"))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
def test_what_is_said_to_be_lost_is_gone(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    url = request.getfixturevalue(f"{kind}_url")
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    folders = (tmp_path / str(number) for number in itertools.count())

    @settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(choices=CHOICES, apples=ROWS, pears=ROWS)
    def check(choices: list[Choice], apples: Rows, pears: Rows) -> None:
        bodies = history(choices)
        fill(engine, {"apple": apples, "pear": pears})
        config = environment(next(folders), url, bodies)
        before = counts(engine)
        (run,) = command.plan(config, "heads").runs
        command.upgrade(config, "heads", yes=True)
        after = counts(engine)
        gone = {loss.table: loss.rows for loss in run.losses if loss.column is None}
        values = sum(loss.values or 0 for loss in run.losses if loss.column is not None and loss.table not in gone)
        rows_before, rows_after = (sum(rows for rows, _ in each.values()) for each in (before, after))
        assert rows_before - rows_after == sum(gone.values()), bodies
        kept = sum(number for table, (_, number) in before.items() if table not in gone)
        assert kept - sum(number for _, number in after.values()) == values, bodies

    check()
    engine.dispose()
