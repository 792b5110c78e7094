"""Upgrade and downgrade: a rendered script turns a database made from model A into model B, and into A again.

`picture` reads what the database is afterwards, by queries of its own, independent of the comparison under test.
"""

from __future__ import annotations

import json
import re
import textwrap
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import comparing
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite

from limbeck.autogenerate import produce_migrations, render_python_code
from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext

Fill = Callable[[sa.MetaData], Any]
Rows = dict[str, list[dict[str, Any]]]


class Walk:
    """Pairs of models on one connection, one after the other.

    :param connection: to a database of the test's own. :param options: options of ``configure()``.
    """

    def __init__(self, connection: sa.Connection, **options: Any) -> None:
        self.connection = connection
        self.options = {**comparing.DEFAULTS, "compare": "exact", "allow_drops": True, "edition": 2026}
        self.options |= {"drop_unknown": True, **options}
        self.dialect = connection.dialect.name

    def metadata(self, fill: Fill) -> sa.MetaData:
        made = sa.MetaData()
        fill(made)
        return made

    def context(self, target: sa.MetaData) -> MigrationContext:
        return MigrationContext.configure(self.connection, opts={**self.options, "target_metadata": target})

    def make(self, fill: Fill) -> str:
        """Make the database from a model, and return its picture."""
        empty(self.connection)
        self.metadata(fill).create_all(self.connection)
        return picture(self.connection)

    def script(self, fill: Fill) -> Any:
        """The result of a comparison with a model."""
        target = self.metadata(fill)
        return produce_migrations(self.context(target), target)

    def diffs(self, fill: Fill) -> list[Any]:
        found: list[Any] = self.script(fill).upgrade_ops.as_diffs()
        return found

    def run(self, ops: Any, models: Fill = lambda _: None) -> str:
        """Render ``ops`` of a comparison with ``models``, execute the text, and return it."""
        context = self.context(self.metadata(models))
        imports: set[str] = set()
        batch = self.options["render_as_batch"]
        body = render_python_code(ops, render_as_batch=batch, migration_context=context, imports=imports)
        text = "\n".join(sorted(imports)) + "\ndef run(op, sa):\n    " + body
        names: dict[str, Any] = {"mysql": mysql, "postgresql": postgresql, "sqlite": sqlite}
        exec(text, names)  # noqa: S102 what was rendered is to be run
        if "op.add_enum_value(" in text:  # it commits by itself, unless the transaction was begun elsewhere
            self.connection.commit()
            context = self.context(sa.MetaData())
        try:
            names["run"](Operations(context), sa)
        except Exception as error:
            shown = textwrap.indent(text, "| ")
            raise AssertionError(f"{error}\n{shown}") from error
        return text

    def there_and_back(self, before: Fill, after: Fill, rows: Rows | None = None) -> str:
        """Assert all of it for one pair; returns the text of the upgrade."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wanted = self.make(after)
            assert (found := self.diffs(after)) == [], f"a database made from B differs from B: {found}"
            original = self.make(before)
            assert (found := self.diffs(before)) == [], f"a database made from A differs from A: {found}"
            self.insert(before, rows or {})
            common = self.common(before, after)
            kept = self.rows(common)
            script = self.script(after)
            upgrade = self.run(script.upgrade_ops, after)
            compared(picture(self.connection), wanted, "after the upgrade", upgrade)
            assert self.rows(common) == kept, f"rows differ after the upgrade\n{upgrade}"
            downgrade = self.run(script.downgrade_ops, after)
            compared(picture(self.connection), original, "after the downgrade", downgrade)
            assert self.rows(common) == kept, f"rows differ after the downgrade\n{downgrade}"
        return upgrade

    def insert(self, fill: Fill, rows: Rows) -> None:
        """Insert rows in any order of tables."""
        off, on = _KEYS_ASIDE.get(self.dialect, ("SELECT 1", "SELECT 1"))
        self.connection.exec_driver_sql(off)
        for table in self.metadata(fill).tables.values():
            for row in rows.get(table.name, ()):
                self.connection.execute(table.insert().values(row))
        self.connection.exec_driver_sql(on)

    def common(self, before: Fill, after: Fill) -> dict[str, str]:
        """By table, the query for the columns that both models have and that no type change touches."""
        one, other = self.metadata(before), self.metadata(after)
        preparer = self.connection.dialect.identifier_preparer
        found = {}
        for table in one.sorted_tables:
            twin = other.tables.get(table.key)
            names = [c.name for c in table.c if twin is not None and c.name in twin.c and _plain(c, twin.c[c.name])]
            if names:
                columns = ", ".join(map(preparer.quote, names))
                found[table.key] = f"SELECT {columns} FROM {preparer.format_table(table)}"
        return found

    def rows(self, common: dict[str, str]) -> dict[str, list[str]]:
        """The rows of the queries of `common`, as text."""
        return {
            table: sorted(str(tuple(row)) for row in self.connection.exec_driver_sql(query))
            for table, query in common.items()
        }


_KEYS_ASIDE = {
    "postgresql": ("SET LOCAL session_replication_role = replica", "SET LOCAL session_replication_role = origin"),
    "mysql": ("SET FOREIGN_KEY_CHECKS=0", "SET FOREIGN_KEY_CHECKS=1"),
}


def _plain(one: sa.Column[Any], other: sa.Column[Any]) -> bool:
    same = type(one.type) is type(other.type) and (isinstance(one.type, sa.Enum) or repr(one.type) == repr(other.type))
    return same and one.computed is None and other.computed is None


def compared(found: str, wanted: str, when: str, script: str) -> None:
    there, right = found.splitlines(), wanted.splitlines()
    if there != right:
        wrong = "\n".join(
            [f"+ {line}" for line in there if line not in right] + [f"- {line}" for line in right if line not in there]
        )
        raise AssertionError(f"{when}:\n{wrong or 'order of lines'}\n{script}")


def empty(connection: sa.Connection) -> None:
    """Drop whatever is in the database."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("DROP SCHEMA IF EXISTS far CASCADE")
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    elif connection.dialect.name in ("mysql", "mariadb"):
        connection.exec_driver_sql("SET FOREIGN_KEY_CHECKS=0")
        for name, kind in connection.exec_driver_sql("SHOW FULL TABLES").all():
            quoted = connection.dialect.identifier_preparer.quote_identifier(name)
            connection.exec_driver_sql(f"DROP {'SEQUENCE' if kind == 'SEQUENCE' else 'TABLE'} {quoted}")
        connection.exec_driver_sql("SET FOREIGN_KEY_CHECKS=1")
    else:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
        for name in names:
            if not name.startswith("sqlite_"):
                connection.exec_driver_sql(
                    f"DROP TABLE {connection.dialect.identifier_preparer.quote_identifier(name)}"
                )


