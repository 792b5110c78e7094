"""A database copied by its own words: what SHOW CREATE tells of each object, and the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from limbeck import sqla
from limbeck.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.engine import Connection

_TABLES = "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = :name ORDER BY table_name"
_GENERATED = (
    "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = :name "
    "AND extra LIKE '% GENERATED%'"
)
_COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_schema = :name AND table_name = :table"
_TRIGGERS = (
    "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = :name "
    "ORDER BY event_object_table, action_timing, event_manipulation, action_order"
)
_ROUTINES = "SELECT routine_type, routine_name FROM information_schema.routines WHERE routine_schema = :name"
_EVENTS = "SELECT event_name FROM information_schema.events WHERE event_schema = :name"

_AS_A_DUMP = "NO_AUTO_VALUE_ON_ZERO"
"""The ``sql_mode`` in which tables can be made and filled, whatever their defaults and keys are."""


class Statement(NamedTuple):
    """A statement of a copy.

    :param text: it, with the name of the database that was read wherever it names it.
    :param mode: the ``sql_mode`` that it is written in, None: that of a dump. :param collation: that of its literals,
        None where it has none of its own.
    """

    text: str
    mode: str | None = None
    collation: str | None = None


class DatabaseText:
    """What makes a database equal to another one of the server.

    :param connection: reads it. :param name: the database that is read.
    :raises CommandError: where the account may not read a routine.
    """

    def __init__(self, connection: Connection, name: str) -> None:
        self._name = name
        self._statements = list(_statements(connection, name))
        self._views = list(_views(connection, name))

    def replay(self, connection: Connection, copy: str) -> None:
        """Make everything in the empty database ``copy``.

        :param connection: a session that is used for this alone, in autocommit mode.
        """
        connection.exec_driver_sql(f"USE {_quoted(copy)}")
        connection.exec_driver_sql(f"SET SESSION foreign_key_checks = 0, unique_checks = 0, sql_mode = '{_AS_A_DUMP}'")
        for statement in self._statements:
            self._send(connection, statement, copy)
        self._views = self._send_views(connection, copy)

    def _send_views(self, connection: Connection, copy: str) -> list[Statement]:
        """Make the views, those first that others read.

        :return: them in the order in which that went.
        """
        made: list[Statement] = []
        waiting = list(self._views)
        while waiting:
            refused: list[tuple[Statement, DBAPIError]] = []
            for view in waiting:
                try:
                    self._send(connection, view, copy)
                    made.append(view)
                except DBAPIError as error:
                    refused.append((view, error))
            if len(refused) == len(waiting):
                raise refused[0][1]
            waiting = [view for view, _ in refused]
        return made

    def _send(self, connection: Connection, statement: Statement, copy: str) -> None:
        for name, value in (("sql_mode", statement.mode), ("collation_connection", statement.collation)):
            if value is not None:
                connection.execute(sa.text(f"SET SESSION {name} = :value"), {"value": value})
        connection.execute(sqla.verbatim(statement.text.replace(_quoted(self._name), _quoted(copy))))


def _statements(connection: Connection, name: str) -> Iterator[Statement]:
    """Everything but the views: what others need first."""
    kinds = {str(table): str(kind) for table, kind in connection.execute(sa.text(_TABLES), {"name": name})}
    sequences = [table for table, kind in kinds.items() if kind == "SEQUENCE"]
    tables = [table for table, kind in kinds.items() if kind not in {"SEQUENCE", "VIEW", "SYSTEM VIEW"}]
    for sequence in sequences:
        yield Statement(_shown(connection, "SEQUENCE", name, sequence).text)
        place = f"{_quoted(name)}.{_quoted(sequence)}"
        value = connection.scalar(sa.select(sa.text("next_not_cached_value")).select_from(sa.text(place)))
        yield Statement(f"DO SETVAL({place}, {value}, 0)")
    for table in tables:
        yield Statement(_shown(connection, "TABLE", name, table).text)
    generated = {(str(table), str(column)) for table, column in connection.execute(sa.text(_GENERATED), {"name": name})}
    for table in _filled(connection, name, tables):
        columns = connection.scalars(sa.text(_COLUMNS), {"name": name, "table": table})
        names = ", ".join(_quoted(str(column)) for column in columns if (table, str(column)) not in generated)
        read = f"{name}.{_quoted(table)}"  # without quotes: this name stays
        yield Statement(f"INSERT INTO {_quoted(table)} ({names}) SELECT {names} FROM {read}")  # noqa: S608 quoted names
    for kind, routine in connection.execute(sa.text(_ROUTINES), {"name": name}):
        yield _shown(connection, str(kind), name, str(routine))
    for trigger in connection.scalars(sa.text(_TRIGGERS), {"name": name}):
        yield _shown(connection, "TRIGGER", name, str(trigger))
    for event in connection.scalars(sa.text(_EVENTS), {"name": name}):
        yield _shown(connection, "EVENT", name, str(event))


def _views(connection: Connection, name: str) -> Iterator[Statement]:
    for table, kind in connection.execute(sa.text(_TABLES), {"name": name}):
        if kind == "VIEW":
            yield _shown(connection, "VIEW", name, str(table))


def _shown(connection: Connection, kind: str, name: str, what: str) -> Statement:
    """What SHOW CREATE says."""
    answer = connection.exec_driver_sql(f"SHOW CREATE {kind} {_quoted(name)}.{_quoted(what)}").mappings().one()
    told = {str(key).lower(): value for key, value in answer.items()}
    text = next(value for key, value in told.items() if key.startswith("create ") or key == "sql original statement")
    if text is None:
        raise CommandError(
            f"The account may not read the {kind.lower()} {what}, so that the database cannot be copied",
            code="no-scratch",
            hint="let the account own it, or grant it SHOW CREATE ROUTINE",
        )
    return Statement(str(text), told.get("sql_mode"), told.get("collation_connection"))


def _filled(connection: Connection, name: str, tables: Sequence[str]) -> list[str]:
    """Those of the tables that have rows."""
    found: list[str] = []
    for first in range(0, len(tables), 50):
        asked = tables[first : first + 50]
        query = " UNION ALL ".join(
            f"SELECT {number} FROM DUAL WHERE EXISTS (SELECT 1 FROM {_quoted(name)}.{_quoted(table)})"  # noqa: S608 quoted
            for number, table in enumerate(asked)
        )
        found += [asked[int(number)] for number in connection.execute(sqla.verbatim(query)).scalars()]
    return found


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
