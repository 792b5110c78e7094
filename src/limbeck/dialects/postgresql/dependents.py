"""What stands on a column, a view or a function, and would not let it change: dropped before, created again after.

Views, materialized views, rules, triggers, policies, functions and generated columns, in the order of ``pg_depend``;
with owners, grants, comments, indexes and defaults.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa
from sqlalchemy import exc

from limbeck import sqla
from limbeck.ddl.unsupported import unsupported

from .search_path import fully_qualified

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy.engine import Connection

    from limbeck.ddl.execution import Execution


NO_RIGHT = "42501"
"""The server's code for a missing right, and for an object that another role owns."""


class Address(NamedTuple):
    """An entry of a system catalogue, as ``pg_depend`` refers to it.

    :param catalogue: ``pg_class``, ``pg_proc``, ... :param oid: the object. :param column: one of its columns; 0: all.
    """

    catalogue: str
    oid: int
    column: int = 0


class Grant(NamedTuple):
    """A privilege that a role has.

    :param privilege: ``SELECT``. :param column: the column it is for, quoted; None: the whole object.
    :param role: who has it, quoted. :param grantable: whether they may grant it.
    """

    privilege: str
    column: str | None
    role: str
    grantable: bool


@dataclass
class Suspended:
    """Something that is dropped and created again.

    :param what: it in words. :param drop: the statement that drops it. :param create: those that create it again.
    :param columns: comments on its columns, as statements by the names of the columns, quoted.
    :param owner: the statement that gives it to its owner; None where that is the current user.
    :param target: it as GRANT names it (``TABLE public.v``); None for what has no privileges.
    :param grants: the privileges on it.
    """

    what: str
    drop: str
    create: list[str] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    owner: str | None = None
    target: str | None = None
    grants: frozenset[Grant] = frozenset()


# the rule of a view stands for the view; types are passed through: functions depend on the row type of a view
_EDGES = sa.text("""
SELECT d.refclassid::regclass::text, d.refobjid, d.refobjsubid,
    CASE WHEN r.rulename = '_RETURN' OR f.oid IS NOT NULL AND a.attgenerated = 's' THEN 'pg_class'
        ELSE d.classid::regclass::text END,
    CASE WHEN r.rulename = '_RETURN' THEN r.ev_class WHEN a.attgenerated = 's' THEN a.attrelid ELSE d.objid END,
    CASE WHEN a.attgenerated = 's' THEN a.attnum ELSE d.objsubid END
FROM pg_catalog.pg_depend d
LEFT JOIN pg_catalog.pg_rewrite r ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = d.objid
LEFT JOIN pg_catalog.pg_trigger t ON d.classid = 'pg_catalog.pg_trigger'::regclass AND t.oid = d.objid
LEFT JOIN pg_catalog.pg_attrdef f ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND f.oid = d.objid
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = COALESCE(f.adrelid, CASE d.classid
    WHEN 'pg_catalog.pg_class'::regclass THEN d.objid END) AND a.attnum = COALESCE(f.adnum::int, d.objsubid)
LEFT JOIN pg_catalog.pg_class c ON c.oid = f.adrelid
WHERE d.refclassid = to_regclass('pg_catalog.' || :catalogue) AND d.refobjid = ANY (:oids) AND (
    d.classid IN ('pg_catalog.pg_rewrite'::regclass, 'pg_catalog.pg_policy'::regclass, 'pg_catalog.pg_proc'::regclass,
        'pg_catalog.pg_type'::regclass)
    OR d.classid = 'pg_catalog.pg_trigger'::regclass AND NOT t.tgisinternal
    OR a.attgenerated = 's' AND a.attnum <> d.refobjsubid
    OR c.relkind = 'v'
    OR d.refclassid = 'pg_catalog.pg_proc'::regclass AND d.classid IN ('pg_catalog.pg_attrdef'::regclass,
        'pg_catalog.pg_constraint'::regclass, 'pg_catalog.pg_class'::regclass))
    AND d.deptype <> 'e'
ORDER BY d.objid
""")