def picture(connection: sa.Connection) -> str:
    """The whole schema as text, line by line, order of columns left out."""
    return "\n".join(sorted(set(_PICTURES[connection.dialect.name](connection))))


_POSTGRESQL = {
    # sequences stay logged or unlogged as their table was when they were created, whatever it is now
    "table": """SELECT c.relname, c.relkind, CASE c.relkind WHEN 'S' THEN '' ELSE c.relpersistence END, c.reloptions,
        c.reltablespace,
        obj_description(c.oid), am.amname FROM pg_class c LEFT JOIN pg_am am ON am.oid = c.relam
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'S')""",
    "column": """SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attndims, a.attnotnull,
        a.attidentity, a.attgenerated, a.attcollation::regcollation, pg_get_expr(d.adbin, d.adrelid),
        col_description(c.oid, a.attnum) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0
            AND NOT a.attisdropped""",
    "constraint": """SELECT conrelid::regclass, contypid::regtype, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace""",
    "index": """SELECT c.relname, pg_get_indexdef(c.oid), c.reltablespace FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('i', 'I')""",
    "type": """SELECT t.typname, t.typtype, format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault,
        ARRAY(SELECT enumlabel FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder)::text
        FROM pg_type t WHERE t.typnamespace = 'public'::regnamespace AND t.typtype IN ('e', 'd')""",
    "sequence": """SELECT seqrelid::regclass, seqtypid::regtype, seqincrement, seqmin, seqmax, seqcache, seqcycle,
        seqstart FROM pg_sequence JOIN pg_class ON pg_class.oid = seqrelid
        WHERE relnamespace = 'public'::regnamespace""",
}


