"""How views, routines, triggers and the like are read from PostgreSQL's catalogue: one query a kind."""

from __future__ import annotations

import sqlalchemy as sa

from .dependents import POLICY


def _query(select: str, catalogue: str, oid: str) -> sa.TextClause:
    """A query for what belongs to no extension."""
    of_extension = (
        f"SELECT 1 FROM pg_catalog.pg_depend e WHERE e.classid = CAST('pg_catalog.{catalogue}' AS regclass) "  # noqa: S608 constants
        f"AND e.objid = {oid} AND e.deptype = 'e'"
    )
    return sa.text(f"{select} AND NOT EXISTS ({of_extension})")


_VIEWS = _query(
    """
SELECT 'pg_class', c.oid, n.nspname, c.relname, NULL, NULL, rtrim(pg_get_viewdef(c.oid), ';'),
    array_to_string(c.reloptions, ', '),
    CASE WHEN c.relkind = 'm' THEN ARRAY(SELECT pg_get_indexdef(i.indexrelid) FROM pg_catalog.pg_index i
        WHERE i.indrelid = c.oid ORDER BY 1) END,
    obj_description(c.oid, 'pg_class'),
    ARRAY(SELECT a.attname || ' ' || format_type(a.atttypid, a.atttypmod) FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum > 0 ORDER BY a.attnum)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = CAST(:letter AS text) AND n.nspname = ANY (:schemas)""",
    "pg_class",
    "c.oid",
)

_ROUTINES = _query(
    """
SELECT 'pg_proc', p.oid, n.nspname, p.proname, NULL, pg_get_function_identity_arguments(p.oid),
    rtrim(pg_get_functiondef(p.oid), E'\\n'), NULL, NULL, obj_description(p.oid, 'pg_proc')
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE p.prokind = CAST(:letter AS text) AND n.nspname = ANY (:schemas)""",
    "pg_proc",
    "p.oid",
)

_TRIGGERS = _query(
    """
SELECT 'pg_trigger', t.oid, n.nspname, t.tgname, c.relname, NULL, pg_get_triggerdef(t.oid), NULL, NULL,
    obj_description(t.oid, 'pg_trigger')
FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND n.nspname = ANY (:schemas) AND :letter <> ''""",
    "pg_trigger",
    "t.oid",
)

_POLICIES = _query(
    f"""
SELECT 'pg_policy', p.oid, n.nspname, p.polname, c.relname, NULL, {POLICY}, NULL, NULL,
    obj_description(p.oid, 'pg_policy')
FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY (:schemas) AND :letter <> ''""",  # noqa: S608
    "pg_policy",
    "p.oid",
)

_RULES = _query(
    """
SELECT 'pg_rewrite', r.oid, n.nspname, r.rulename, c.relname, NULL, rtrim(pg_get_ruledef(r.oid), ';'), NULL, NULL,
    obj_description(r.oid, 'pg_rewrite')
FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE r.rulename <> '_RETURN' AND n.nspname = ANY (:schemas) AND :letter <> ''""",
    "pg_rewrite",
    "r.oid",
)

_ROW_SECURITY = _query(
    """
SELECT 'row_security', c.oid, n.nspname, c.relname, c.relname, NULL, 'ALTER TABLE ' || c.oid::regclass::text
    || ' ENABLE ROW LEVEL SECURITY' || CASE WHEN c.relforcerowsecurity THEN ', FORCE ROW LEVEL SECURITY' ELSE '' END,
    NULL, NULL, NULL
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relrowsecurity AND n.nspname = ANY (:schemas) AND :letter <> ''""",
    "pg_class",
    "c.oid",
)

_COMPOSITE_TYPES = _query(
    """
SELECT 'pg_type', t.oid, n.nspname, t.typname, NULL, NULL, 'CREATE TYPE ' || t.oid::regtype::text || ' AS ('
    || (SELECT string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
        || CASE WHEN a.attcollation <> b.typcollation THEN ' COLLATE ' || a.attcollation::regcollation::text
        ELSE '' END, ', ' ORDER BY a.attnum)
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type b ON b.oid = a.atttypid
    WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) || ')',
    NULL, NULL, obj_description(t.oid, 'pg_type')
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE c.relkind = 'c' AND n.nspname = ANY (:schemas) AND :letter <> ''""",
    "pg_type",
    "t.oid",
)

