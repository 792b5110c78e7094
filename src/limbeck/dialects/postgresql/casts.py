"""How the values of a column get another type."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

# text takes any type (PostgreSQL manual, CREATE CAST, "I/O conversion casts"); arrays as their elements do
_CAN_ASSIGN = sa.text("""
    SELECT t.typcategory = 'S' OR s.oid = t.oid OR EXISTS (
        SELECT 1 FROM pg_catalog.pg_cast c WHERE c.castcontext IN ('a', 'i')
            AND c.castsource = coalesce(nullif(s.typelem, 0), s.oid)
            AND c.casttarget = coalesce(nullif(t.typelem, 0), t.oid)
            AND (s.typcategory = 'A') = (t.typcategory = 'A'))
    FROM pg_catalog.pg_type s, pg_catalog.pg_type t
    WHERE s.oid = to_regtype(regexp_replace(:source, ' COLLATE .*', ''))
        AND t.oid = to_regtype(regexp_replace(:target, ' COLLATE .*', ''))
""")
_TEXT = re.compile(r"(?:TEXT|VARCHAR|CHAR)(?:\(.*\))?")
_HEXADECIMAL = re.compile(r"(?:VAR)?CHAR\(32\)")
_NUMBER = re.compile(r"(?:SMALLINT|INTEGER|BIGINT|NUMERIC|DECIMAL|REAL|FLOAT|DOUBLE PRECISION)(?:\(.*\))?")


def using(connection: Connection | None, column: str, old: str, new: str) -> str | None:
    """The expression after USING that converts a column: by its text, and between booleans and numbers by value.

    A UUID in 32 characters is without hyphens, as SQLAlchemy writes it where it is not of the database's own type.

    :param column: the column, quoted for SQL. :param old: its type. :param new: the new type.
    :return: None if PostgreSQL has an assignment cast, or there is no connection to ask.
    """
    if old == "UUID" and _HEXADECIMAL.fullmatch(new):
        return f"replace({column}::text, '-', '')"
    if connection is None or connection.scalar(_CAN_ASSIGN, {"source": old, "target": new}):
        return None
    if old == "BOOLEAN" and _NUMBER.fullmatch(new):
        return f"{column}::integer" if new == "INTEGER" else f"{column}::integer::{new}"
    if new == "BOOLEAN" and _NUMBER.fullmatch(old):
        return f"{column} <> 0"
    return f"{column}::{new}" if _TEXT.fullmatch(old) else f"{column}::text::{new}"
