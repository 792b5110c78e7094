"""Definitions in PostgreSQL's catalogue: indexes and exclusion constraints as values, and as objects of SQLAlchemy."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from limbeck import sqla
from limbeck.ddl.sql_text import tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Dialect

    from limbeck.ddl.shape import PartShape

_PLAIN_NAME = re.compile(r'^(?:[a-z_][a-z0-9_$]*|"(?:[^"]|"")+")$')


def split(text: str, at: int) -> tuple[list[str], int]:
    """The items in the parentheses that open at ``at``, and the index after them."""
    items: list[str] = []
    depth, start, quote = 0, at + 1, ""
    for place in range(at, len(text)):
        letter = text[place]
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in "([":
            depth += 1
        elif letter in ")]":
            depth -= 1
            if depth == 0:
                return [*items, text[start:place].strip()], place + 1
        elif letter == "," and depth == 1:
            items.append(text[start:place].strip())
            start = place + 1
    raise ValueError(text)


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


_INDEXES = """
SELECT x.indrelid, CASE WHEN k.oid IS NULL THEN 'index' ELSE 'exclude' END, i.relname,
    ARRAY(SELECT DISTINCT a.attname FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_attribute a
          ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
          WHERE d.refobjid = x.indrelid AND (d.classid = 'pg_class'::regclass AND d.objid = x.indexrelid
              OR d.classid = 'pg_constraint'::regclass AND d.objid = k.oid)),
    x.indisunique, x.indisvalid, {nulls_not_distinct}, s.spcname, am.amname,
    ARRAY(SELECT pg_get_indexdef(x.indexrelid, n, false)
            || CASE WHEN l.oid IS NULL THEN '' ELSE ' COLLATE ' || l.oid::regcollation END
            || CASE WHEN o.opcdefault AND g.attoptions IS NULL THEN ''
                    WHEN pg_opclass_is_visible(o.oid) THEN ' ' || quote_ident(o.opcname)
                    ELSE ' ' || o.opcnamespace::regnamespace || '.' || quote_ident(o.opcname) END
            || coalesce(' (' || (SELECT string_agg(quote_ident(split_part(p, '=', 1)) || '='
                    || quote_literal(substr(p, strpos(p, '=') + 1)), ', ') FROM unnest(g.attoptions) p) || ')', '')
            || CASE x.indoption[n - 1] WHEN 1 THEN ' DESC NULLS LAST' WHEN 2 THEN ' NULLS FIRST' WHEN 3 THEN ' DESC'
                    ELSE '' END
        FROM generate_series(1, x.indnkeyatts) n
        JOIN pg_catalog.pg_attribute g ON g.attrelid = x.indexrelid AND g.attnum = n
        JOIN pg_catalog.pg_opclass o ON o.oid = x.indclass[n - 1]
        JOIN pg_catalog.pg_type t ON t.oid = g.atttypid
        LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[n - 1] AND a.attnum <> 0
        LEFT JOIN pg_catalog.pg_collation l ON l.oid = x.indcollation[n - 1]
            AND l.oid <> coalesce(a.attcollation, t.typcollation)
        ORDER BY n),
    ARRAY(SELECT pg_get_indexdef(x.indexrelid, n, false)
        FROM generate_series(x.indnkeyatts + 1, x.indnatts) n ORDER BY n),
    coalesce(i.reloptions, ARRAY[]::text[]), pg_get_expr(x.indpred, x.indrelid),
    ARRAY(SELECT CASE WHEN pg_operator_is_visible(o.oid) THEN o.oprname
            ELSE 'OPERATOR(' || o.oprnamespace::regnamespace || '.' || o.oprname || ')' END
        FROM unnest(k.conexclop) WITH ORDINALITY u (op, n)
        JOIN pg_catalog.pg_operator o ON o.oid = u.op ORDER BY u.n),
    CASE WHEN k.condeferred THEN 'DEFERRED' WHEN k.condeferrable THEN 'IMMEDIATE' END