def _postgresql(connection: sa.Connection) -> Iterator[str]:
    for kind, query in _POSTGRESQL.items():
        for row in connection.exec_driver_sql(query):
            text = _SPREAD.sub(_spread, json.dumps(list(row), default=str))
            while text != (text := _BETWEEN.sub(r"(\1 \2 ", text)):
                pass
            yield f"{kind} {text}"


# PostgreSQL writes the list of IN in one form, and in another when it has parsed its own text; so with BETWEEN
_SPREAD = re.compile(r"\(ARRAY\[([^]]*)\]\)::text\[\]")

_TERM = r"\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"
_BETWEEN = re.compile(rf"\(\(({_TERM} (AND|OR) {_TERM})\) \2 ")


def _spread(found: re.Match[str]) -> str:
    return f"ARRAY[{', '.join(f'({item})::text' for item in found[1].split(', '))}]"


def _mariadb(connection: sa.Connection) -> Iterator[str]:
    for name in connection.exec_driver_sql("SHOW TABLES").scalars().all():
        quoted = connection.dialect.identifier_preparer.quote_identifier(name)
        text = connection.exec_driver_sql(f"SHOW CREATE TABLE {quoted}").one()[1]
        for line in text.splitlines()[0 if text.startswith("CREATE SEQUENCE") else 1 :]:
            yield f"{name}: {_COUNTED.sub('', line).strip().rstrip(',')}"


# rows used numbers; unnamed keys are numbered in the order of their creation
_COUNTED = re.compile(r" AUTO_INCREMENT=[0-9]+|(?<=_ibfk_)[0-9]+")


def _sqlite(connection: sa.Connection) -> Iterator[str]:
    def ask(pragma: str) -> list[Any]:
        return [tuple(row) for row in connection.exec_driver_sql(f"PRAGMA {pragma}")]

    quote = connection.dialect.identifier_preparer.quote_identifier

    tables = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    ).all()
    for name, sql in tables:
        for _, *facts in ask(f"table_xinfo({quote(name)})"):
            yield f"{name} column {facts}"
        for _, _, *facts in ask(f"foreign_key_list({quote(name)})"):
            yield f"{name} key {facts}"
        for _, index, *facts in ask(f"index_list({quote(name)})"):
            keys = [(key, *said) for _, _, key, *said, is_key in ask(f"index_xinfo({quote(index)})") if is_key]
            shown = "" if index.startswith("sqlite_autoindex") else index
            yield f"{name} index {shown} {facts} {keys}"
        yield f"{name} without {sorted(_tail(sql))}"
        for item in _items(sql):
            yield f"{name} item {item}"
    for name, sql in connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql <> ''"
    ):
        yield f"index {name} {_squeezed(sql)}"


def _tail(sql: str) -> list[str]:
    return re.findall(r"WITHOUT ROWID|STRICT", sql.rpartition(")")[2], re.IGNORECASE)


def _squeezed(sql: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r'["`]', "", sql)).replace("( ", "(").replace(" )", ")").strip().lower()


def _items(sql: str) -> Iterator[str]:
    """Checks, collations and generated expressions, which no PRAGMA returns."""
    text = _squeezed(sql)
    for word in ("check (", "as ("):
        for found in re.finditer(re.escape(word), text):
            depth, end = 1, found.end()
            while depth:
                depth += {"(": 1, ")": -1}.get(text[end], 0)
                end += 1
            before = re.search(r"constraint (\w+) $", text[: found.start()])
            yield f"{before[1] if before and word == 'check (' else ''} {word}{text[found.end() : end]}"
    yield from re.findall(r"collate \w+", text)
    yield from re.findall(r"autoincrement", text)


_PICTURES = {"postgresql": _postgresql, "mysql": _mariadb, "mariadb": _mariadb, "sqlite": _sqlite}
