# ruff: noqa: E501 - the catalogue's SQL
"""Everything that PostgreSQL's catalogue has about a table, as the statements that create it again.

A rebuild reads the inventory, executes the statements that the copy lacks, and reads it again: if both are equal, nothing
was lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from limbeck import sqla

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection


class Fact(NamedTuple):
    """One fact about a table.

    :param kind: what it is, in words. :param name: its name; of a grant, the role.
    :param columns: the columns that it is about, as far as the catalogue tells.
    :param sql: the statement that creates it. :param undo: the statement that removes it, where that is needed.
    """

    kind: str
    name: str
    columns: tuple[str, ...]
    sql: str
    undo: str | None = None

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".strip()

    def is_in(self, facts: Iterable[Fact]) -> bool:
        """Whether it is among ``facts``; the order of columns of statistics does not matter."""
        return any(self.comparable() == fact.comparable() for fact in facts)

    def comparable(self) -> tuple[Any, ...]:
        """What facts are compared by."""
        words = sorted(re.split(r"[ ,]+", self.sql)) if self.kind == "statistics" else self.sql
        return self.kind, self.name, words


NOT_NULL = "NOT NULL constraint"
"""The kind of the facts by which PostgreSQL 18 has a column's NOT NULL: as a constraint with a name."""


@dataclass(frozen=True)
class Inventory:
    """A table as the catalogue has it.

    :param oid: the table. :param name: its name, quoted for SQL.
    :param columns: the definition of each column for CREATE TABLE, without its identity; by name, in order.
    :param stored: the columns that have values of their own, by name: quoted for SQL.
    :param made_with: what precedes and follows ``TABLE name (...)`` in CREATE TABLE.
    :param facts: everything else, in an order in which it can be created.
    :param positions: the calls that set sequences of identities to their present positions.
    :param satellites: statements, without the new name, that rename what has a name in the schema and is created again.
    """

    oid: int
    name: str
    columns: dict[str, str]
    stored: dict[str, str]
    made_with: tuple[str, str]
    facts: tuple[Fact, ...]
    positions: tuple[str, ...]
    satellites: tuple[str, ...]

    @property
    def not_null(self) -> dict[str, str]:
        """The names of NOT NULL constraints, by column."""
        return {column: fact.name for fact in self.facts if fact.kind == NOT_NULL for column in fact.columns}


_OID = sa.text("SELECT to_regclass(:name)::oid")

_NAME = sa.text("SELECT CAST(:oid AS oid)::regclass::text")

_COLUMNS = sa.text("""
SELECT a.attname, quote_ident(a.attname), to_jsonb(a) ->> 'attgenerated' IN ('s', 'v'),
    concat(quote_ident(a.attname), ' ', format_type(a.atttypid, a.atttypmod),
        CASE WHEN a.attcollation NOT IN (0, y.typcollation)
            THEN format(' COLLATE %I.%I', n.nspname, l.collname) END,
        CASE WHEN to_jsonb(a) ->> 'attgenerated' IN ('s', 'v')
            THEN format(' GENERATED ALWAYS AS (%s) %s', pg_get_expr(d.adbin, d.adrelid),
                CASE to_jsonb(a) ->> 'attgenerated' WHEN 's' THEN 'STORED' ELSE 'VIRTUAL' END)
            ELSE ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid) END,
        CASE WHEN a.attnotnull AND current_setting('server_version_num')::int < 180000 THEN ' NOT NULL' END)
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = l.collnamespace
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = :oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
""")

_MADE_WITH = sa.text("""
SELECT CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END,
    concat(' USING ' || quote_ident(m.amname), ' TABLESPACE ' || quote_ident(s.spcname))
FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_am m ON m.oid = c.relam
LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace WHERE c.oid = :oid
""")

