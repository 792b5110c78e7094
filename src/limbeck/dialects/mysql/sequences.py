"""MariaDB's sequences: those of a schema, and the options that it gives to those of models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from limbeck import sqla

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_OPTIONS = {
    "start": "start_value",
    "increment": "increment",
    "minvalue": "minimum_value",
    "maxvalue": "maximum_value",
    "cache": "cache_size",
    "cycle": "cycle_option",
}
_MOST = 2**63 - 2  # the largest number of its type is not a value of a sequence

USUAL = {"start": 1, "increment": 1, "minvalue": 1, "maxvalue": _MOST, "cache": 1000, "cycle": False}
"""The options of a sequence that is created without any (MariaDB manual, CREATE SEQUENCE)."""


def sequences(connection: Connection, schema: str | None) -> dict[str, dict[str, Any]]:
    """The sequences of a schema, with options as `sqlalchemy.Sequence` takes them."""
    preparer = sqla.for_script(connection.dialect).identifier_preparer
    return {
        name: _options(connection, preparer.format_sequence(sa.Sequence(name, schema=schema)))
        for name in sequence_names(connection, schema)
    }


def sequence_names(connection: Connection, schema: str | None) -> list[str]:
    """The names of the sequences of a schema."""
    preparer = sqla.for_script(connection.dialect).identifier_preparer
    place = "" if schema is None else f" FROM {preparer.quote_schema(schema)}"
    query = f"SHOW FULL TABLES{place} WHERE Table_type = 'SEQUENCE'"
    return list(connection.execute(sqla.as_written(query)).scalars())


def _options(connection: Connection, sequence: str) -> dict[str, Any]:
    query = f"SELECT {', '.join(_OPTIONS.values())} FROM {sequence}"  # noqa: S608 quoted
    options = dict(zip(_OPTIONS, connection.execute(sqla.as_written(query)).one(), strict=True))
    return options | {"cycle": bool(options["cycle"])}


def completed(sequence: sa.Sequence) -> dict[str, Any]:
    """All options of a sequence of the models, by MariaDB's rules.

    The server cannot be asked: creating even a temporary sequence would end the transaction.
    """
    given = {name: value for name in _OPTIONS if (value := getattr(sequence, name, None)) is not None}
    goes_up = given.get("increment", 1) > 0
    least, most = (1, _MOST) if goes_up else (-_MOST - 1, -1)
    bounds = {"minvalue": given.get("minvalue", least), "maxvalue": given.get("maxvalue", most)}
    return USUAL | bounds | {"start": bounds["minvalue" if goes_up else "maxvalue"]} | given
