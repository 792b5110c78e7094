"""Statements that sqlglot takes for a command that it does not know, as VALIDATE CONSTRAINT, read by their words."""

from __future__ import annotations

import re

from limbeck.ddl.locks import NAME, TABLE, unquoted

from . import changes

_I = re.IGNORECASE | re.DOTALL
_ALTER = re.compile(rf"ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?(?P<table>{TABLE})\s+(?P<what>.*)", _I)
_VALIDATE = re.compile(rf"VALIDATE\s+CONSTRAINT\s+(?P<name>{NAME})", _I)
_USING_INDEX = re.compile(
    rf"ADD\s+(?:CONSTRAINT\s+(?P<name>{NAME})\s+)?(?P<kind>UNIQUE|PRIMARY\s+KEY)\s+USING\s+INDEX", _I
)
_NOT_NULL = re.compile(
    rf"ADD\s+(?:CONSTRAINT\s+{NAME}\s+)?NOT\s+NULL\s+(?P<column>{NAME})\s*(?P<how>NOT\s+VALID)?\s*$", _I
)
_CHECK = re.compile(r"ADD\s+CHECK\s*(?P<condition>\(.*\))\s*(?P<how>NOT\s+VALID)?\s*$", _I)
_ATTACH = re.compile(rf"ATTACH\s+PARTITION\s+(?P<partition>{TABLE})\s+(?P<bounds>.*)", _I)
_DETACH = re.compile(rf"DETACH\s+PARTITION\s+(?P<partition>{TABLE})(?P<how>\s+CONCURRENTLY)?", _I)
_MOVED = re.compile(r"SET\s+(?:TABLESPACE|ACCESS\s+METHOD)\b", _I)
_VALUE = re.compile(
    rf"ALTER\s+TYPE\s+(?P<type>{TABLE})\s+(?P<verb>ADD|RENAME)\s+VALUE\s+(?:IF\s+NOT\s+EXISTS\s+)?'(?P<value>[^']*)'"
    r"(?:\s+TO\s+'(?P<new>[^']*)')?",
    _I,
)
_REINDEX = re.compile(
    rf"REINDEX\s+(?:\([^)]*\)\s*)?(?P<kind>INDEX|TABLE|SCHEMA|DATABASE|SYSTEM)\s+(?P<how>CONCURRENTLY\s+)?(?P<name>{TABLE})",
    _I,
)
_REFRESH = re.compile(rf"REFRESH\s+MATERIALIZED\s+VIEW\s+(?P<how>CONCURRENTLY\s+)?(?P<view>{TABLE})", _I)
_REWRITE = re.compile(
    rf"(?P<what>VACUUM\s+FULL|VACUUM\s*\([^)]*\bFULL\b[^)]*\)|CLUSTER)\s+(?:VERBOSE\s+|ANALYZE\s+)*(?P<table>{TABLE})",
    _I,
)
_SPECIAL_INDEX = re.compile(
    rf"CREATE\s+(?P<kind>FULLTEXT|SPATIAL)\s+INDEX\s+(?P<name>{NAME})\s+ON\s+(?P<table>{TABLE})\s*"
    r"\((?P<columns>[^)]*)\)",
    _I,
)
_CASCADE = re.compile(
    r"DROP\s+(?P<what>EXTENSION|FUNCTION|PROCEDURE|SEQUENCE|MATERIALIZED\s+VIEW|VIEW|TYPE|DOMAIN)\s+(?P<name>.*?)\s+"
    r"CASCADE$",
    _I,
)
_DROP_VIEW = re.compile(rf"DROP\s+(?:MATERIALIZED\s+)?VIEW\s+(?:IF\s+EXISTS\s+)?(?P<view>{TABLE})", _I)
_COMMENT = re.compile(rf"COMMENT\s+ON\s+(?P<kind>TABLE|COLUMN)\s+(?P<name>{TABLE})\s+IS\s+(?P<none>NULL\b)?", _I)
_VIEW = re.compile(rf"CREATE\s+MATERIALIZED\s+VIEW\s+(?:IF\s+NOT\s+EXISTS\s+)?(?P<view>{TABLE})", _I)
_HARMLESS = re.compile(
    r"ALTER\s+INDEX\b|(?:CREATE|ALTER|DROP|COMMENT\s+ON)\s+(?:OR\s+REPLACE\s+)?"
    r"(?:EXTENSION|FUNCTION|PROCEDURE|SEQUENCE|MATERIALIZED\s+VIEW|TYPE|DOMAIN|ROLE|USER|POLICY|RULE|COLLATION)\b"
    r"|(?:ALTER|DROP|COMMENT\s+ON)\s+VIEW\b"
    r"|(?:GRANT|REVOKE|ANALYZE|NOTIFY|RESET|SHOW|SAVEPOINT|RELEASE|SECURITY\s+LABEL)\b",
    _I,
)
"""Statements that no rule judges, whether sqlglot knows them or not."""