_SATELLITES = sa.text("""
SELECT format('ALTER INDEX %s RENAME TO ', indexrelid::regclass) FROM pg_catalog.pg_index WHERE indrelid = :oid
UNION ALL SELECT format('ALTER SEQUENCE %s RENAME TO ', objid::regclass) FROM pg_catalog.pg_depend
    WHERE refclassid = 'pg_class'::regclass AND refobjid = :oid AND deptype = 'i' AND classid = 'pg_class'::regclass
    AND objid IN (SELECT seqrelid FROM pg_catalog.pg_sequence)
UNION ALL SELECT format('ALTER STATISTICS %I.%I RENAME TO ', n.nspname, e.stxname)
    FROM pg_catalog.pg_statistic_ext e JOIN pg_catalog.pg_namespace n ON n.oid = e.stxnamespace WHERE stxrelid = :oid
""")

_IDENTITIES = sa.text("""
SELECT objid::regclass::text FROM pg_catalog.pg_depend WHERE refclassid = 'pg_class'::regclass AND refobjid = :oid
AND deptype = 'i' AND classid = 'pg_class'::regclass AND objid IN (SELECT seqrelid FROM pg_catalog.pg_sequence)
ORDER BY refobjsubid
""")

# Each returns rows of kind, name, columns, statement, undo. :t is the table's name, quoted for SQL.
# Only documented options of columns are read: some builds set one of their own on each table.
_FACTS = tuple(
    map(
        sa.text,
        (
            """
SELECT 'owner', '', '{}'::text[], format('ALTER TABLE %s OWNER TO %I', CAST(:t AS text), pg_get_userbyid(relowner)), NULL
FROM pg_catalog.pg_class WHERE oid = :oid
""",
            """
SELECT 'storage parameters', '', '{}'::text[], format('ALTER TABLE %s SET (%s)', CAST(:t AS text), string_agg(
    format('%s%I=%L', place, option_name, option_value), ', ' ORDER BY place, option_name)), NULL
FROM (SELECT '' AS place, reloptions FROM pg_catalog.pg_class WHERE oid = :oid
    UNION ALL SELECT 'toast.', x.reloptions FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_class x ON x.oid = c.reltoastrelid WHERE c.oid = :oid) r, pg_options_to_table(r.reloptions)
HAVING count(*) > 0
""",
            r"""
SELECT v.kind || ' of column', attname, ARRAY[attname::text],
    format('ALTER TABLE %s ALTER COLUMN %I SET %s', CAST(:t AS text), attname, v.said), NULL
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid = a.atttypid, LATERAL (VALUES
    ('storage', CASE WHEN attstorage <> typstorage THEN 'STORAGE ' ||
        CASE attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END),
    ('compression', CASE to_jsonb(a) ->> 'attcompression' WHEN 'p' THEN 'COMPRESSION pglz'
        WHEN 'l' THEN 'COMPRESSION lz4' END),
    ('statistics target', CASE WHEN attstattarget >= 0 THEN 'STATISTICS ' || attstattarget END),
    ('options', (SELECT format('(%s)', string_agg(format('%I=%L', option_name, option_value), ', '))
        FROM pg_options_to_table(attoptions) WHERE option_name ~ '^n_distinct' HAVING count(*) > 0))
) v (kind, said) WHERE attrelid = :oid AND attnum > 0 AND NOT attisdropped AND v.said IS NOT NULL ORDER BY attnum
""",
            """
SELECT CASE contype WHEN 'n' THEN CAST(:not_null AS text) ELSE 'constraint' END, conname,
    (SELECT coalesce(array_agg(attname::text ORDER BY attname), '{}') FROM pg_catalog.pg_attribute
        WHERE attrelid = conrelid AND attnum = ANY (conkey)),
    format('ALTER TABLE %s ADD CONSTRAINT %I %s', CAST(:t AS text), conname, pg_get_constraintdef(oid)), NULL
FROM pg_catalog.pg_constraint WHERE conrelid = :oid AND contype IN ('p', 'u', 'x', 'c', 'n')
ORDER BY array_position('{n,p,u,x,c}'::"char"[], contype), oid
""",
            """
SELECT 'index', i.indexrelid::regclass::text, (SELECT coalesce(array_agg(attname::text ORDER BY attname), '{}')
        FROM pg_catalog.pg_attribute WHERE attrelid = i.indrelid AND attnum = ANY (i.indkey)),
    pg_get_indexdef(i.indexrelid), NULL
FROM pg_catalog.pg_index i WHERE i.indrelid = :oid AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
    WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')) ORDER BY i.indexrelid
""",
            """
SELECT v.kind || ' of index', i.indexrelid::regclass::text, '{}'::text[], v.said, NULL
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace, LATERAL (VALUES
    ('parameters', (SELECT format('ALTER INDEX %s SET (%s)', c.oid::regclass,
        string_agg(format('%I=%L', option_name, option_value), ', ')) FROM pg_options_to_table(c.reloptions)
        WHERE EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = c.oid AND k.conrelid = :oid)
        HAVING count(*) > 0)),
    ('tablespace', format('ALTER INDEX %s SET TABLESPACE ' || quote_ident(s.spcname), c.oid::regclass)),
    ('clustering', CASE WHEN i.indisclustered THEN format('ALTER TABLE %s CLUSTER ON %I', CAST(:t AS text), relname) END),
    ('statistics target', (SELECT string_agg(format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s',
        c.oid::regclass, attnum, attstattarget), '; ') FROM pg_catalog.pg_attribute
        WHERE attrelid = c.oid AND attstattarget >= 0))
) v (kind, said) WHERE i.indrelid = :oid AND v.said IS NOT NULL ORDER BY i.indexrelid
""",
            """
SELECT 'replica identity', '', '{}'::text[], format('ALTER TABLE %s REPLICA IDENTITY %s', CAST(:t AS text),
    CASE relreplident WHEN 'n' THEN 'NOTHING' WHEN 'f' THEN 'FULL' ELSE format('USING INDEX %I', (
        SELECT relname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
        WHERE i.indrelid = :oid AND i.indisreplident)) END), NULL
FROM pg_catalog.pg_class WHERE oid = :oid AND relreplident <> 'd'
""",
            """
SELECT CASE d.deptype WHEN 'i' THEN 'identity of column' ELSE 'sequence' END,
    CASE d.deptype WHEN 'i' THEN a.attname::text ELSE c.oid::regclass::text END, ARRAY[a.attname::text],
    CASE d.deptype WHEN 'i' THEN format('ALTER TABLE %s ALTER COLUMN %I ADD GENERATED %s AS IDENTITY (SEQUENCE NAME %I.%I '
        'START WITH %s INCREMENT BY %s MINVALUE %s MAXVALUE %s CACHE %s %s)', CAST(:t AS text), a.attname,
        CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, n.nspname, c.relname, s.seqstart, s.seqincrement,
        s.seqmin, s.seqmax, s.seqcache, CASE WHEN s.seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END)
    ELSE format('ALTER SEQUENCE %s OWNED BY %s.%I', c.oid::regclass, CAST(:t AS text), a.attname) END, NULL
FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_sequence s ON s.seqrelid = d.objid
JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE d.refclassid = 'pg_class'::regclass AND d.classid = 'pg_class'::regclass AND d.refobjid = :oid
AND d.deptype IN ('i', 'a') ORDER BY a.attnum
""",
            """
SELECT 'foreign key', conname, (SELECT array_agg(attname::text ORDER BY attname) FROM pg_catalog.pg_attribute
        WHERE attrelid = conrelid AND attnum = ANY (conkey)),
    format('ALTER TABLE %s ADD CONSTRAINT %I %s', CAST(:t AS text), conname, pg_get_constraintdef(oid)), NULL
FROM pg_catalog.pg_constraint WHERE conrelid = :oid AND contype = 'f' ORDER BY oid
""",
            """
SELECT 'foreign key of ' || conrelid::regclass, conname, '{}'::text[],
    format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)),
    format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname)
FROM pg_catalog.pg_constraint WHERE confrelid = :oid AND conrelid <> :oid AND contype = 'f' AND conparentid = 0
ORDER BY oid
""",
            """
SELECT 'statistics', quote_ident(stxname), '{}'::text[], pg_get_statisticsobjdef(oid), NULL
FROM pg_catalog.pg_statistic_ext WHERE stxrelid = :oid
UNION ALL SELECT v.kind || ' of statistics', quote_ident(stxname), '{}'::text[],
    format('ALTER STATISTICS %I.%I %s', n.nspname, stxname, v.said), NULL
FROM pg_catalog.pg_statistic_ext e JOIN pg_catalog.pg_namespace n ON n.oid = e.stxnamespace, LATERAL (VALUES
    ('owner', format('OWNER TO %I', pg_get_userbyid(stxowner))),
    ('target', 'SET STATISTICS ' || nullif((to_jsonb(e) ->> 'stxstattarget')::int, -1))
) v (kind, said) WHERE stxrelid = :oid AND v.said IS NOT NULL
""",
            """
SELECT 'rule', quote_ident(rulename), '{}'::text[], pg_get_ruledef(oid), NULL
FROM pg_catalog.pg_rewrite WHERE ev_class = :oid
UNION ALL SELECT 'state of rule', quote_ident(rulename), '{}'::text[], format('ALTER TABLE %s %s RULE %I', CAST(:t AS text),
    CASE ev_enabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, rulename), NULL
FROM pg_catalog.pg_rewrite WHERE ev_class = :oid AND ev_enabled <> 'O'
""",
            """
SELECT 'trigger', quote_ident(tgname), (SELECT coalesce(array_agg(attname::text ORDER BY attname), '{}') FROM pg_catalog.pg_attribute
        WHERE attrelid = tgrelid AND attnum = ANY (tgattr)), pg_get_triggerdef(oid), NULL
FROM pg_catalog.pg_trigger WHERE tgrelid = :oid AND NOT tgisinternal
UNION ALL SELECT 'state of trigger', quote_ident(tgname), '{}'::text[], format('ALTER TABLE %s %s TRIGGER %I',
    CAST(:t AS text), CASE tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END,
    tgname), NULL
FROM pg_catalog.pg_trigger WHERE tgrelid = :oid AND NOT tgisinternal AND tgenabled <> 'O'
""",
            """
SELECT 'policy', quote_ident(polname), '{}'::text[], format('CREATE POLICY %I ON %s AS %s FOR %s TO %s', polname,
    CAST(:t AS text), CASE WHEN polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
    CASE polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
    (SELECT string_agg(CASE role WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(role)) END, ', ')
        FROM unnest(polroles) role))
    || coalesce(' USING (' || pg_get_expr(polqual, polrelid) || ')', '')
    || coalesce(' WITH CHECK (' || pg_get_expr(polwithcheck, polrelid) || ')', ''), NULL
FROM pg_catalog.pg_policy WHERE polrelid = :oid ORDER BY 2
""",
            """
SELECT 'row-level security', v.how, '{}'::text[], format('ALTER TABLE %s %s ROW LEVEL SECURITY', CAST(:t AS text), v.how),
    NULL
FROM pg_catalog.pg_class, LATERAL (VALUES ('ENABLE', relrowsecurity), ('FORCE', relforcerowsecurity)) v (how, is_so)
WHERE oid = :oid AND v.is_so
""",
            """
SELECT 'view', c.oid::regclass::text, '{}'::text[], concat('CREATE OR REPLACE VIEW ', c.oid::regclass,
    (SELECT format(' WITH (%s)', string_agg(format('%I=%L', option_name, option_value), ', '))
        FROM pg_options_to_table(c.reloptions) HAVING count(*) > 0), ' AS ', rtrim(pg_get_viewdef(c.oid), ';')), NULL
FROM pg_catalog.pg_class c WHERE c.relkind = 'v' AND c.oid IN (SELECT w.ev_class FROM pg_catalog.pg_rewrite w
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
    WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = :oid) ORDER BY c.oid
""",
            """
SELECT 'grant to', g.role, g.columns, g.said || g.object || ' TO ' || g.role || g.onwards,
    g.taken || g.object || ' FROM ' || g.role
FROM (
    SELECT '{}'::text[] AS columns, CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END
            AS role, format('GRANT %s', string_agg(x.privilege_type, ', ' ORDER BY x.privilege_type)) AS said,
        'REVOKE ALL' AS taken, format(' ON %s %s', CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
            CASE c.oid WHEN :oid THEN CAST(:t AS text) ELSE c.oid::regclass::text END) AS object,
        CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS onwards, c.relkind = 'S' AS is_sequence
    FROM pg_catalog.pg_class c, aclexplode(coalesce(c.relacl,
        acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r'::"char" END, c.relowner))) x
    WHERE c.oid = :oid OR c.oid IN (SELECT d.objid FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_sequence s
        ON s.seqrelid = d.objid WHERE d.refobjid = :oid AND d.deptype = 'i' AND d.refclassid = 'pg_class'::regclass)
    GROUP BY c.oid, c.relkind, x.grantee, x.is_grantable
    UNION ALL
    SELECT ARRAY[a.attname::text], CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END,
        format('GRANT %s', string_agg(format('%s (%I)', x.privilege_type, a.attname), ', ' ORDER BY x.privilege_type)),
        format('REVOKE ALL (%I)', a.attname), format(' ON TABLE %s', CAST(:t AS text)),
        CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END, false
    FROM pg_catalog.pg_attribute a, aclexplode(a.attacl) x WHERE a.attrelid = :oid AND NOT a.attisdropped
    GROUP BY a.attname, x.grantee, x.is_grantable
) g ORDER BY g.is_sequence, g.columns, g.role, g.onwards
""",
            """
SELECT 'comment on', v.what, '{}'::text[], format('COMMENT ON %s IS %L', v.what, d.description), NULL
FROM pg_catalog.pg_description d, LATERAL (
    SELECT CASE d.objsubid WHEN 0 THEN format('TABLE %s', CAST(:t AS text)) ELSE (SELECT format('COLUMN %s.%I',
        CAST(:t AS text), attname) FROM pg_catalog.pg_attribute WHERE attrelid = :oid AND attnum = d.objsubid) END
        WHERE d.classoid = 'pg_class'::regclass AND d.objoid = :oid
    UNION ALL SELECT format('INDEX %s', indexrelid::regclass) FROM pg_catalog.pg_index
        WHERE indrelid = :oid AND indexrelid = d.objoid AND d.classoid = 'pg_class'::regclass
    UNION ALL SELECT format('SEQUENCE %s', objid::regclass) FROM pg_catalog.pg_depend p JOIN pg_catalog.pg_sequence s
        ON s.seqrelid = p.objid WHERE p.refobjid = :oid AND p.refclassid = 'pg_class'::regclass AND p.deptype = 'i'
        AND p.objid = d.objoid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
    UNION ALL SELECT format('CONSTRAINT %I ON %s', conname, CASE conrelid WHEN :oid THEN CAST(:t AS text)
            ELSE conrelid::regclass::text END)
        FROM pg_catalog.pg_constraint WHERE (conrelid = :oid OR (confrelid = :oid AND conparentid = 0))
        AND oid = d.objoid AND d.classoid = 'pg_constraint'::regclass
    UNION ALL SELECT format('TRIGGER %I ON %s', tgname, CAST(:t AS text)) FROM pg_catalog.pg_trigger
        WHERE tgrelid = :oid AND oid = d.objoid AND d.classoid = 'pg_trigger'::regclass
    UNION ALL SELECT format('POLICY %I ON %s', polname, CAST(:t AS text)) FROM pg_catalog.pg_policy
        WHERE polrelid = :oid AND oid = d.objoid AND d.classoid = 'pg_policy'::regclass
    UNION ALL SELECT format('RULE %I ON %s', rulename, CAST(:t AS text)) FROM pg_catalog.pg_rewrite
        WHERE ev_class = :oid AND oid = d.objoid AND d.classoid = 'pg_rewrite'::regclass
    UNION ALL SELECT format('STATISTICS %I.%I', n.nspname, stxname) FROM pg_catalog.pg_statistic_ext e
        JOIN pg_catalog.pg_namespace n ON n.oid = e.stxnamespace
        WHERE stxrelid = :oid AND e.oid = d.objoid AND d.classoid = 'pg_statistic_ext'::regclass
) v (what) ORDER BY v.what
""",
        ),
    )
)