FROM pg_catalog.pg_index x
JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
JOIN pg_catalog.pg_am am ON am.oid = i.relam
LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = i.reltablespace
LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = x.indexrelid AND k.conrelid = x.indrelid
    AND k.contype IN ('p', 'u', 'x')
WHERE x.indrelid = ANY (:oids) AND NOT i.relispartition AND (k.oid IS NULL OR k.contype = 'x' AND k.conislocal)
    AND NOT x.indisprimary
ORDER BY x.indrelid, i.relname
"""


def index_query(dialect: Dialect) -> str:
    """The query for the indexes and exclusion constraints of the tables ``:oids``.

    A row has the table's oid, kind, name, the columns that it uses, and the fields of `IndexDefinition`.
    """
    version = dialect.server_version_info or ()
    return _INDEXES.format(nulls_not_distinct="x.indnullsnotdistinct" if version >= (15,) else "false")


class IndexDefinition(NamedTuple):
    """What the catalogue says of an index, or of an exclusion constraint, which is one.

    :param unique: whether it is unique. :param valid: whether it can be used.
    :param nulls_not_distinct: whether NULLs are equal to each other. :param tablespace: its own, if it has one.
    :param method: its access method.
    :param keys: its keys as SQL: a column's name or an expression, with collation, operator class and order where
        these are not the default. :param include: further columns, as SQL.
    :param storage: its storage parameters, ``name=value``. :param where: the condition of a partial one.
    :param operators: of an exclusion constraint, one a key.
    :param deferral: of an exclusion constraint, as that of `PartShape`.
    """

    unique: bool = False
    valid: bool = True
    nulls_not_distinct: bool = False
    tablespace: str | None = None
    method: str = "btree"
    keys: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    storage: tuple[str, ...] = ()
    where: str | None = None
    operators: tuple[str, ...] = ()
    deferral: str | None = None

    @classmethod
    def read(cls, facts: Iterable[Any]) -> IndexDefinition:
        """The definition of a row of `index_query`, with expressions as `settled` has them."""
        made = cls._make(tuple(fact) if isinstance(fact, list) else fact for fact in facts)
        where = None if made.where is None else condition(made.where)
        return made._replace(keys=tuple(map(settled, made.keys)), where=where)

    @classmethod
    def of(cls, part: PartShape) -> IndexDefinition:
        """The definition that `text` has made."""
        return cls._make(tuple(fact) if isinstance(fact, list) else fact for fact in json.loads(part.definition))

    @property
    def text(self) -> str:
        """All of it as JSON: the definition of a `PartShape`."""
        return json.dumps(self, ensure_ascii=False)

    def keys_on(self, table: sa.Table) -> list[Any]:
        """The keys as columns of ``table``, or as SQL."""
        return [
            table.c[_unquoted(key)] if _PLAIN_NAME.match(key) and _unquoted(key) in table.c else sa.literal_column(key)
            for key in self.keys
        ]


def index_of(table: sa.Table, part: PartShape) -> sa.Index:
    """The index that ``part`` describes, on ``table``."""
    found = IndexDefinition.of(part)
    options: dict[str, Any] = {}
    if found.tablespace:
        options["postgresql_tablespace"] = found.tablespace
    if found.method != "btree":
        options["postgresql_using"] = found.method
    if found.include:
        options["postgresql_include"] = [_unquoted(name) for name in found.include]
    if found.nulls_not_distinct:
        options["postgresql_nulls_not_distinct"] = True
    if found.storage:
        options["postgresql_with"] = dict(pair.split("=", 1) for pair in found.storage)
    if found.where:
        options["postgresql_where"] = sqla.as_written(found.where)
    name = sqla.conv(part.name or "")
    return sqla.index_of(table, name, found.keys_on(table), unique=found.unique, **options)


def exclude_of(table: sa.Table, part: PartShape) -> ExcludeConstraint:
    """The exclusion constraint that ``part`` describes, on columns of ``table``."""
    found = IndexDefinition.of(part)
    return ExcludeConstraint(
        *zip(found.keys_on(table), found.operators, strict=True),
        name=sqla.conv(part.name or ""),
        using=found.method,
        where=sqla.as_written(found.where) if found.where else None,
        deferrable=True if found.deferral else None,
        initially="DEFERRED" if found.deferral == "DEFERRED" else None,
    )


def condition(expression: str) -> str:
    """The condition of a check or of a partial index without the parentheses around it."""
    inside = expression.startswith("(") and split(expression, 0)[1] == len(expression)
    return settled(expression[1:-1] if inside else expression)


_CAST_ARRAY = re.compile(r"\(ARRAY(?=\[)")


def settled(definition: str) -> str:
    """``definition`` in the form in which PostgreSQL writes it after it was created from such a definition.

    ``IN ('a', 'b')`` on a varchar is written ``(ARRAY['a'::character varying, ...])::text[]`` at first, and in a
    restored dump or after a rendered script ``ARRAY[('a'::character varying)::text, ...]``; ``a BETWEEN 1 AND 5 AND b``
    is written ``((a >= 1) AND (a <= 5)) AND b``, then ``(a >= 1) AND (a <= 5) AND b``. They mean the same.
    """
    while found := next(
        (match for match in _CAST_ARRAY.finditer(definition) if _cast_after(definition, match.end())), None
    ):
        items, end = split(definition, found.end())
        cast = "::text[]"
        spread = ", ".join(f"({item})::text" for item in items)
        definition = f"{definition[: found.start()]}ARRAY[{spread}]{definition[end + 1 + len(cast) :]}"
    return _flat(definition)


def _cast_after(definition: str, at: int) -> bool:
    _, end = split(definition, at)
    return definition.startswith(")::text[]", end)


@dataclass
class _Group:
    """What is between two parentheses, or all of it.

    :param start: the number of the first token. :param operator: AND or OR, once it is seen.
    :param first: opening and closing parenthesis of a group of one operator which this group begins with.
    """

    start: int
    operator: str | None = None
    first: tuple[str, int, int] | None = None


def _flat(expression: str) -> str:
    """``expression`` without parentheses around an AND that begins another AND, or an OR another OR."""
    tokens = tokens_of(expression)
    groups = [_Group(0)]
    for number, word in enumerate(tokens):
        group = groups[-1]
        if word == "(":
            groups.append(_Group(number + 1))
        elif word == ")" and len(groups) > 1:
            groups.pop()
            if group.operator is not None and group.start == groups[-1].start + 1:
                groups[-1].first = (group.operator, group.start - 1, number)
        elif word in ("AND", "OR") and group.operator is None:
            group.operator = word
            if group.first is not None and group.first[0] == word and number == group.first[2] + 2:
                tokens[group.first[1]] = tokens[group.first[2]] = ""
    return "".join(tokens)


_IN = re.compile(r'("(?:[^"]|"")+"|\b[a-z_][a-z0-9_$]*)::text (= ANY|<> ALL) \(ARRAY(?=\[)')
_VARCHAR = "::character varying"


def with_in(expression: str) -> str:
    """The text of a reflected check with ``IN (...)`` where PostgreSQL shows an array of values of a varchar.

    Created from the words that are shown, it would be shown in others: those of `settled`.
    """
    at = 0
    while found := _IN.search(expression, at):
        items, end = split(expression, found.end())
        at = found.end()
        if expression.startswith("::text[])", end) and all(item.endswith(_VARCHAR) for item in items):
            word = "IN" if found[2] == "= ANY" else "NOT IN"
            values = ", ".join(item.removesuffix(_VARCHAR) for item in items)
            before = f"{expression[: found.start()]}{found[1]} {word} ({values})"
            expression, at = before + expression[end + len("::text[])") :], len(before)
    return expression