def by_words(statement: str) -> list[changes.Change] | None:  # noqa: C901, PLR0912 one case a statement
    """The changes of a statement that sqlglot does not know; None for any other."""
    if found := _VALUE.match(statement):
        name = unquoted(found["type"])
        if found["verb"].upper() == "ADD":
            return [changes.AddEnumValue("", name, found["value"])]
        return [changes.RenameEnumValue("", name, found["value"], found["new"] or "")]
    if found := _REINDEX.match(statement):
        what = f"{found['kind'].upper()} {found['name']}"
        table = unquoted(found["name"]) if found["kind"].upper() == "TABLE" else ""
        return [changes.Reindex(table, what, found["how"] is not None)]
    if found := _REFRESH.match(statement):
        return [changes.RefreshView(unquoted(found["view"]), found["how"] is not None)]
    if found := _REWRITE.match(statement):
        what = "CLUSTER" if found["what"].upper() == "CLUSTER" else "VACUUM FULL"
        return [changes.RewriteTable(unquoted(found["table"]), what)]
    if found := _SPECIAL_INDEX.match(statement):
        columns = tuple(unquoted(column.strip()) for column in found["columns"].split(","))
        return [
            changes.CreateIndex(unquoted(found["table"]), unquoted(found["name"]), columns, kind=found["kind"].upper())
        ]
    dropped: list[changes.Change] = []
    if found := _DROP_VIEW.match(statement):
        dropped.append(changes.DropView(unquoted(found["view"])))
    if found := _CASCADE.match(statement):
        dropped.append(changes.DropObject("", f"{' '.join(found['what'].upper().split())} {found['name']}", True))
    if dropped:
        return dropped
    if found := _COMMENT.match(statement):
        table, _, column = unquoted(found["name"]).rpartition(".")
        is_table = found["kind"].upper() == "TABLE"
        if found["none"]:
            return []
        return [changes.SetComment(unquoted(found["name"])) if is_table else changes.SetComment(table, column)]
    if found := _VIEW.match(statement):
        return [changes.CreateView(unquoted(found["view"]))]
    if altered := _ALTER.match(statement):
        return _altered(unquoted(altered["table"]), altered["what"])
    return [] if _HARMLESS.match(statement) else None


def _altered(table: str, what: str) -> list[changes.Change] | None:
    if found := _VALIDATE.match(what):
        return [changes.ValidateConstraint(table, unquoted(found["name"]))]
    if found := _NOT_NULL.match(what):  # from PostgreSQL 18 on
        return None if found["how"] else [changes.SetNotNull(table, unquoted(found["column"]))]
    if found := _USING_INDEX.match(what):
        kind: changes.ConstraintKind = "unique constraint" if found["kind"].upper() == "UNIQUE" else "primary key"
        name = None if found["name"] is None else unquoted(found["name"])
        return [changes.AddConstraint(table, kind, name, using_index=True)]
    if found := _CHECK.match(what):
        not_valid = found["how"] is not None
        return [changes.AddConstraint(table, "check", None, condition=found["condition"], not_valid=not_valid)]
    if found := _ATTACH.match(what):
        return [changes.AttachPartition(table, unquoted(found["partition"]), found["bounds"])]
    if found := _DETACH.match(what):
        return [changes.DetachPartition(table, unquoted(found["partition"]), found["how"] is not None)]
    if found := _MOVED.match(what):
        return [changes.RewriteTable(table, " ".join(found[0].upper().split()))]
    return None


def command(statement: str) -> changes.Change | None:
    """What a command does to a table that nothing else is known of; None where it is no ALTER TABLE."""
    altered = _ALTER.match(statement)
    return altered and changes.AlterTable(unquoted(altered["table"]), " ".join(altered["what"].split()[:4]))
