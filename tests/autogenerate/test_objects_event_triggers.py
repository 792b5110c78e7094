"""Event triggers of PostgreSQL: compared as the server writes them, created when everything else is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, Integer, MetaData, Table
from staging import Stage, make_role

from limbeck.errors import CommandError
from limbeck.objects import EventTrigger, Function, View, objects_in


@pytest.fixture
def stage(postgresql_url: str) -> Iterator[Stage]:
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield Stage(connection)
        connection.rollback()


def audit(m: MetaData) -> None:
    """One that lets nobody create anything once it is there."""
    refuses = "BEGIN RAISE 'no % today', tg_tag; END"
    Function("audit", m, f"CREATE FUNCTION audit() RETURNS event_trigger LANGUAGE plpgsql AS $$ {refuses} $$")


def declared(*objects: Callable[[MetaData], Any]) -> Callable[[MetaData], None]:
    def fill(m: MetaData) -> None:
        Table("orders", m, Column("id", Integer, primary_key=True))
        for each in objects:
            each(m)

    return fill


def event_trigger(name: str, sql: str, **options: Any) -> Callable[[MetaData], Any]:
    return lambda m: EventTrigger(name, m, sql, **options)


ON_SEQUENCES = event_trigger(
    "watch",
    "CREATE EVENT TRIGGER watch ON ddl_command_start WHEN TAG IN ('DROP SEQUENCE', 'ALTER SEQUENCE') "
    "EXECUTE PROCEDURE audit()",
)
ON_DOMAINS = event_trigger(
    "watch",
    "create event trigger watch on ddl_command_end when tag in ('CREATE DOMAIN') execute function audit()",
    comment="watches",
)


def watch(name: str, event: str) -> Callable[[MetaData], Any]:
    tags = "'DROP DOMAIN', 'DROP SEQUENCE'"
    return event_trigger(name, f"CREATE EVENT TRIGGER {name} ON {event} WHEN TAG IN ({tags}) EXECUTE FUNCTION audit()")


ODD = event_trigger(
    "Wat ch", "CREATE EVENT TRIGGER \"Wat ch\" ON sql_drop WHEN TAG IN ('DROP DOMAIN') EXECUTE FUNCTION public.audit()"
)

PAIRS: dict[str, tuple[Any, Any]] = {
    "one comes": (declared(audit), declared(ON_SEQUENCES, audit)),
    "several change": (
        declared(*(watch(name, "sql_drop") for name in "cab"), audit),
        declared(*(watch(name, "ddl_command_end") for name in "bac"), audit),
    ),
    "one changes": (declared(ON_SEQUENCES, audit), declared(ODD, ON_DOMAINS, audit)),
}


@pytest.mark.parametrize("name", PAIRS)
def test_there_and_back(stage: Stage, name: str) -> None:
    stage.there_and_back(*PAIRS[name])


def test_it_does_not_fire_while_objects_are_compared(stage: Stage) -> None:
    every = event_trigger("every", "CREATE EVENT TRIGGER every ON ddl_command_start EXECUTE FUNCTION audit()")
    views = [lambda m, n=n: View(f"v{n}", m, "SELECT id FROM orders") for n in range(3)]
    script = stage.compare(declared(every, audit, *views))
    assert len(list(script.upgrade_ops.as_diffs())) == 6
    assert stage.connection.scalar(sa.text("SELECT count(*) FROM pg_event_trigger")) == 0
    assert stage.text(script.upgrade_ops).splitlines()[-1].startswith("op.create_object('event_trigger', 'every'")


def test_a_role_that_is_no_superuser(stage: Stage) -> None:
    make_role(stage.connection, "limbeck_reader")
    database = stage.connection.engine.url.database
    stage.connection.exec_driver_sql(f'GRANT ALL ON DATABASE "{database}" TO limbeck_reader')
    stage.connection.exec_driver_sql("SET ROLE limbeck_reader")
    with pytest.raises(CommandError, match='permission denied to create event trigger "limbeck_scratch') as raised:
        stage.compare(declared(ON_SEQUENCES, audit))
    assert raised.value.code == "needs-superuser"
    stage.connection.rollback()


def test_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "watch.sql").write_text("CREATE EVENT TRIGGER watch ON sql_drop EXECUTE FUNCTION audit();")
    assert [(each.kind, each.name) for each in objects_in(tmp_path, MetaData())] == [("event_trigger", "watch")]