_AGGREGATES = _query(
    """
SELECT 'pg_proc', p.oid, n.nspname, p.proname, NULL,
    COALESCE(NULLIF(pg_get_function_identity_arguments(p.oid), ''), '*'),
    'CREATE AGGREGATE ' || quote_ident(n.nspname) || '.' || quote_ident(p.proname) || '('
    || COALESCE(NULLIF(pg_get_function_arguments(p.oid), ''), '*') || ') (SFUNC = ' || a.aggtransfn::regproc::text
    || ', STYPE = ' || format_type(a.aggtranstype, NULL)
    || CASE WHEN a.aggtransspace <> 0 THEN ', SSPACE = ' || a.aggtransspace ELSE '' END
    || CASE WHEN a.aggfinalfn <> 0 THEN ', FINALFUNC = ' || a.aggfinalfn::regproc::text ELSE '' END
    || CASE WHEN a.aggfinalextra THEN ', FINALFUNC_EXTRA' ELSE '' END
    || CASE WHEN a.aggcombinefn <> 0 THEN ', COMBINEFUNC = ' || a.aggcombinefn::regproc::text ELSE '' END
    || CASE WHEN a.aggserialfn <> 0 THEN ', SERIALFUNC = ' || a.aggserialfn::regproc::text ELSE '' END
    || CASE WHEN a.aggdeserialfn <> 0 THEN ', DESERIALFUNC = ' || a.aggdeserialfn::regproc::text ELSE '' END
    || COALESCE(', INITCOND = ' || quote_literal(a.agginitval), '')
    || CASE WHEN a.aggmtransfn <> 0 THEN ', MSFUNC = ' || a.aggmtransfn::regproc::text || ', MINVFUNC = '
        || a.aggminvtransfn::regproc::text || ', MSTYPE = ' || format_type(a.aggmtranstype, NULL) ELSE '' END
    || COALESCE(', MINITCOND = ' || quote_literal(a.aggminitval), '')
    || CASE WHEN a.aggmfinalfn <> 0 THEN ', MFINALFUNC = ' || a.aggmfinalfn::regproc::text ELSE '' END
    || CASE WHEN a.aggsortop <> 0 THEN ', SORTOP = ' || a.aggsortop::regoper::text ELSE '' END
    || CASE p.proparallel WHEN 's' THEN ', PARALLEL = SAFE' WHEN 'r' THEN ', PARALLEL = RESTRICTED' ELSE '' END
    || CASE WHEN a.aggkind = 'h' THEN ', HYPOTHETICAL' ELSE '' END || ')',
    NULL, NULL, obj_description(p.oid, 'pg_proc')
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_aggregate a ON a.aggfnoid = p.oid
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE p.prokind = CAST(:letter AS text) AND n.nspname = ANY (:schemas)""",
    "pg_proc",
    "p.oid",
)

_PARTITIONS = _query(
    """
SELECT 'pg_class', c.oid, n.nspname, c.relname, p.relname, NULL, pg_get_expr(c.relpartbound, c.oid)
    || COALESCE(' PARTITION BY ' || pg_get_partkeydef(c.oid), ''), NULL, NULL, NULL
FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
JOIN pg_catalog.pg_class p ON p.oid = i.inhparent JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relispartition AND c.relkind IN ('r', 'p') AND p.relnamespace = c.relnamespace AND n.nspname = ANY (:schemas)
    AND :letter <> ''""",
    "pg_class",
    "c.oid",
)

_EVENT_TRIGGERS = _query(
    """
SELECT 'pg_event_trigger', t.oid, NULL, t.evtname, NULL, NULL, 'CREATE EVENT TRIGGER ' || quote_ident(t.evtname)
    || ' ON ' || t.evtevent || COALESCE(' WHEN TAG IN (' || (SELECT string_agg(quote_literal(tag), ', ' ORDER BY tag)
        FROM unnest(t.evttags) tag) || ')', '') || ' EXECUTE FUNCTION ' || t.evtfoid::regproc::text || '()', NULL, NULL,
    obj_description(t.oid, 'pg_event_trigger')
FROM pg_catalog.pg_event_trigger t WHERE :letter <> '' AND CAST(:schemas AS text[]) IS NOT NULL""",
    "pg_event_trigger",
    "t.oid",
)

QUERIES_BY_KIND: dict[str, tuple[sa.TextClause, str]] = {
    "view": (_VIEWS, "v"),
    "materialized_view": (_VIEWS, "m"),
    "function": (_ROUTINES, "f"),
    "procedure": (_ROUTINES, "p"),
    "trigger": (_TRIGGERS, "t"),
    "policy": (_POLICIES, "p"),
    "rule": (_RULES, "r"),
    "event_trigger": (_EVENT_TRIGGERS, "e"),
    "row_security": (_ROW_SECURITY, "r"),
    "composite_type": (_COMPOSITE_TYPES, "c"),
    "aggregate": (_AGGREGATES, "a"),
    "partition": (_PARTITIONS, "r"),
}
"""How each kind is read: the query, and the letter that tells it from others of the same query."""
