# ruff: noqa: E501 - messages are lines
"""What is at fault with objects of PostgreSQL, each as the one line that a person reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from inline_snapshot import snapshot
from staging import Stage, make_role

from limbeck.errors import CommandError
from limbeck.objects import View
from limbeck.operations import Operations

ROLE = "limbeck_stranger"


@pytest.fixture
def stage(postgresql_url: str) -> Iterator[Stage]:
    """A table with a view, and a role that owns neither."""
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        make_role(connection, ROLE)
        connection.exec_driver_sql("CREATE TABLE item (id int, price int)")
        connection.exec_driver_sql("CREATE VIEW dear AS SELECT id, price FROM item WHERE price > 10")
        connection.commit()
        yield Stage(connection)
        connection.rollback()
        connection.exec_driver_sql("RESET ROLE")
        connection.exec_driver_sql(f"DROP OWNED BY {ROLE} CASCADE")
        connection.commit()


def said(work: Callable[[], object]) -> tuple[str, str, str]:
    """Code, message and hint of the error that ``work`` raises."""
    with pytest.raises(CommandError) as raised:
        work()
    error = raised.value
    assert "\n" not in str(error)
    return error.code, str(error), str(error.hint)


def test_an_error_in_a_file_has_its_line(stage: Stage, tmp_path: Path) -> None:
    path = tmp_path / "dear.sql"
    path.write_text("SELECT id\nFROM item\nWHER price > 10\n")
    with pytest.raises(CommandError) as raised:
        stage.compare(lambda m: View.from_file(path, m))
    assert (raised.value.file, raised.value.line) == (str(path), 3)
    assert (raised.value.code, str(raised.value)) == snapshot(
        ("object-syntax", 'The database refuses view dear, line 3 of its text: syntax error at or near "price"')
    )


def test_a_circle(stage: Stage) -> None:
    def fill(m: sa.MetaData) -> None:
        View("a", m, "SELECT * FROM c")
        View("b", m, "SELECT * FROM a")
        View("c", m, "SELECT * FROM b")

    assert said(lambda: stage.compare(fill)) == snapshot(
        (
            "objects-in-a-circle",
            "Objects stand on each other in a circle: view b -> view a -> view c -> view b",
            "take one of the names out of one of the definitions",
        )
    )


@pytest.mark.parametrize(
    ("rights", "work", "expected"),
    [
        (
            "",
            lambda op: op.create_view("cheap", "SELECT 1 AS a"),
            snapshot(
                (
                    "object-not-allowed",
                    "view cheap cannot be created: permission denied for schema public",
                    "run it as the role that owns the object, or as a member of it, or have that role grant the right",
                )
            ),
        ),
        (
            f"GRANT CREATE ON SCHEMA public TO {ROLE}; GRANT SELECT ON item TO {ROLE}",
            lambda op: op.replace_view("dear", "SELECT id, price FROM item"),
            snapshot(
                (
                    "object-not-allowed",
                    "view dear cannot be replaced: must be owner of view dear",
                    "run it as the role that owns the object, or as a member of it, or have that role grant the right",
                )
            ),
        ),
        (
            f"GRANT CREATE ON SCHEMA public TO {ROLE}; GRANT SELECT ON item TO {ROLE}",
            lambda op: op.replace_view("dear", "SELECT id FROM item"),
            snapshot(
                (
                    "object-not-allowed",
                    "view dear cannot be replaced: must be owner of view dear",
                    "run it as the role that owns the object, or as a member of it, or have that role grant the right",
                )
            ),
        ),
        (
            "",
            lambda op: op.drop_view("dear"),
            snapshot(
                (
                    "object-not-allowed",
                    "view dear cannot be dropped: must be owner of view dear",
                    "run it as the role that owns the object, or as a member of it, or have that role grant the right",
                )
            ),
        ),
        (
            f"ALTER TABLE item OWNER TO {ROLE}",
            lambda op: op.alter_column("item", "price", type_=sa.BigInteger()),
            snapshot(
                (
                    "object-not-allowed",
                    "view public.dear cannot be dropped for the change beneath it, and created again after it: must be owner of view dear",
                    "run it as the role that owns the object, or as a member of it, or have that role grant the right",
                )
            ),
        ),
    ],
    ids=["no right to create", "another's view", "another's view, other columns", "a drop", "beneath another's view"],
)
def test_what_another_role_owns(
    stage: Stage, rights: str, work: Callable[[Operations], object], expected: tuple[str, str, str]
) -> None:
    for statement in ("REVOKE CREATE ON SCHEMA public FROM PUBLIC", *filter(None, rights.split("; "))):
        stage.connection.exec_driver_sql(statement)
    stage.connection.exec_driver_sql(f"SET ROLE {ROLE}")
    stage.connection.commit()
    assert said(lambda: work(Operations(stage.context()))) == expected