_PUBLICATIONS = """
SELECT 'publication', quote_ident(p.pubname), '{{}}'::text[],
    concat('ALTER PUBLICATION ', quote_ident(p.pubname), ' ADD TABLE ', CAST(:t AS text){filters}), NULL
FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid WHERE r.prrelid = :oid
"""
_FILTERS = """, (SELECT format(' (%s)', string_agg(quote_ident(attname), ', ' ORDER BY attname)) FROM pg_catalog.pg_attribute
        WHERE attrelid = :oid AND attnum = ANY (r.prattrs) HAVING count(*) > 0),
        ' WHERE ' || pg_get_expr(r.prqual, r.prrelid)"""
_SINCE_FILTERS = (15,)


_OBSTACLES = sa.text("""
SELECT DISTINCT v.what FROM pg_catalog.pg_class c, LATERAL (
    SELECT 'its partitions' WHERE c.relkind = 'p'
    UNION ALL SELECT 'its storage, which is not that of a plain table' WHERE c.relkind NOT IN ('r', 'p')
    UNION ALL SELECT CASE WHEN c.relispartition THEN 'its place as a partition of ' ELSE 'its inheritance from ' END
        || inhparent::regclass FROM pg_catalog.pg_inherits WHERE inhrelid = c.oid
    UNION ALL SELECT 'its inheritance to ' || inhrelid::regclass FROM pg_catalog.pg_inherits
        WHERE inhparent = c.oid AND c.relkind <> 'p'
    UNION ALL SELECT 'its type ' || c.reloftype::regtype WHERE c.reloftype <> 0
    UNION ALL SELECT 'its temporary storage' WHERE c.relpersistence = 't'
    UNION ALL SELECT 'its place in ' || pg_describe_object(refclassid, refobjid, 0) FROM pg_catalog.pg_depend
        WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e'
    UNION ALL SELECT format('security label %L', label) FROM pg_catalog.pg_seclabel
        WHERE classoid = 'pg_class'::regclass AND objoid = c.oid
    UNION ALL SELECT format('the grant of %s to %s by %s', x.privilege_type,
            CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee)::text END, pg_get_userbyid(x.grantor))
        FROM (SELECT c.relacl AS acl UNION ALL SELECT attacl FROM pg_catalog.pg_attribute WHERE attrelid = c.oid) a,
        aclexplode(a.acl) x WHERE x.grantor <> c.relowner
    UNION ALL SELECT 'the disabled enforcement of foreign key ' || k.conname FROM pg_catalog.pg_trigger g
        JOIN pg_catalog.pg_constraint k ON k.oid = g.tgconstraint
        WHERE g.tgisinternal AND g.tgenabled <> 'O' AND c.oid IN (k.conrelid, k.confrelid)
    UNION ALL SELECT 'what a subscription has copied' FROM pg_catalog.pg_subscription_rel WHERE srrelid = c.oid
    UNION ALL SELECT 'what binds ' || pg_describe_object(d.classid, d.objid, 0) || ' to an extension'
        FROM pg_catalog.pg_depend d WHERE d.deptype = 'x' AND (
            (d.classid = 'pg_trigger'::regclass AND d.objid IN (SELECT oid FROM pg_catalog.pg_trigger WHERE tgrelid = c.oid))
            OR (d.classid = 'pg_class'::regclass AND d.objid IN (SELECT indexrelid FROM pg_catalog.pg_index
                WHERE indrelid = c.oid)))
    UNION ALL SELECT CASE d.classid WHEN 'pg_rewrite'::regclass
            THEN (SELECT pg_describe_object('pg_class'::regclass, ev_class, 0) FROM pg_catalog.pg_rewrite WHERE oid = d.objid)
            ELSE pg_describe_object(d.classid, d.objid, d.objsubid) END
        FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_type y ON y.oid = c.reltype
        WHERE d.deptype <> 'x' AND ((d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid)
            OR (d.refclassid = 'pg_type'::regclass AND d.refobjid IN (y.oid, y.typarray)))
        AND NOT CASE d.classid
            WHEN 'pg_class'::regclass THEN d.objid = c.oid OR d.objid = c.reltoastrelid
                OR d.objid IN (SELECT inhrelid FROM pg_catalog.pg_inherits WHERE inhparent = c.oid)
                OR d.objid IN (SELECT indexrelid FROM pg_catalog.pg_index WHERE indrelid = c.oid)
                OR (d.deptype IN ('a', 'i') AND d.objid IN (SELECT seqrelid FROM pg_catalog.pg_sequence))
            WHEN 'pg_type'::regclass THEN d.objid IN (y.oid, y.typarray)
            WHEN 'pg_constraint'::regclass THEN d.objid IN (SELECT oid FROM pg_catalog.pg_constraint
                WHERE conrelid = c.oid OR (confrelid = c.oid AND contype = 'f'))
            WHEN 'pg_attrdef'::regclass THEN d.objid IN (SELECT oid FROM pg_catalog.pg_attrdef WHERE adrelid = c.oid)
            WHEN 'pg_trigger'::regclass THEN d.objid IN (SELECT oid FROM pg_catalog.pg_trigger WHERE tgrelid = c.oid)
            WHEN 'pg_policy'::regclass THEN d.objid IN (SELECT oid FROM pg_catalog.pg_policy WHERE polrelid = c.oid)
            WHEN 'pg_rewrite'::regclass THEN d.refclassid = 'pg_class'::regclass AND d.objid IN (
                SELECT w.oid FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_class v ON v.oid = w.ev_class
                WHERE w.ev_class = c.oid OR (w.rulename = '_RETURN' AND v.relkind = 'v'))
            WHEN 'pg_statistic_ext'::regclass THEN d.objid IN (SELECT oid FROM pg_catalog.pg_statistic_ext
                WHERE stxrelid = c.oid)
            WHEN 'pg_publication_rel'::regclass THEN true
            ELSE false END
) v (what) WHERE c.oid = :oid ORDER BY 1
""")


