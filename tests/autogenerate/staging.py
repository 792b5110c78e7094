# ruff: noqa: E501, ISC004 - queries of the catalogue
"""Models with views, functions and triggers, on one database: compared, written as a script, run, and taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

import comparing
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql

from limbeck.autogenerate import produce_migrations, render_python_code
from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext

Fill = Callable[[sa.MetaData], Any]

_POSTGRESQL = """
SELECT c.relkind::text || ' ' || c.relname, pg_get_viewdef(c.oid), array_to_string(c.reloptions, ','),
    pg_get_userbyid(c.relowner), obj_description(c.oid, 'pg_class'),
    ARRAY(SELECT x.grantee::regrole || ' ' || x.privilege_type FROM aclexplode(COALESCE(c.relacl, acldefault('r', c.relowner))) x ORDER BY 1)::text,
    ARRAY(SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = c.oid ORDER BY 1)::text,
    ARRAY(SELECT a.attname || col_description(c.oid, a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND col_description(c.oid, a.attnum) <> '' ORDER BY 1)::text
FROM pg_class c WHERE c.relkind IN ('v', 'm') AND c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT p.oid::regprocedure::text, CASE WHEN p.prokind = 'a' THEN p.proname ELSE pg_get_functiondef(p.oid) END, '',
    pg_get_userbyid(p.proowner), obj_description(p.oid, 'pg_proc'),
    ARRAY(SELECT x::text FROM aclexplode(COALESCE(p.proacl, acldefault('f', p.proowner))) x ORDER BY 1)::text, '', ''
FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
UNION ALL
SELECT 'trigger ' || tgname, pg_get_triggerdef(oid), tgenabled::text, '', obj_description(oid, 'pg_trigger'), '', '', ''
FROM pg_trigger WHERE NOT tgisinternal
UNION ALL
SELECT 'policy ' || policyname || ' ' || tablename, concat(permissive, roles, cmd, qual, with_check), '', '', '', '', '', '' FROM pg_policies
UNION ALL
SELECT 'rule ' || rulename || ' ' || tablename, definition, '', '', '', '', '', '' FROM pg_rules WHERE schemaname = 'public'
UNION ALL
SELECT 'grants ' || c.relname, ARRAY(SELECT x::text FROM aclexplode(COALESCE(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner))) x ORDER BY 1)::text, '', '', '', '', '', ''
FROM pg_class c WHERE c.relkind IN ('r', 'S') AND c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT 'grants ' || attrelid::regclass || '.' || attname, ARRAY(SELECT x::text FROM aclexplode(attacl) x ORDER BY 1)::text, '', '', '', '', '', ''
FROM pg_attribute WHERE attacl <> '{}' AND NOT attisdropped AND attrelid::regclass::text !~ '^pg_'
UNION ALL
SELECT 'type ' || typname, ARRAY(SELECT x::text FROM aclexplode(COALESCE(typacl, acldefault('T', typowner))) x ORDER BY 1)::text, '', '', '', '', '', ''
FROM pg_type WHERE typtype = 'e' AND typnamespace = 'public'::regnamespace
UNION ALL
SELECT 'schema ' || nspname, ARRAY(SELECT x::text FROM aclexplode(COALESCE(nspacl, acldefault('n', nspowner))) x ORDER BY 1)::text, '', '', '', '', '', ''
FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
UNION ALL
SELECT 'event trigger ' || evtname, concat(evtevent, ARRAY(SELECT unnest(evttags) ORDER BY 1), evtfoid::regproc), evtenabled::text, '', obj_description(oid, 'pg_event_trigger'), '', '', '' FROM pg_event_trigger
UNION ALL
SELECT 'default ' || defaclobjtype::text, ARRAY(SELECT x::text FROM aclexplode(defaclacl) x ORDER BY 1)::text, '', '', '', '', '', '' FROM pg_default_acl
UNION ALL
SELECT 'column ' || c.relname || '.' || a.attname, format_type(a.atttypid, a.atttypmod), pg_get_expr(d.adbin, d.adrelid),
    a.attgenerated::text, '', '', '', ''
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
"""

_MARIADB = (
    "SELECT 'view', TABLE_NAME, REPLACE(VIEW_DEFINITION, CONCAT('`', DATABASE(), '`.'), '') FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE()",
    "SELECT ROUTINE_TYPE, ROUTINE_NAME, ROUTINE_DEFINITION FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()",
    "SELECT EVENT_OBJECT_TABLE, TRIGGER_NAME, CONCAT(ACTION_TIMING, EVENT_MANIPULATION, ACTION_STATEMENT) "
    "FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()",
    "SELECT EVENT_NAME, STATUS, CONCAT_WS(' ', EVENT_DEFINITION, INTERVAL_VALUE, INTERVAL_FIELD, ENDS, ON_COMPLETION, EVENT_COMMENT) "
    "FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()",
    "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()",
)


def make_role(connection: sa.Connection, name: str) -> None:
    """Make a role of PostgreSQL where there is none: roles belong to the server, not to the database of a test."""
    made = f'CREATE ROLE "{name}"; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL'
    connection.exec_driver_sql(f"DO $$ BEGIN {made}; END $$")
    connection.commit()


class Written:
    """The scripts that a stage has run, as a script directory tells what they create."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def creates(self, kind: str, name: str, schemas: Any) -> bool:
        called = re.compile(rf"(create|replace)_(object\(\s*'{kind}',|{kind}\()\s*{re.escape(repr(name))}")
        return any(called.search(text) for text in self.texts)


