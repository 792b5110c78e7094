"""alembic-postgresql-enum: an enum's values added, renamed and removed by autogenerate, up and down, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shop import environment

MODELS = """
    import alembic_postgresql_enum
    import sqlalchemy as sa

    metadata = sa.MetaData()

    def at(phase):
        metadata.clear()
        columns = [sa.Column("id", sa.Integer, primary_key=True)]
        values = [
            None,
            ["new", "paid"],
            ["new", "paid", "sent"],  # added
            ["open", "paid", "sent"],  # renamed
            ["open", "sent"],  # removed
        ][phase]
        if values:
            status = sa.Enum(*values, name="status")
            columns.append(sa.Column("status", status, server_default=values[0]))
            columns.append(sa.Column("earlier", sa.ARRAY(status)))
        sa.Table("purchase", metadata, *columns)
    """

WALK = """
    import json, sys
    import sqlalchemy as sa
    from pathlib import Path
    from alembic import command
    from alembic.config import Config
    sys.path.insert(0, ".")
    import models

    config = Config("alembic.ini")
    engine = sa.create_engine(config.get_main_option("sqlalchemy.url"), poolclass=sa.pool.NullPool)

    def ask(query):
        with engine.begin() as connection:
            return [list(row) for row in connection.execute(sa.text(query))]

    def state():
        return {
            "values": [value for [value] in ask("select enumlabel from pg_enum order by enumsortorder")],
            "default": ask("select column_default from information_schema.columns where column_name = 'status'"),
        }

    RENAMED = {"new": "open"}
    seen, diffs = [], []
    for phase in range(5):
        models.at(phase)
        command.revision(config, message=f"phase {phase}", autogenerate=True, rev_id=f"a{phase}")
        if phase == 3:  # what the library's documentation tells people to write by hand
            path = Path("migrations/versions/a3_phase_3.py")
            text = path.read_text()
            assert text.count("enum_values_to_rename=[]") == 2, text
            up, _, down = text.partition("def downgrade")
            up = up.replace("enum_values_to_rename=[]", "enum_values_to_rename=[('new', 'open')]")
            down = down.replace("enum_values_to_rename=[]", "enum_values_to_rename=[('open', 'new')]")
            path.write_text(up + "def downgrade" + down)
        command.upgrade(config, "head")
        seen.append(state())
        command.check(config)
        if phase == 1:
            ask("insert into purchase (id, earlier) values (1, array['new', 'new']::status[]) returning 1")
    rows = []
    for phase in (4, 3, 2, 1):
        command.downgrade(config, "-1")
        assert state() == seen[phase - 1], (phase, state(), seen[phase - 1])
        if phase == 2:
            rows.append(ask("select id, status::text, earlier::text from purchase"))
    command.downgrade(config, "base")
    assert not state()["values"]
    scripts = {path.name: path.read_text() for path in sorted(Path("migrations/versions").glob("*.py"))}
    print(json.dumps({"states": seen, "rows": rows, "scripts": scripts}))
    """


def test_values_added_renamed_and_removed_and_back(
    both: Callable[..., Any], two_postgresql_urls: tuple[str, str]
) -> None:
    found = both(WALK, lambda url: environment(url, MODELS), two_postgresql_urls)
    assert [state["values"] for state in found["states"]] == [
        [],
        ["new", "paid"],
        ["new", "paid", "sent"],
        ["open", "paid", "sent"],
        ["open", "sent"],
    ]
    assert found["rows"] == [[[1, "new", "{new,new}"]]]
    scripts = found["scripts"]
    assert "op.add_enum_value(" in scripts["a2_phase_2.py"]
    assert "op.sync_enum_values(" in scripts["a4_phase_4.py"]


BECOMES = """
    import alembic_postgresql_enum
    import sqlalchemy as sa

    metadata = sa.MetaData()

    def at(phase):
        metadata.clear()
        kinds = [
            sa.String(20),
            sa.Enum("new", "paid", name="status"),
            sa.Enum("new", "paid", "sent", name="state"),
        ]
        sa.Table("purchase", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("kind", kinds[phase]))
    """

CHANGES = """
    import json, sys
    import sqlalchemy as sa
    from pathlib import Path
    from alembic import command
    from alembic.config import Config
    sys.path.insert(0, ".")
    import models

    config = Config("alembic.ini")
    engine = sa.create_engine(config.get_main_option("sqlalchemy.url"), poolclass=sa.pool.NullPool)
    for phase in range(3):
        models.at(phase)
        command.revision(config, message=f"phase {phase}", autogenerate=True, rev_id=f"a{phase}")
        command.upgrade(config, "head")
        if phase == 0:
            with engine.begin() as connection:
                connection.execute(sa.text("INSERT INTO purchase VALUES (1, 'paid')"))
    with engine.connect() as connection:
        rows = [list(row) for row in connection.execute(sa.text("SELECT * FROM purchase"))]
    scripts = [path.read_text() for path in sorted(Path("migrations/versions").glob("*.py"))]
    print(json.dumps({"rows": rows, "upgrades": [text.partition("def downgrade")[0] for text in scripts]}))
    """


def test_text_becomes_an_enum_and_that_another(both: Callable[..., Any], two_postgresql_urls: tuple[str, str]) -> None:
    """The library cuts off the end of the rendered call, and appends ``postgresql_using=``."""
    found = both(CHANGES, lambda url: environment(url, BECOMES), two_postgresql_urls)
    assert found["rows"] == [[1, "paid"]]
    assert [text.count("postgresql_using=") for text in found["upgrades"]] == [0, 1, 1]
