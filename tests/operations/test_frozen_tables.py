"""``op.frozen_tables()``: tables as a revision found them, by the snapshot that ``limbeck freeze`` keeps.

a1 (tables) --- a2 (moves rows) --- a3 (another shape of the same tables)
"""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from limbeck import command
from limbeck.config import Config
from limbeck.errors import CommandError
from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext

ENV = """\
import sqlalchemy as sa
from limbeck import context

if context.is_offline_mode():
    context.configure(url=context.config.get_main_option("sqlalchemy.url"), literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    engine = sa.create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=sa.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""

SCRIPT = '''"""{name}"""
import sqlalchemy as sa
from limbeck import op

revision = {name!r}
down_revision = {down!r}


def upgrade():
    {up}


def downgrade():
    {back}
'''

TABLES = """\
op.create_table(
        "account",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(50), nullable=False),
        sa.Column("paid", sa.Numeric(10, 2)),
        sa.Column("since", sa.DateTime),
        sa.Column("team_id", sa.Integer, sa.ForeignKey("team.id")),
    )""".replace(
    "op.create_table(",
    """\
op.create_table("team", sa.Column("id", sa.Integer, primary_key=True), sa.Column("title", sa.String(50)))
    op.create_table(""",
    1,
)

MOVES = """\
account, team = op.frozen_tables("account", "team")
    op.bulk_insert(team, [{"id": 1, "title": "one"}])
    op.execute(account.update().where(account.c.name == "ada").values(team_id=1, name=account.c.name + "!"))"""

MOVES_BACK = """\
account = op.frozen_tables("account")
    op.execute(account.update().values(team_id=None, name="ada"))"""

CHANGES = """\
with op.batch_alter_table("account") as batch:
        batch.alter_column("name", new_column_name="nick", existing_type=sa.String(50), existing_nullable=False)"""

CHANGES_BACK = CHANGES.replace('"nick"', '"NAME"').replace('"name"', '"nick"').replace('"NAME"', '"name"')


class Place:
    """An environment with the three revisions.

    :param root: its folder. :param url: its database.
    """

    def __init__(self, root: Path, url: str) -> None:
        self.root, self.url = root, url
        self.versions = root / "migrations" / "versions"
        self.versions.mkdir(parents=True)
        (root / "migrations" / "env.py").write_text(ENV)
        location = f"script_location = {root}/migrations\nedition = 2026\n"
        (root / "alembic.ini").write_text(f"[alembic]\n{location}sqlalchemy.url = {url.replace('%', '%%')}\n")
        self.write("a1", None, TABLES, 'op.drop_table("account")\n    op.drop_table("team")')
        self.write("a2", "a1", MOVES, MOVES_BACK)
        self.write("a3", "a2", CHANGES, CHANGES_BACK)

    def write(self, name: str, down: str | None, up: str, back: str = "pass") -> None:
        (self.versions / f"{name}.py").write_text(SCRIPT.format(name=name, down=down, up=up, back=back))

    def config(self) -> Config:
        self.out = io.StringIO()
        return Config(str(self.root / "alembic.ini"), stdout=self.out, output_buffer=self.out)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            done = connection.exec_driver_sql(query)
            return [tuple(row) for row in done] if done.returns_rows else []

    @property
    def snapshot(self) -> Path:
        return self.versions / "a2.tables.json"


@pytest.fixture
def lite(tmp_path: Path, sqlite_url: str) -> Place:
    return Place(tmp_path / "place", sqlite_url)


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def place(tmp_path: Path, request: pytest.FixtureRequest) -> Place:
    """The environment on each database."""
    return Place(tmp_path / "place", request.getfixturevalue(f"{request.param}_url"))


def test_up_and_down(place: Place) -> None:
    """The tables are those before a3, whichever way the database goes past it, and no model is there."""
    command.freeze(place.config(), "a2", ["account", "team"])
    command.upgrade(place.config(), "a1")
    place.rows("INSERT INTO account (id, name) VALUES (1, 'ada'), (2, 'grace')")
    command.upgrade(place.config(), "head")
    assert place.rows("SELECT id, nick, team_id FROM account ORDER BY id") == [(1, "ada!", 1), (2, "grace", None)]
    assert place.rows("SELECT id, title FROM team") == [(1, "one")]
    command.downgrade(place.config(), "a1")
    assert place.rows("SELECT id, name, team_id FROM account ORDER BY id") == [(1, "ada", None), (2, "ada", None)]


def test_as_a_script(place: Place) -> None:
    """``--sql`` has the statements with their values."""
    command.freeze(place.config(), "a2", ["account", "team"])
    command.upgrade(place.config(), "a1:a2", sql=True)
    up = place.out.getvalue()
    assert "UPDATE account SET" in up
    assert "WHERE account.name = 'ada'" in up
    assert "INSERT INTO team (id, title) VALUES (1, 'one')" in up
    command.downgrade(place.config(), "a2:a1", sql=True)
    assert "UPDATE account SET name='ada', team_id=NULL" in place.out.getvalue()


def test_the_snapshot(place: Place) -> None:
    """It names no dialect: the same tables give the same types on each database, where they have them."""
    result = command.freeze(place.config(), "a2", ["team", "account"])
    assert [(one.revision, one.path) for one in result.scripts] == [("a2", str(place.snapshot))]
    document = json.loads(place.snapshot.read_text())
    assert (document["schema"], document["version"], document["revision"]) == ("limbeck.frozen-tables", 1, "a2")
    account, team = document["tables"]
    assert (account["name"], team["name"]) == ("account", "team")
    assert [(one["name"], one["type"]) for one in account["columns"]] == [
        ("id", {"name": "Integer"}),
        ("name", {"name": "String", "length": 50}),
        ("paid", {"name": "Numeric", "precision": 10, "scale": 2}),
        ("since", {"name": "DateTime"}),
        ("team_id", {"name": "Integer"}),
    ]
    assert account["foreign_keys"] == [
        {"columns": ["team_id"], "schema": None, "table": "team", "target_columns": ["id"]}
    ]


def test_a_key_to_a_table_that_is_not_kept_is_left_out(lite: Place) -> None:
    lite.write("a2", "a1", 'assert not op.frozen_tables("account").foreign_keys')
    command.freeze(lite.config(), "a2", "account")
    command.upgrade(lite.config(), "a2")


def test_a_function_of_the_script_and_of_another_file(lite: Place) -> None:
    """The revision at work is meant, whatever file has the call."""
    (lite.root / "helping.py").write_text("def names(op):\n    return op.frozen_tables('account').c.keys()\n")
    lines = ["import sys", f"sys.path.insert(0, {str(lite.root)!r})", "import helping"]
    lite.write("a2", "a1", "\n    ".join([*lines, 'assert helping.names(op)[:2] == ["id", "name"]']))
    command.freeze(lite.config(), "a2", ["account"])
    command.upgrade(lite.config(), "a2")


def test_types_of_postgresql(tmp_path: Path, postgresql_url: str) -> None:
    """An enum and an array keep what they are; what has no generic type is passed as it is."""
    place = Place(tmp_path / "place", postgresql_url)
    columns = [
        'sa.Column("id", sa.Integer, primary_key=True)',
        'sa.Column("mood", sa.Enum("sad", "glad", name="mood"))',
        'sa.Column("tags", sa.ARRAY(sa.Text))',
        'sa.Column("address", postgresql.INET)',
        'sa.Column("about", postgresql.JSONB)',
        'sa.Column("at", sa.DateTime(timezone=True))',
    ]
    body = f'from sqlalchemy.dialects import postgresql\n    op.create_table("t", {", ".join(columns)})'
    place.write("a1", None, body)
    row = "{'id': 1, 'mood': 'glad', 'tags': ['a'], 'address': '10.0.0.1', 'about': {'a': 1}}"
    place.write("a2", "a1", f'op.bulk_insert(op.frozen_tables("t"), [{row}])')
    (place.versions / "a3.py").unlink()
    command.freeze(place.config(), "a2", ["t"])
    command.upgrade(place.config(), "head")
    assert place.rows("SELECT mood::text, tags, host(address), about FROM t") == [("glad", ["a"], "10.0.0.1", {"a": 1})]


# --- what goes wrong --------------------------------------------------------------------------------------------------


def refusal(place: Place, target: str = "a2", **options: object) -> CommandError:
    with pytest.raises(CommandError) as raised:
        command.upgrade(place.config(), target, **options)  # type: ignore[arg-type]
    return raised.value


@pytest.mark.parametrize("sql", [False, True])
def test_no_snapshot(lite: Place, sql: bool) -> None:
    error = refusal(lite, sql=sql)
    assert (error.code, str(error).partition("\n")[0]) == (
        "no-frozen-tables",
        "Revision a2 has no snapshot of its tables",
    )
    assert error.hint == "`limbeck freeze a2 account team` writes it beside the script; commit it"
    assert (error.file, error.line) == (str(lite.versions / "a2.py"), 10)


def test_a_table_that_the_snapshot_has_not(lite: Place) -> None:
    command.freeze(lite.config(), "a2", ["account"])
    error = refusal(lite)
    assert (error.code, str(error)) == ("no-frozen-tables", "The snapshot of revision a2 has no table team")
    assert error.hint == "`limbeck freeze a2 account team` writes it; it has account"


@pytest.mark.parametrize("text", ["", "[]", '{"schema": "other", "version": 1}', '{"schema": "limbeck.frozen-tables"}'])
def test_a_file_that_is_no_snapshot(lite: Place, text: str) -> None:
    lite.snapshot.write_text(text)
    error = refusal(lite)
    assert (error.code, error.file) == ("frozen-tables", str(lite.snapshot))


def test_a_table_that_no_revision_makes(lite: Place) -> None:
    with pytest.raises(CommandError) as raised:
        command.freeze(lite.config(), "a2", ["account", "acount"])
    assert raised.value.code == "no-such-table"
    assert not lite.snapshot.exists()


def test_outside_of_a_revision(sqlite_url: str) -> None:
    engine = sa.create_engine(sqlite_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with pytest.raises(CommandError, match="no revision calls it"):
            operations.frozen_tables("account")


def test_another_snapshot_is_asked_about(lite: Place) -> None:
    command.freeze(lite.config(), "a2", ["account"])
    before = lite.snapshot.read_text()
    config = lite.config()
    config.interactive = True
    with pytest.raises(CommandError) as raised:
        command.freeze(config, "a2", ["account", "team"])
    assert raised.value.code == "not-confirmed"
    assert lite.snapshot.read_text() == before
    command.freeze(config, "a2", ["account"])
    command.freeze(config, "a2", ["account", "team"], yes=True)
    assert "team" in lite.snapshot.read_text()