def column_addresses(connection: Connection, table: str, column: str) -> list[Address]:
    """Where a column stands in the catalogue, with that of partitions and tables that inherit it.

    :param table: its table, quoted for SQL.
    """
    query = sa.text("""
WITH RECURSIVE family(oid) AS (
    SELECT CAST(to_regclass(:name) AS oid)
    UNION SELECT h.inhrelid FROM pg_catalog.pg_inherits h JOIN family ON h.inhparent = family.oid
)
SELECT a.attrelid, a.attnum FROM pg_catalog.pg_attribute a JOIN family ON a.attrelid = family.oid
WHERE a.attname = :column
""")
    return [Address("pg_class", *row) for row in connection.execute(query, {"name": table, "column": column})]


def standing_on(connection: Connection, roots: Iterable[Address]) -> list[Address]:
    """What stands on ``roots``, through others too: each before what stands on it."""
    edges: dict[Address, list[Address]] = {}
    level = set(roots)
    while level:
        found: dict[Address, list[Address]] = {address: [] for address in level}
        for catalogue in sorted({address.catalogue for address in level}):
            wanted = [address for address in level if address.catalogue == catalogue]
            oids = sorted({address.oid for address in wanted})
            for _, oid, column, *dependent in connection.execute(_EDGES, {"catalogue": catalogue, "oids": oids}):
                for address in wanted:
                    if address.oid == oid and address.column in (0, column):
                        found[address].append(_address(*dependent))
        for address, above in found.items():
            edges[address] = [each for each in above if each != address]
        level = {each for above in edges.values() for each in above} - edges.keys()
    return _in_order(list(dict.fromkeys(roots)), edges)


def _address(catalogue: str, oid: int, column: int) -> Address:
    """A dependent; columns matter of tables alone, where they are generated."""
    return Address(catalogue, oid, column if catalogue == "pg_class" else 0)


def _in_order(roots: Sequence[Address], edges: dict[Address, list[Address]]) -> list[Address]:
    placed: dict[Address, None] = {}

    def place(address: Address, path: frozenset[Address]) -> None:
        for each in edges[address]:
            if each not in placed and each not in path:
                place(each, path | {address})
        placed[address] = None

    for root in roots:
        place(root, frozenset())
    own = set(roots)
    return [address for address in reversed(placed) if address not in own]


# --- what each is made of -------------------------------------------------------------------------------------------

_RELATION = sa.text("""
SELECT c.relkind::text, c.oid::regclass::text, pg_get_userbyid(c.relowner), quote_ident(pg_get_userbyid(c.relowner)),
    array_to_string(c.reloptions, ', '), pg_get_viewdef(c.oid), c.relispopulated, obj_description(c.oid, 'pg_class'),
    quote_ident(s.spcname)
FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace WHERE c.oid = :oid
""")

_COLUMN_COMMENTS = sa.text("""
SELECT quote_ident(a.attname), d.description FROM pg_catalog.pg_description d
JOIN pg_catalog.pg_attribute a ON a.attrelid = d.objoid AND a.attnum = d.objsubid
WHERE d.classoid = 'pg_catalog.pg_class'::regclass AND d.objoid = :oid AND d.objsubid > 0 ORDER BY a.attnum
""")

_INDEXES = sa.text("""
SELECT pg_get_indexdef(i.indexrelid), i.indexrelid::regclass::text, obj_description(i.indexrelid, 'pg_class')
FROM pg_catalog.pg_index i WHERE i.indrelid = :oid ORDER BY 2
""")

