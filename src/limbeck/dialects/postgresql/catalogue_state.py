"""What the catalogue says of the object that a DDL statement names, so that one that was carried out shows in it.

An index that is not valid counts as none: the statement that left it has not been carried out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_NAME = r"(?:\"(?:[^\"]|\"\")+\"|[\w$]+)"
_PLACE = rf"{_NAME}(?:\s*\.\s*{_NAME})?"
_START = r"(?:\s|/\*.*?\*/|--[^\n]*\n)*"
_EXISTS = r"(?:IF\s+(?:NOT\s+)?EXISTS\s+)?"
_END = r"\s*(?:CASCADE|RESTRICT)?\s*;?\s*$"

_INDEX = sa.text("""
SELECT coalesce((
    SELECT pg_get_indexdef(i.indexrelid) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    WHERE i.indisvalid AND i.indrelid = to_regclass(:place) AND c.relname = (parse_ident(:name))[1]), '')
""")
_RELATION = sa.text("SELECT coalesce(to_regclass(:place)::oid::text, '')")
_TABLE = sa.text("""
SELECT coalesce((SELECT concat_ws(' | ', c.relname, c.relkind, c.reloptions::text, c.relrowsecurity,
        pg_get_expr(c.relpartbound, c.oid),
        (SELECT string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                a.attidentity, a.attstattarget, pg_get_expr(d.adbin, d.adrelid)),
                ', ' ORDER BY a.attnum)
            FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid,
                a.attnum) WHERE a.attrelid = c.oid AND a.attnum > 0),
        (SELECT string_agg(concat_ws(' ', k.conname, pg_get_constraintdef(k.oid)), ', ' ORDER BY k.conname)
            FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid),
        (SELECT string_agg(h.inhrelid::text, ', ' ORDER BY h.inhrelid) FROM pg_catalog.pg_inherits h
            WHERE h.inhparent = c.oid))
    FROM pg_catalog.pg_class c WHERE c.oid = to_regclass(:place)), '')
""")
_LABELS = sa.text("""
SELECT coalesce(string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder), '')
FROM pg_catalog.pg_enum e WHERE e.enumtypid = to_regtype(:place)
""")

_FORMS: tuple[tuple[str, sa.TextClause], ...] = (
    (
        rf"CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?:CONCURRENTLY\s+)?{_EXISTS}(?P<name>{_NAME})\s+ON\s+(?:ONLY\s+)?(?P<place>{_PLACE})",
        _INDEX,
    ),
    (rf"DROP\s+INDEX\s+(?:CONCURRENTLY\s+)?{_EXISTS}(?P<place>{_PLACE}){_END}", _RELATION),
    (
        rf"CREATE\s+(?:UNLOGGED\s+)?(?:TABLE|SEQUENCE|VIEW|MATERIALIZED\s+VIEW)\s+{_EXISTS}(?P<place>{_PLACE})",
        _RELATION,
    ),
    (
        rf"DROP\s+(?:TABLE|SEQUENCE|(?:MATERIALIZED\s+)?VIEW)\s+{_EXISTS}(?P<place>{_PLACE}){_END}",
        _RELATION,
    ),
    (
        rf"ALTER\s+TABLE\s+{_EXISTS}(?:ONLY\s+)?(?P<place>{_PLACE})\s+(?:ADD|DROP|ALTER|RENAME|VALIDATE|ATTACH|DETACH)\b",
        _TABLE,
    ),
    (rf"ALTER\s+TYPE\s+(?P<place>{_PLACE})\s+(?:ADD|RENAME)\s+VALUE\b", _LABELS),
)
"""Statements by their form, with the question to the catalogue."""


def state(connection: Connection, statement: str) -> str | None:
    """The state of the object that ``statement`` names; None where it may be carried out without a trace in it."""
    for form, question in _FORMS:
        if found := re.match(_START + form, statement, re.IGNORECASE | re.DOTALL):
            return str(connection.scalar(question, found.groupdict()))
    return None
