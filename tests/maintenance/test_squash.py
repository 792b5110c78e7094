"""`limbeck squash`: one revision in the place of many, wherever a database stands.

a1 -- a2 -- a3 -- a4 -- a5 -- a6       tables, rows, a column renamed, ..., as in long_history

becomes   a5 -- a6     or     a1 -- a2 -- a5 -- a6
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from inline_snapshot import snapshot
from long_history import History

from limbeck import command
from limbeck.errors import CommandError

STATIONS = ["base", "a1", "a2", "a3", "a4", "a5", "a6"]


def body(text: str) -> str:
    return text.partition("depends_on = None\n")[2].strip() + "\n"


def test_what_is_written(history: Callable[..., History]) -> None:
    """Tables as they were when rows were written; rows, and what changes tables with rows, in order."""
    made = history()
    made.steps()
    found = made.squash("base:a5")
    assert (found.revision, found.down_revisions, found.replaces) == ("a5", (), ("a1", "a2", "a3", "a4", "a5"))
    assert sorted(made.files()) == snapshot(
        [
            "a5_in_one.py",
            "a6.py",
            "replaced/a1.py",
            "replaced/a2.py",
            "replaced/a3.py",
            "replaced/a4.py",
            "replaced/a5.py",
        ]
    )
    text = made.files()["a5_in_one.py"]
    assert 'replaces = ("a1", "a2", "a3", "a4", "a5")' in text
    assert body(text) == snapshot("""\