_GRANTS = {
    "TABLE": sa.text("""
SELECT x.privilege_type, NULL, x.grantee, x.is_grantable
FROM pg_catalog.pg_class c, aclexplode(COALESCE(c.relacl, acldefault('r', c.relowner))) x WHERE c.oid = :oid
UNION ALL
SELECT x.privilege_type, quote_ident(a.attname), x.grantee, x.is_grantable
FROM pg_catalog.pg_attribute a, aclexplode(a.attacl) x WHERE a.attrelid = :oid AND a.attacl IS NOT NULL
"""),
    "ROUTINE": sa.text("""
SELECT x.privilege_type, NULL, x.grantee, x.is_grantable
FROM pg_catalog.pg_proc p, aclexplode(COALESCE(p.proacl, acldefault('f', p.proowner))) x WHERE p.oid = :oid
"""),
    "TYPE": sa.text("""
SELECT x.privilege_type, NULL, x.grantee, x.is_grantable
FROM pg_catalog.pg_type t, aclexplode(COALESCE(t.typacl, acldefault('T', t.typowner))) x WHERE t.oid = :oid
"""),
}

_BY_NAME = {"TABLE": "to_regclass", "ROUTINE": "to_regprocedure", "TYPE": "to_regtype"}
"""The functions that find what has privileges by its name."""

_CURRENT_USER = sa.text("SELECT current_user")

_ROLE = sa.text("SELECT COALESCE((SELECT quote_ident(rolname) FROM pg_catalog.pg_roles WHERE oid = :oid), 'PUBLIC')")

_ROUTINE = sa.text("""
SELECT pg_get_functiondef(p.oid), p.oid::regprocedure::text, pg_get_userbyid(p.proowner),
    quote_ident(pg_get_userbyid(p.proowner)), obj_description(p.oid, 'pg_proc'),
    CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END
FROM pg_catalog.pg_proc p WHERE p.oid = :oid
""")

_COMPOSITE_TYPE = sa.text("""
SELECT t.oid::regtype::text, pg_get_userbyid(t.typowner), quote_ident(pg_get_userbyid(t.typowner))
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_class c ON c.oid = t.typrelid WHERE t.oid = :oid AND c.relkind = 'c'
""")

_TRIGGER = sa.text("""
SELECT quote_ident(t.tgname), t.tgrelid::regclass::text, pg_get_triggerdef(t.oid), t.tgenabled::text,
    obj_description(t.oid, 'pg_trigger')
FROM pg_catalog.pg_trigger t WHERE t.oid = :oid
""")

_RULE = sa.text("""
SELECT quote_ident(r.rulename), r.ev_class::regclass::text, pg_get_ruledef(r.oid), r.ev_enabled::text,
    obj_description(r.oid, 'pg_rewrite')
FROM pg_catalog.pg_rewrite r WHERE r.oid = :oid
""")

POLICY = """
'CREATE POLICY ' || quote_ident(p.polname) || ' ON ' || p.polrelid::regclass::text
    || CASE WHEN p.polpermissive THEN '' ELSE ' AS RESTRICTIVE' END
    || ' FOR ' || CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
        WHEN 'd' THEN 'DELETE' ELSE 'ALL' END
    || ' TO ' || (SELECT string_agg(CASE role WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(role)) END, ', '
        ORDER BY role) FROM unnest(p.polroles) role)
    || COALESCE(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '')
    || COALESCE(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '')
"""
"""The statement that creates a policy of ``pg_policy p``, as an expression."""

_POLICY = sa.text(f"""
SELECT quote_ident(p.polname), p.polrelid::regclass::text, {POLICY}, obj_description(p.oid, 'pg_policy')
FROM pg_catalog.pg_policy p WHERE p.oid = :oid
""")  # noqa: S608 a constant of this module

_DEFAULT = sa.text("""
SELECT d.adrelid, d.adnum, d.adrelid::regclass::text, quote_ident(a.attname), pg_get_expr(d.adbin, d.adrelid),
    a.attgenerated::text
FROM pg_catalog.pg_attrdef d JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
WHERE d.oid = :oid
""")

_GENERATED = sa.text("""
SELECT a.attrelid::regclass::text, quote_ident(a.attname), format_type(a.atttypid, a.atttypmod), a.attnotnull,
    pg_get_expr(d.adbin, d.adrelid), col_description(a.attrelid, a.attnum),
    CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = :oid AND a.attnum = :column
""")