class Stage:
    """A database, and what is done on it.

    :param connection: the connection. :param options: those of ``configure()``.
    """

    def __init__(self, connection: sa.Connection, **options: Any) -> None:
        self.connection = connection
        self.options = {
            **comparing.DEFAULTS,
            "edition": 2026,
            "drop_unknown": True,
            "allow_drops": True,
            "compare_objects": True,
            **options,
        }
        self.written = Written()

    def context(self, target: sa.MetaData | None = None) -> MigrationContext:
        return MigrationContext.configure(self.connection, opts={**self.options, "target_metadata": target})

    def compare(self, fill: Fill) -> Any:
        """The script that makes the database what ``fill`` declares."""
        target = sa.MetaData()
        fill(target)
        context = self.context(target)
        context.script = cast("Any", self.written)
        found = produce_migrations(context, target)
        self.connection.commit()
        return found

    def diffs(self, fill: Fill) -> list[Any]:
        """The differences, objects by their definitions."""
        return list(self.compare(fill).upgrade_ops.as_diffs())

    def text(self, ops: Any) -> str:
        """The operations as a script has them, without the comments around them."""
        context = self.context()
        body = render_python_code(ops, render_as_batch="auto", migration_context=context)
        return "\n".join(line.removeprefix("    ") for line in body.splitlines()[1:-1])

    def run(self, ops: Any) -> str:
        """Render ``ops``, execute the text, commit, and return it."""
        text = self.text(ops)
        names: dict[str, Any] = {"op": Operations(self.context()), "sa": sa, "mysql": mysql, "postgresql": postgresql}
        try:
            exec(text, names)  # noqa: S102 what was rendered is to be run
        except Exception as error:
            error.add_note(text)
            raise
        self.connection.commit()
        self.written.texts.append(text)
        return text

    def make(self, fill: Fill) -> None:
        """Turn the database into what ``fill`` declares; afterwards nothing differs."""
        script = self.compare(fill)
        text = self.run(script.upgrade_ops)
        assert self.diffs(fill) == [], text

    def there_and_back(self, before: Fill, after: Fill) -> str:
        """Change a database made of ``before`` to ``after``, and back, by a downgrade and by a script of its own.

        :return: the upgrade.
        """
        self.empty()
        self.make(after)
        wanted = self.picture()
        self.empty()
        self.make(before)
        original = self.picture()
        script = self.compare(after)
        upgrade = self.run(script.upgrade_ops)
        assert self.picture() == wanted, upgrade
        assert self.diffs(after) == [], upgrade
        downgrade = self.run(script.downgrade_ops)
        assert self.picture() == original, downgrade
        self.run(script.upgrade_ops)
        back = self.run(self.compare(before).upgrade_ops)
        assert self.picture() == original, back
        return upgrade

    def empty(self) -> None:
        """Drop everything."""
        for view in (
            sa.inspect(self.connection).get_view_names() if self.connection.dialect.name != "postgresql" else ()
        ):
            self.connection.exec_driver_sql(f"DROP VIEW {self.connection.dialect.identifier_preparer.quote(view)}")
        if self.connection.dialect.name == "mysql":
            asked = (
                "SELECT ROUTINE_TYPE, ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()"
            )
            events = "SELECT 'EVENT', EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()"
            for kind, name in self.connection.exec_driver_sql(f"{asked} UNION ALL {events}").all():
                self.connection.exec_driver_sql(f"DROP {kind} {name}")
        comparing.empty(self.connection)

    def picture(self) -> list[tuple[Any, ...]]:
        """What the catalogue says, by queries of its own; tables by their columns."""
        name = self.connection.dialect.name
        if name == "sqlite":
            query = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE type <> 'index' ORDER BY name"
            rows = [
                (*row[:3], "".join(row[3].replace('"', "").lower().split()))
                for row in self.connection.exec_driver_sql(query)
            ]
        elif name == "postgresql":
            rows = [tuple(row) for row in self.connection.execute(sa.text(_POSTGRESQL.replace("::", "\\:\\:")))]
        else:
            rows = [tuple(row) for query in _MARIADB for row in self.connection.exec_driver_sql(query)]
        self.connection.commit()
        return sorted(rows, key=str)