def upgrade():
    op.create_table('account',
    sa.Column('id', sa.INTEGER(), nullable=False),
    sa.Column('name', sa.VARCHAR(length=50), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    op.execute("INSERT INTO account (id, name) VALUES (1, 'ann:x'), (2, 'bob')")
    with op.batch_alter_table('account') as batch_op:
        batch_op.add_column(sa.Column('age', sa.Integer(), server_default='3', nullable=True))
        batch_op.alter_column('name',
                   existing_type=sa.String(length=50),
                   new_column_name='label')
    op.create_table('post',
    sa.Column('id', sa.INTEGER(), nullable=False),
    sa.Column('tmp', sa.VARCHAR(length=3), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    op.execute("UPDATE account SET label = 'it''s' WHERE id = 2")
    op.add_column('post', sa.Column('title', sa.VARCHAR(length=30), nullable=False))
    op.drop_column('post', 'tmp')
    op.create_index(op.f('ix_title'), 'post', ['title'], unique=False)


def downgrade():
    op.drop_table('account')
    op.drop_index(op.f('ix_title'), table_name='post')
    op.drop_table('post')
""")


def test_in_the_middle(history: Callable[..., History]) -> None:
    """Whatever changes a table that may have rows is carried over; so is the way back."""
    made = history()
    made.steps()
    found = made.squash("a3:a5")
    assert (found.revision, found.down_revisions, found.replaces) == ("a5", ("a2",), ("a3", "a4", "a5"))
    assert body(made.files()["a5_in_one.py"]) == snapshot("""\
def upgrade():
    with op.batch_alter_table('account') as batch_op:
        batch_op.add_column(sa.Column('age', sa.Integer(), server_default='3', nullable=True))
        batch_op.alter_column('name',
                   existing_type=sa.String(length=50),
                   new_column_name='label')
    op.create_table('post',
    sa.Column('id', sa.INTEGER(), nullable=False),
    sa.Column('tmp', sa.VARCHAR(length=3), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    # could not be proved needless: it wrote no row on an empty database, and may where there are rows
    op.execute("UPDATE post SET tmp = 'x'")
    op.execute("UPDATE account SET label = 'it''s' WHERE id = 2")
    op.drop_column('post', 'tmp')
    op.add_column('post', sa.Column('title', sa.String(length=30), nullable=False))
    op.create_index('ix_title', 'post', ['title'], unique=False)


def downgrade():
    op.drop_index('ix_title', table_name='post')
    op.drop_column('post', 'title')
    op.add_column('post', sa.Column('tmp', sa.String(length=3), nullable=True))
    op.drop_table('post')
    with op.batch_alter_table('account') as batch_op:
        batch_op.alter_column('label',
                   existing_type=sa.String(length=50),
                   new_column_name='name')
        batch_op.drop_column('age')
""")


@pytest.mark.parametrize(
    ("kind", "range_", "stations"),
    [
        ("sqlite", "base:a5", STATIONS),
        ("sqlite", "a3:a5", STATIONS),
        ("postgresql", "a3:a5", ["base", "a4", "a5"]),
        ("mariadb", "base:a5", ["base", "a2", "a6"]),
        *(
            pytest.param(kind, range_, STATIONS, marks=pytest.mark.campaign)
            for kind in ("sqlite", "postgresql", "mariadb")
            for range_ in ("base:a5", "a3:a5", "a2:a6", "base:a6")
        ),
    ],
)
def test_wherever_a_database_stands(
    history: Callable[..., History], kind: str, range_: str, stations: list[str]
) -> None:
    """Fresh, inside, at the end, beyond: the history leads each to where it led without the squash, and back."""
    made = history(kind)
    made.steps()
    made.upgrade()
    expected = made.state()
    made.downgrade("base")
    made.squash(range_)
    for station in stations:
        originals = {name for name in made.files() if name.startswith("replaced/")}
        with_originals(made, originals, station)
        made.upgrade()
        assert (made.rows(), made.state()) == (["a6"], expected), station
        made.downgrade("base")
        assert made.rows() == []


def with_originals(made: History, originals: set[str], station: str) -> None:
    """Bring the database to a station by the history as it was."""
    if station == "base":
        return
    moved = {(made.versions / name): (made.versions / name.removeprefix("replaced/")) for name in originals}
    squash = next(path for path in made.versions.glob("*_in_one.py"))
    aside = squash.rename(made.root / "aside")
    for kept, place in moved.items():
        kept.rename(place)
    made.upgrade(station)
    for kept, place in moved.items():
        place.rename(kept)
    aside.rename(squash)


@pytest.mark.parametrize("range_", ["base:a5", "a3:a5"])
def test_down_into_a_squash(history: Callable[..., History], range_: str) -> None:
    """The revisions that it replaces lead there, and up again; once they are dropped that is refused."""
    made = history()
    made.steps()
    made.upgrade()
    expected = {"a6": made.state()}
    for station in ("a4", "a3"):
        made.downgrade(station)
        expected[station] = made.state()
    made.upgrade()
    made.squash(range_)
    for station in ("a4", "a3"):
        made.downgrade(station)
        assert (made.rows(), made.state()) == ([station], expected[station])
    made.upgrade()
    assert made.state() == expected["a6"]
    shutil.rmtree(made.versions / "replaced")
    with pytest.raises(CommandError) as refused:
        made.downgrade("a4")
    assert (refused.value.code, made.rows()) == ("replaced-missing", ["a6"])


def test_several_databases_of_one_env_py(history: Callable[..., History], tmp_path: Path) -> None:
    """The squash is proved on a copy of each; one database may stand inside while the other one is empty."""
    made = history()
    made.steps()
    made.upgrade("a3")
    other = tmp_path / "other.db"
    other.touch()
    env = (made.root / "m" / "env.py").read_text()
    loop = "for url in [context.config.get_main_option('sqlalchemy.url'), 'sqlite:///" + str(other) + "']:\n    "
    begin = env.index("with create_engine(")
    (made.root / "m" / "env.py").write_text(
        env[:begin]
        + loop
        + env[begin:].replace("context.config.get_main_option('sqlalchemy.url')", "url").strip().replace("\n", "\n    ")
    )
    made.squash("base:a5")
    made.upgrade()
    with sqlite3.connect(other) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("a6",)]
        assert connection.execute("SELECT id, label, age FROM account ORDER BY id").fetchall() == made.look(
            "SELECT id, label, age FROM account ORDER BY id"
        )
    assert made.rows() == ["a6"]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_rows_that_people_wrote(history: Callable[..., History], kind: str) -> None:
    """A database before the range keeps its rows: a renamed column stays what it is."""
    made = history(kind)
    made.steps()
    made.squash("a3:a5")
    made.upgrade("a2")
    made.look("INSERT INTO account (id, name) VALUES (7, 'mine')")
    made.upgrade()
    assert made.look("SELECT id, label, age FROM account ORDER BY id") == [
        (1, "ann:x", 3),
        (2, "it's", 3),
        (7, "mine", 3),
    ]


def test_a_database_inside_runs_what_is_left(history: Callable[..., History], caplog: pytest.LogCaptureFixture) -> None:
    made = history()
    made.steps()
    made.upgrade("a3")
    made.squash("base:a5")
    assert [step.revision for step in command.plan(made.config()).runs[0].steps] == ["a4", "a5", "a6"]
    assert [script.path for script in command.current(made.config())] == [str(made.versions / "replaced/a3.py")]
    caplog.set_level("INFO", "alembic.runtime.migration")
    caplog.clear()
    made.upgrade()
    assert [record.message for record in caplog.records if "->" in record.message] == snapshot(
        [
            "Running upgrade a3 -> a4, a4, a step",
            "Running upgrade a4 -> a5, a5, a step",
            "Running upgrade a5 -> a6, a6, a step",
        ]
    )


def test_inside_nothing_is_known_without_the_revisions(history: Callable[..., History]) -> None:
    made = history()
    made.steps()
    made.upgrade("a3")
    made.squash("base:a5")
    (made.versions / "replaced/a4.py").unlink()
    with pytest.raises(CommandError, match="stands inside of squash a5, of which a4 is no longer there"):
        made.upgrade()


KEYS = {
    "a4": (
        (
            'op.add_column("account", sa.Column("boss", sa.Integer, sa.ForeignKey("account.id", name="fk_boss"), '
            'sa.CheckConstraint("boss > 0", name="ck_boss"), index=True))'
        ),
        "pass",
    ),
    "a5": (
        (
            'kind = op.create_table("kind", sa.Column("name", sa.String(9), primary_key=True))\n'
            '    op.bulk_insert(kind, [{"name": "cat"}])\n'
            '    op.create_table("pet", sa.Column("id", sa.Integer, primary_key=True), sa.Column("kind", '
            'sa.String(9)), sa.ForeignKeyConstraint(["kind"], ["kind.name"], name="fk_kind"))\n'
            '    op.bulk_insert(kind, [{"name": "dog"}])\n'
            '    op.drop_constraint("fk_kind", "pet", type_="foreignkey")\n'
            '    op.alter_column("kind", "name", type_=sa.String(20), existing_type=sa.String(9), nullable=False)\n'
            '    op.alter_column("pet", "kind", type_=sa.String(20), existing_type=sa.String(9))\n'
            '    op.create_foreign_key("fk_kind", "pet", "kind", ["kind"], ["name"])'
        ),
        "pass",
    ),
}


def test_keys_of_a_column_of_a_batch(history: Callable[..., History]) -> None:
    made = history()
    column = KEYS["a4"][0].removeprefix('op.add_column("account", ')
    batch = f'with op.batch_alter_table("account") as b:\n        b.add_column({column}'
    made.steps(a4=(batch, "pass"), a5=("pass", "pass"))
    made.squash("base:a5")
    made.upgrade()
    found = sa.inspect(sa.create_engine(made.url))
    assert [key["name"] for key in found.get_foreign_keys("account")] == ["fk_boss"]
    assert [index["name"] for index in found.get_indexes("account")] == ["ix_account_boss"]
    assert [check["name"] for check in found.get_check_constraints("account")] == ["ck_boss"]


def test_a_batch_is_written_where_the_database_needs_one(history: Callable[..., History]) -> None:
    """What a comparison finds, too, where env.py does not ask for batches."""
    made = history()
    changes = "\n    ".join(
        f'with op.batch_alter_table("{table}") as b: b.alter_column("{column}", type_=sa.String(300))'
        for table, column in (("post", "tmp"), ("account", "label"))
    )
    made.steps(a5=(changes, "pass"))
    made.squash("base:a5")
    made.upgrade()
    found = sa.inspect(sa.create_engine(made.url))
    assert {str(found.get_columns("post")[1]["type"]), str(found.get_columns("account")[1]["type"])} == {"VARCHAR(300)"}


def test_a_check_without_name_that_a_rebuild_loses(history: Callable[..., History]) -> None:
    """Without an edition a batch on SQLite loses it; so does the one of the squash, which Alembic can run."""
    made = history()
    made.steps(
        a4=('op.create_table("post", sa.Column("tmp", sa.String(3)), sa.CheckConstraint("tmp > \'a\'"))', "pass"),
        a5=(
            (
                "op.execute(\"INSERT INTO account (id, label) VALUES (3, 'eve')\")\n"
                '    with op.batch_alter_table("post") as b: b.alter_column("tmp", type_=sa.String(9))'
            ),
            "pass",
        ),
    )
    assert "drop_constraint" not in made.squash("base:a5").source
    made.upgrade()
    assert "CHECK" not in str(made.look("SELECT sql FROM sqlite_master WHERE name = 'post'"))


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_listeners_for_errors_are_called(history: Callable[..., History], kind: str) -> None:
    """What the recording reads of the database on the connection of a script leaves them as they are."""
    made = history(kind)
    fails = (
        "heard, engine = [], op.get_bind().engine\n"
        "    hear = lambda error: heard.append(error)\n"
        '    sa.event.listen(engine, "handle_error", hear)\n'
        "    with op.get_context().autocommit_block():\n"
        "        try:\n"
        '            op.execute("DROP TABLE missing")\n'
        "        except sa.exc.DBAPIError:\n"
        "            pass\n"
        '    sa.event.remove(engine, "handle_error", hear)\n'
        "    assert heard"
    )
    made.steps(a5=(fails, "pass"))
    assert made.squash("base:a6").revision == "a6"


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_keys_of_tables_that_have_rows(history: Callable[..., History], kind: str) -> None:
    """A column brings its key, check and index along; a key goes while types at its ends change, its index stays."""
    made = history(kind)
    made.steps(**KEYS)
    made.squash("base:a5")
    made.upgrade()
    with sa.create_engine(made.url).connect() as connection:
        found = sa.inspect(connection)
        keys = {name: [key["name"] for key in found.get_foreign_keys(name)] for name in ("account", "pet")}
        indexes = {name: [index["name"] for index in found.get_indexes(name)] for name in ("account", "pet")}
        checks = [check["name"] for check in found.get_check_constraints("account")]
    assert (keys, checks) == ({"account": ["fk_boss"], "pet": ["fk_kind"]}, ["ck_boss"])
    assert indexes == {"account": ["ix_account_boss"], "pet": ["fk_kind"] if kind == "mariadb" else []}