def read(connection: Connection, oid: int) -> Inventory:
    """The inventory of table ``oid``, as this session sees it."""
    name = str(connection.execute(_NAME, {"oid": oid}).scalar_one())
    values = {"oid": oid, "t": name, "not_null": NOT_NULL}
    filters = _FILTERS if (connection.dialect.server_version_info or ()) >= _SINCE_FILTERS else ""
    asked = (*_FACTS, sa.text(_PUBLICATIONS.format(filters=filters)))
    columns = connection.execute(_COLUMNS, {"oid": oid}).all()
    before, after = connection.execute(_MADE_WITH, {"oid": oid}).one()
    return Inventory(
        oid=oid,
        name=name,
        columns={column: text for column, _, _, text in columns},
        stored={column: quoted for column, quoted, is_generated, _ in columns if not is_generated},
        made_with=(before, after),
        facts=tuple(
            Fact(kind, label, tuple(about), sql, undo)
            for query in asked
            for kind, label, about, sql, undo in connection.execute(query, values)
        ),
        positions=tuple(
            _position(connection, sequence) for sequence in connection.scalars(_IDENTITIES, {"oid": oid}).all()
        ),
        satellites=tuple(connection.scalars(_SATELLITES, {"oid": oid})),
    )


def obstacles(connection: Connection, oid: int) -> list[str]:
    """What a rebuild of table ``oid`` cannot create again, in words."""
    return list(connection.scalars(_OBSTACLES, {"oid": oid}))


def oid_of(connection: Connection, name: str) -> int | None:
    """The table ``name``, quoted for SQL, in this session's search path; None if there is none."""
    found: int | None = connection.execute(_OID, {"name": name}).scalar()
    return found


def _position(connection: Connection, sequence: str) -> str:
    """The call that sets ``sequence`` to its present position."""
    asked = sqla.as_written(f"SELECT last_value, is_called FROM {sequence}")  # noqa: S608 quoted
    value, is_called = connection.execute(asked).one()
    quoted = sequence.replace("'", "''")
    return f"SELECT pg_catalog.setval('{quoted}', {value}, {'true' if is_called else 'false'})"