_ON_GENERATED = sa.text("""
SELECT 'ALTER TABLE ' || k.conrelid::regclass::text || ' ADD CONSTRAINT ' || quote_ident(k.conname) || ' '
    || pg_get_constraintdef(k.oid), 0
FROM pg_catalog.pg_constraint k WHERE k.conrelid = :oid AND :column = ANY (k.conkey) AND k.coninhcount = 0
UNION ALL
SELECT pg_get_indexdef(i.indexrelid), 1 FROM pg_catalog.pg_index i
WHERE i.indrelid = :oid AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid)
    AND EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass
        AND d.objid = i.indexrelid AND d.refobjid = i.indrelid AND d.refobjsubid = :column)
ORDER BY 2
""")

_CONSTRAINT = sa.text("""
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_catalog.pg_constraint
WHERE oid = :oid AND conrelid <> 0
""")

_INDEX = sa.text(
    """
SELECT :oid::regclass::text, pg_get_indexdef(:oid) FROM pg_catalog.pg_index WHERE indexrelid = :oid
""".replace(":oid::regclass", "CAST(:oid AS oid)::regclass")
)

_ENABLING = {"D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}


def literal(text: str) -> str:
    """``text`` as a string of SQL."""
    quoted = text.replace("'", "''")
    return f"'{quoted}'" if "\\" not in text else "E'" + quoted.replace("\\", "\\\\") + "'"


def suspended_of(connection: Connection, address: Address) -> Suspended | None:
    """How one dependent is dropped and created again; None for what goes along by itself.

    To be called below `fully_qualified`, so that names mean the same under any search path.
    """
    match address.catalogue:
        case "pg_class":
            return _relation(connection, address)
        case "pg_proc":
            return _routine(connection, address.oid)
        case "pg_trigger":
            return _on_table(connection, address.oid, "TRIGGER", _TRIGGER)
        case "pg_rewrite":
            return _on_table(connection, address.oid, "RULE", _RULE)
        case "pg_policy":
            name, table, create, comment = connection.execute(_POLICY, {"oid": address.oid}).one()
            return _with_comment(f"policy {name} of {table}", f"POLICY {name} ON {table}", create, comment)
        case "pg_attrdef":
            return _default(connection, address.oid)
        case "pg_constraint":
            found = connection.execute(_CONSTRAINT, {"oid": address.oid}).first()
            if found is None:
                return None
            table, name, definition = found
            change = f"ALTER TABLE {table}"
            added = f"{change} ADD CONSTRAINT {name} {definition}"
            return Suspended(f"constraint {name} of {table}", f"{change} DROP CONSTRAINT {name}", [added])
    return None


def _with_comment(what: str, target: str, create: str, comment: str | None) -> Suspended:
    comments = [] if comment is None else [f"COMMENT ON {target} IS {literal(comment)}"]
    return Suspended(what, f"DROP {target}", [create, *comments])


def _on_table(connection: Connection, oid: int, kind: str, query: sa.TextClause) -> Suspended:
    name, table, create, enabled, comment = connection.execute(query, {"oid": oid}).one()
    made = _with_comment(f"{kind.lower()} {name} of {table}", f"{kind} {name} ON {table}", create, comment)
    if enabled in _ENABLING:
        made.create.append(f"ALTER TABLE {table} {_ENABLING[enabled]} {kind} {name}")
    return made


def _relation(connection: Connection, address: Address) -> Suspended | None:
    if address.column:
        return _generated(connection, address.oid, address.column)
    row = connection.execute(_RELATION, {"oid": address.oid}).one()
    kind, name, owner, quoted_owner, options, query, is_populated, comment, tablespace = row
    if kind in ("i", "I"):
        index, definition = connection.execute(_INDEX, {"oid": address.oid}).one()
        return Suspended(f"index {index}", f"DROP INDEX {index}", [definition])
    if kind not in ("v", "m"):
        return None
    words = "VIEW" if kind == "v" else "MATERIALIZED VIEW"
    storage = f" WITH ({options})" if options else ""
    storage += f" TABLESPACE {tablespace}" if tablespace else ""
    data = "" if kind == "v" or is_populated else " WITH NO DATA"
    create = [f"CREATE {words} {name}{storage} AS\n{query.removesuffix(';')}{data}"]
    for definition, index, said in connection.execute(_INDEXES, {"oid": address.oid}):
        create += [definition] + ([] if said is None else [f"COMMENT ON INDEX {index} IS {literal(said)}"])
    if comment is not None:
        create.append(f"COMMENT ON {words} {name} IS {literal(comment)}")
    columns = {
        column: f"COMMENT ON COLUMN {name}.{column} IS {literal(said)}"
        for column, said in connection.execute(_COLUMN_COMMENTS, {"oid": address.oid})
    }
    is_ours = owner == connection.scalar(_CURRENT_USER)
    given = None if is_ours else f"ALTER {words} {name} OWNER TO {quoted_owner}"
    grants = _grants(connection, "TABLE", address.oid)
    return Suspended(f"{words.lower()} {name}", f"DROP {words} {name}", create, columns, given, f"TABLE {name}", grants)


def _routine(connection: Connection, oid: int) -> Suspended:
    definition, name, owner, quoted_owner, comment, kind = connection.execute(_ROUTINE, {"oid": oid}).one()
    create = [definition.rstrip()]
    if comment is not None:
        create.append(f"COMMENT ON ROUTINE {name} IS {literal(comment)}")
    is_ours = owner == connection.scalar(_CURRENT_USER)
    given = None if is_ours else f"ALTER ROUTINE {name} OWNER TO {quoted_owner}"
    grants = _grants(connection, "ROUTINE", oid)
    return Suspended(f"{kind} {name}", f"DROP ROUTINE {name}", create, {}, given, f"ROUTINE {name}", grants)


def _composite_type(connection: Connection, oid: int) -> Suspended | None:
    """Owner and privileges of a composite type; nothing for the row type of a table or a view."""
    found = connection.execute(_COMPOSITE_TYPE, {"oid": oid}).first()
    if found is None:
        return None
    name, owner, quoted_owner = found
    given = None if owner == connection.scalar(_CURRENT_USER) else f"ALTER TYPE {name} OWNER TO {quoted_owner}"
    grants = _grants(connection, "TYPE", oid)
    return Suspended(f"type {name}", f"DROP TYPE {name}", [], {}, given, f"TYPE {name}", grants)


def _default(connection: Connection, oid: int) -> Suspended | None:
    relation, number, table, column, expression, generated = connection.execute(_DEFAULT, {"oid": oid}).one()
    if generated:
        return _generated(connection, relation, number)
    change = f"ALTER TABLE {table} ALTER COLUMN {column}"
    what = f"default of {table}.{column}"
    return Suspended(what, f"{change} DROP DEFAULT", [f"{change} SET DEFAULT {expression}"])


def _generated(connection: Connection, oid: int, number: int) -> Suspended | None:
    values = {"oid": oid, "column": number}
    found = connection.execute(_GENERATED, values).first()
    if found is None:
        return None
    table, column, type_, is_required, expression, comment, collation = found
    words = f"{column} {type_}" + (f" COLLATE {collation}" if collation else "")
    words += f" GENERATED ALWAYS AS ({expression}) STORED{' NOT NULL' if is_required else ''}"
    create = [f"ALTER TABLE {table} ADD COLUMN {words}"]
    create += [statement for statement, _ in connection.execute(_ON_GENERATED, values)]
    if comment is not None:
        create.append(f"COMMENT ON COLUMN {table}.{column} IS {literal(comment)}")
    return Suspended(f"generated column {table}.{column}", f"ALTER TABLE {table} DROP COLUMN {column}", create)


def _grants(connection: Connection, kind: str, oid: int) -> frozenset[Grant]:
    rows = connection.execute(_GRANTS[kind], {"oid": oid}).all()
    roles = {row[2]: connection.scalar(_ROLE, {"oid": row[2]}) for row in rows}
    return frozenset(Grant(privilege, column, roles[role], grantable) for privilege, column, role, grantable in rows)


# --- taken aside ----------------------------------------------------------------------------------------------------


@contextmanager
def allowed(what: str) -> Iterator[None]:
    """A block in which the server may say that an object is another role's, or that a right is missing.

    :param what: what cannot be done then, as the start of the message.
    :raises CommandError: it does.
    """
    try:
        yield
    except exc.DBAPIError as error:
        if sqla.sqlstate(error) != NO_RIGHT:
            raise
        raise unsupported(
            f"{what}: {str(error.orig).splitlines()[0]}",
            code="object-not-allowed",
            hint="run it as the role that owns the object, or as a member of it, or have that role grant the right",
        ) from error


@contextmanager
def suspended(impl: Execution, roots: Sequence[Address], what: str, *, replaced: bool = False) -> Iterator[None]:
    """A block in which nothing stands on ``roots``; afterwards everything does again, as it was.

    :param what: what is done in the block, for an error: "column t.a was changed".
    :param replaced: the block drops the roots and creates others of their names, which get owner, grants and comments
        on columns of the former.
    :raises CommandError: something cannot be created again.
    """
    connection = impl.require_connection("A change beneath other objects")
    above = standing_on(connection, roots)
    if not above and not replaced:
        yield
        return
    with fully_qualified(connection):
        found = [each for address in above if (each := suspended_of(connection, address)) is not None]
        own = [each for address in roots if (each := former_of(connection, address)) is not None and replaced]
    found = list({each.drop: each for each in found}.values())
    for each in reversed(found):
        with allowed(f"{each.what} cannot be dropped for the change beneath it, and created again after it"):
            impl.execute(each.drop)
    yield
    for each in own:
        restore(impl, each)
    for each in found:
        try:
            for statement in each.create:
                impl.execute(sqla.verbatim(statement))
            restore(impl, each)
        except exc.DBAPIError as error:
            said = " ".join(str(error.orig).splitlines()[:1])
            raise unsupported(
                f"{what[0].upper()}{what[1:]}, and {each.what}, which stands on it, cannot be made again: {said}",
                code="dependent-not-restored",
                hint="drop it before this operation and create it with another definition after it",
            ) from error


def former_of(connection: Connection, address: Address) -> Suspended | None:
    """What a replacement keeps of an object; to be called as `suspended_of`."""
    return (
        _composite_type(connection, address.oid)
        if address.catalogue == "pg_type"
        else suspended_of(connection, address)
    )


def _columns(connection: Connection, each: Suspended) -> set[str]:
    """The names of the columns of a view, quoted."""
    kind, _, name = (each.target or "").partition(" ")
    if kind != "TABLE":
        return set()
    query = sa.text(
        "SELECT quote_ident(attname) FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass(:name) AND attnum > 0"
    )
    return set(connection.scalars(query, {"name": name}))


def restore(impl: Execution, each: Suspended) -> None:
    """Give comments on columns, owner and privileges back; what default privileges have granted since is revoked."""
    connection = impl.require_connection("The privileges of an object")
    columns = _columns(connection, each)
    for column, statement in each.columns.items():
        if column in columns:
            impl.execute(sqla.verbatim(statement))
    if each.owner is not None:
        impl.execute(each.owner)
    if each.target is None:
        return
    kind, _, name = each.target.partition(" ")
    oid = connection.scalar(sa.text(f"SELECT CAST({_BY_NAME[kind]}(:name) AS oid)"), {"name": name})
    if oid is None:
        return  # a function whose arguments are others now
    present = _grants(connection, kind, oid)
    wanted = {grant for grant in each.grants if grant.column is None or grant.column in columns}
    for grant in sorted(present - wanted, key=str):
        impl.execute(f"REVOKE {_privilege(grant)} ON {each.target} FROM {grant.role}")
    for grant in sorted(wanted - present, key=str):
        option = " WITH GRANT OPTION" if grant.grantable else ""
        impl.execute(f"GRANT {_privilege(grant)} ON {each.target} TO {grant.role}{option}")


def _privilege(grant: Grant) -> str:
    return grant.privilege if grant.column is None else f"{grant.privilege} ({grant.column})"
