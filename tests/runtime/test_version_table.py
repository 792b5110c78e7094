"""The version table: its column, and its rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from project import Project, table

from limbeck import command
from limbeck.errors import CommandError
from limbeck.runtime.migration import MigrationContext

LONG = "2026_11_22_add_the_customers_loyalty_points"


# --- ids longer than the column ---------------------------------------------------------------------------------------


def test_a_new_table_is_wide_enough_for_the_longest_id(project: Project) -> None:
    project.line("a1")
    project.script(LONG, "a1")
    project.upgrade("a1")
    project.upgrade()
    assert project.rows() == [LONG]


def test_without_long_ids_the_table_is_the_references(project: Project) -> None:
    project.line("a1")
    project.upgrade()
    (column,) = project.look(lambda connection: sa.inspect(connection).get_columns("alembic_version"))
    key = project.look(lambda connection: sa.inspect(connection).get_pk_constraint("alembic_version"))
    assert (column["name"], column["type"].length, column["nullable"]) == ("version_num", 32, False)
    assert key["constrained_columns"] == ["version_num"]
    if not project.url.startswith("mysql"):
        assert key["name"] == "alembic_version_pkc"


@pytest.mark.parametrize("backend", ["postgresql", "mariadb"])
def test_an_id_that_the_column_does_not_hold_is_refused_before_anything_runs(
    make: Callable[..., Project], backend: str
) -> None:
    project = make(backend)
    project.line("a1")
    project.upgrade()
    project.script("a2", "a1")
    project.script(LONG, "a2")
    with pytest.raises(CommandError) as error:
        project.upgrade()
    assert error.value.code == "revision-id-too-long"
    assert (project.rows(), project.tables()) == (["a1"], ["t_a1"])
    statement = (error.value.hint or "").partition(": ")[2]
    project.execute(statement)
    project.upgrade()
    assert project.rows() == [LONG]


def test_a_long_id_that_is_not_reached_does_not_matter(postgres: Project) -> None:
    postgres.line("a1")
    postgres.upgrade()
    postgres.script("a2", "a1")
    postgres.script(LONG, "a2")
    postgres.upgrade("a2")
    assert postgres.rows() == ["a2"]


def test_sqlite_holds_any_length(lite: Project) -> None:
    lite.line("a1")
    lite.upgrade()
    lite.script(LONG, "a1")
    lite.upgrade()
    assert lite.rows() == [LONG]


def test_stamp_is_refused_too(postgres: Project) -> None:
    postgres.line("a1")
    postgres.upgrade()
    postgres.script(LONG, "a1")
    with pytest.raises(CommandError, match="characters"):
        command.stamp(postgres.configure(), "head")


def test_the_script_makes_the_column_wide_too(postgres: Project) -> None:
    postgres.script(LONG)
    assert "version_num VARCHAR(255) NOT NULL" in postgres.sql()


# --- rows that this checkout lacks ------------------------------------------------------------------------------------


@pytest.fixture
def ahead(project: Project) -> Project:
    """A database that a newer checkout has upgraded: the row is ``zz``."""
    project.line("a1", "a2")
    project.upgrade()
    project.execute("UPDATE alembic_version SET version_num = 'zz'")
    return project


def test_upgrade_says_which_rows_are_unknown_and_runs_nothing(ahead: Project) -> None:
    code, said = ahead.run("upgrade", "head")
    assert code == 3
    assert "zz" in said
    assert "hint: " in said
    assert ahead.rows() == ["zz"]


def test_current_shows_the_unknown_row(ahead: Project) -> None:
    code, said = ahead.run("current")
    assert code == 0
    assert "zz" in said


def test_stamp_purge_is_the_way_out(ahead: Project) -> None:
    code, said = ahead.run("stamp", "--purge", "a2")
    assert (code, ahead.rows()) == (0, ["a2"]), said


# --- rows of branches and dependencies --------------------------------------------------------------------------------


def rows_after(project: Project, *words: str) -> list[str] | None:
    (command.upgrade if words[0] == "up" else command.downgrade)(project.configure(), words[1])
    return project.rows()


def test_rows_of_a_branch_and_its_merge(project: Project) -> None:
    """
    a - b1 - m
      - b2 -
    """
    project.line("a")
    project.script("b1", "a")
    project.script("b2", "a")
    project.script("m", ("b1", "b2"))
    assert rows_after(project, "up", "b1") == ["b1"]
    assert rows_after(project, "up", "b2") == ["b1", "b2"]
    assert rows_after(project, "up", "m") == ["m"]
    assert rows_after(project, "down", "b1") == ["b1", "b2"]
    assert rows_after(project, "down", "base") == []
    assert project.rows() == []


def test_a_row_that_another_depends_on_is_taken_over_and_comes_back(project: Project) -> None:
    """
    a1 - a2
    b1 - b2 (depends on a2)
    """
    project.line("a1", "a2")
    project.script("b1", None, labels=("b",))
    project.script("b2", "b1", depends="a2")
    assert rows_after(project, "up", "a2") == ["a2"]
    assert rows_after(project, "up", "b1") == ["a2", "b1"]
    assert rows_after(project, "up", "b2") == ["b2"]
    assert rows_after(project, "down", "b@b1") == ["a2", "b1"]


def test_a_row_that_moved_meanwhile_is_an_error(lite: Project) -> None:
    lite.line("a1")
    lite.upgrade()
    lite.script("a2", "a1", "op.execute(\"UPDATE alembic_version SET version_num = 'other'\")")
    with pytest.raises(CommandError) as error:
        lite.upgrade()
    assert str(error.value) == (
        "Online migration expected to match one row when updating 'a1' to 'a2' in 'alembic_version'; 0 found"
    )


def test_a_row_that_should_be_deleted_and_is_not_there_is_an_error(project: Project) -> None:
    project.script("a1", None, undo='op.execute("DELETE FROM alembic_version")')
    project.upgrade()
    with pytest.raises(CommandError, match="when deleting 'a1' in 'alembic_version'; 0 found"):
        project.downgrade()


# --- its name, schema, key and life -----------------------------------------------------------------------------------


def test_the_table_is_made_by_mutating_commands_only_and_never_dropped(project: Project) -> None:
    project.line("a1")
    command.current(project.configure())
    assert project.rows() is None
    command.ensure_version(project.configure())
    assert project.rows() == []
    project.upgrade()
    project.downgrade()
    assert project.rows() == []


def test_name_schema_and_key_can_be_chosen(postgres: Project) -> None:
    postgres.execute("CREATE SCHEMA own")
    postgres.connected(configure="version_table='versions', version_table_schema='own', version_table_pk=False")
    postgres.line("a1", "a2")
    postgres.upgrade()
    assert postgres.rows("own.versions") == ["a2"]
    key = postgres.look(lambda connection: sa.inspect(connection).get_pk_constraint("versions", "own"))
    assert key["constrained_columns"] == []
    postgres.downgrade("a1")
    assert postgres.rows("own.versions") == ["a1"]


def test_a_dialect_may_give_the_table_another_structure(lite: Project) -> None:
    lite.connected(
        before="""
        from limbeck.dialects.sqlite import SQLiteImpl
        class Timed(SQLiteImpl):
            __dialect__ = "sqlite"
            def version_table_impl(self, **kw):
                made = super().version_table_impl(**kw)
                made.append_column(sa.Column("at", sa.DateTime, server_default=sa.func.now()))
                return made
        """,
        body="""
        with context.begin_transaction():
            context.run_migrations()
        from limbeck.ddl.impl import _impls
        _impls["sqlite"] = SQLiteImpl
        """,
    )
    lite.line("a1", "a2")
    lite.upgrade()
    assert lite.rows() == ["a2"]
    assert lite.column("SELECT at FROM alembic_version") != [None]


def test_ids_with_quotes_and_percent_signs(project: Project) -> None:
    project.script("it's%s", None, table("t"), 'op.drop_table("t")')
    project.upgrade("heads")
    assert project.rows() == ["it's%s"]
    project.downgrade()
    assert project.rows() == []


# --- MigrationContext alone -------------------------------------------------------------------------------------------


def test_a_context_alone_tells_where_the_database_is(project: Project) -> None:
    project.line("a")
    project.script("b1", "a")
    project.script("b2", "a")

    def heads(connection: sa.Connection) -> tuple[str, ...]:
        return MigrationContext.configure(connection).get_current_heads()

    assert project.look(heads) == ()
    assert project.look(lambda connection: MigrationContext.configure(connection).get_current_revision()) is None
    project.upgrade("heads")
    assert sorted(project.look(heads)) == ["b1", "b2"]
    with pytest.raises(CommandError) as error:
        project.look(lambda connection: MigrationContext.configure(connection).get_current_revision())
    assert str(error.value) == (
        "Version table 'alembic_version' has more than one head present; please use get_current_heads()"
    )


def test_a_context_alone_stamps(project: Project) -> None:
    from limbeck.script import ScriptDirectory

    project.line("a1", "a2")
    scripts = ScriptDirectory.from_config(project.config)
    project.look(lambda connection: MigrationContext.configure(connection).stamp(scripts, "a2"))
    assert project.rows() == ["a2"]
    assert project.tables() == []
