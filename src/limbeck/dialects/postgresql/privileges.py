"""Grants and default privileges of PostgreSQL: read, told for the models, and taken back."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from limbeck import sqla
from limbeck.ddl.base import format_name
from limbeck.errors import CommandError
from limbeck.objects.privileges import PUBLIC, Privilege, Privileges, default_of, grant_of, spelled

from .dependents import Address
from .search_path import fully_qualified

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy.engine import Connection

    from limbeck.objects.definition import ObjectId

KINDS = frozenset({"grant", "default_privileges"})

_OF_EXTENSION = """EXISTS (SELECT 1 FROM pg_catalog.pg_depend e
    WHERE e.classid = to_regclass('pg_catalog.' || o.catalogue) AND e.objid = o.oid AND e.deptype = 'e')"""

# one row an object and a role; a privilege is written SELECT, SELECT* with grant option, SELECT name of a column
_GRANTS = sa.text(f"""
WITH o(kind, catalogue, oid, schema, name, owner, acl) AS (
    SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, 'pg_class', c.oid, n.nspname, c.relname::text,
        c.relowner, COALESCE(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner))
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname = ANY (:schemas)
    UNION ALL
    SELECT CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, 'pg_proc', p.oid, n.nspname,
        p.proname || '(' || oidvectortypes(p.proargtypes) || ')', p.proowner,
        COALESCE(p.proacl, acldefault('f', p.proowner))
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = ANY (:schemas)
    UNION ALL
    SELECT 'SCHEMA', 'pg_namespace', n.oid, NULL, n.nspname, n.nspowner, COALESCE(n.nspacl, acldefault('n', n.nspowner))
    FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION ALL
    SELECT 'TYPE', 'pg_type', t.oid, n.nspname, t.typname, t.typowner, COALESCE(t.typacl, acldefault('T', t.typowner))
    FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
    WHERE n.nspname = ANY (:schemas) AND t.typcategory <> 'A' AND t.typtype <> 'm' AND COALESCE(c.relkind, 'c') = 'c'
), granted AS (
    SELECT o.*, x.grantee, x.privilege_type || CASE WHEN x.is_grantable THEN '*' ELSE '' END AS privilege
    FROM o, aclexplode(o.acl) x
    UNION ALL
    SELECT o.*, x.grantee, x.privilege_type || CASE WHEN x.is_grantable THEN '*' ELSE '' END || ' ' || a.attname
    FROM o JOIN pg_catalog.pg_attribute a ON o.catalogue = 'pg_class' AND a.attrelid = o.oid
        AND a.attacl IS NOT NULL AND a.attnum > 0 AND NOT a.attisdropped, aclexplode(a.attacl) x
)
SELECT o.kind, o.catalogue, o.oid, o.schema, o.name,
    CASE o.grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(o.grantee) END,
    array_agg(o.privilege), o.grantee = o.owner, {_OF_EXTENSION}
FROM granted o GROUP BY o.kind, o.catalogue, o.oid, o.schema, o.name, o.owner, o.grantee
ORDER BY o.kind, o.schema, o.name, 6
""")  # noqa: S608 a constant of this module

_DEFAULTS = sa.text("""
SELECT CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS'
        WHEN 'T' THEN 'TYPES' ELSE 'SCHEMAS' END, 'pg_default_acl', d.oid, n.nspname,
    NULLIF(pg_get_userbyid(d.defaclrole), current_user),
    CASE x.grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(x.grantee) END,
    array_agg(x.privilege_type || CASE WHEN x.is_grantable THEN '*' ELSE '' END), x.grantee = d.defaclrole,
    n.oid IS NULL
FROM pg_catalog.pg_default_acl d LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace,
    aclexplode(d.defaclacl) x
GROUP BY d.defaclobjtype, d.oid, n.nspname, n.oid, d.defaclrole, x.grantee ORDER BY 1, 4, 5, 6
""")

_ALL = sa.text("""
SELECT k.word, x.privilege_type
FROM (VALUES ('TABLE', 'r'), ('SEQUENCE', 's'), ('FUNCTION', 'f'), ('SCHEMA', 'n'), ('TYPE', 'T')) k(word, letter),
    aclexplode(acldefault(k.letter::"char", 10)) x
""")
_OF_COLUMNS = frozenset({"SELECT", "INSERT", "UPDATE", "REFERENCES"})
_OF_EVERYBODY = {
    **dict.fromkeys(("FUNCTION", "FUNCTIONS", "PROCEDURE"), "EXECUTE"),
    **dict.fromkeys(("TYPE", "TYPES"), "USAGE"),
}
"""What the server grants to PUBLIC by itself."""

_ROLES = sa.text("SELECT rolname FROM pg_catalog.pg_roles WHERE rolname = ANY (:names)")
_ROUTINE = sa.text("""
SELECT CASE WHEN strpos(:name, '(') > 0 THEN CAST(to_regprocedure(:name) AS oid) ELSE CAST(to_regproc(:name) AS oid) END
""")
_SIGNATURE = sa.text(
    "SELECT proname || '(' || oidvectortypes(proargtypes) || ')' FROM pg_catalog.pg_proc WHERE oid = :oid"
)

_GRANT_NAME = re.compile(r'(?P<on>[A-Z]+) (?P<target>.*) TO (?P<role>"(?:[^"]|"")+"|\S+)', re.DOTALL)
_DEFAULT_NAME = re.compile(r'(?P<scope>.*?)ON (?P<on>[A-Z]+) TO (?P<role>"(?:[^"]|"")+"|\S+)', re.DOTALL)


class Held(NamedTuple):
    """Privileges of the database.

    :param address: what they are on. :param value: them. :param is_owner: whether the role owns that.
    :param is_implied: whether the database gave them by itself.
    """

    address: Address
    value: Privileges
    is_owner: bool
    is_implied: bool


def revocation(id_: ObjectId, schema: str) -> str:
    """The statement that takes away what a grant or default privileges give.

    :param schema: the schema of the object with a dot, quoted; empty for that of the connection.
    """
    pattern = _GRANT_NAME if id_.kind == "grant" else _DEFAULT_NAME
    found = pattern.fullmatch(id_.name)
    if found is None:
        raise CommandError(
            f"{id_.name!r} names no {id_.words}",
            code="bad-object",
            hint="write what and whom: 'TABLE account TO reader'; of default privileges 'ON TABLES TO reader'",
        )
    if id_.kind == "grant":
        return f"REVOKE ALL ON {found['on']} {schema}{found['target']} FROM {found['role']}"
    return f"ALTER DEFAULT PRIVILEGES {found['scope']}REVOKE ALL ON {found['on']} FROM {found['role']}"


class PostgresqlPrivileges:
    """Privileges of one database.

    :param connection: the connection. :param default_schema: the schema that None stands for.
    """

    def __init__(self, connection: Connection, default_schema: str) -> None:
        self._connection = connection
        self._default = default_schema
        self._preparer = sqla.for_script(connection.dialect).identifier_preparer
        self._quote: Callable[[str], str] = self._preparer.quote

    def shape(self, value: Privileges) -> str:
        """A set of privileges, spelled in one way."""
        grantable = [each for each in value.granted if each.grantable]
        others = [each for each in value.granted if not each.grantable]
        return f"{spelled(others, self._quote)}; WITH GRANT OPTION {spelled(grantable, self._quote)}"

    def held(self, kind: str, schemas: Sequence[str]) -> Iterator[Held]:
        """Grants on objects of ``schemas`` and on schemas, or all default privileges."""
        if kind == "grant":
            for on, catalogue, oid, schema, name, role, listed, is_owner, of_extension in self._connection.execute(
                _GRANTS, {"schemas": list(schemas)}
            ):
                place = None if schema == self._default else schema
                value = grant_of(on, place, name, role or PUBLIC, _privileges(listed), self._quote)
                is_own = is_owner or of_extension or _is_given(value) or (on, name, role) == ("SCHEMA", "public", None)
                yield Held(Address(catalogue, oid), value, is_owner, is_own)
        else:
            for on, catalogue, oid, schema, owner, role, listed, is_owner, everywhere in self._connection.execute(
                _DEFAULTS
            ):
                value = default_of(owner, schema, on, role or PUBLIC, _privileges(listed), self._quote)
                yield Held(Address(catalogue, oid), value, is_owner, is_owner or (everywhere and _is_given(value)))

    def check_roles(self, wanted: Sequence[Privileges]) -> None:
        """Raise for roles that the server does not have."""
        names = {role for each in wanted for role in (each.role, each.owner) if role not in (None, PUBLIC)}
        if not names:
            return
        missing = sorted(names - set(self._connection.scalars(_ROLES, {"names": sorted(map(str, names))})))
        if missing:
            roles = f"role{'s' if len(missing) > 1 else ''} {', '.join(map(repr, missing))}"
            raise CommandError(
                f"The server has no {roles}, to which the models grant privileges",
                code="no-such-role",
                hint=f"CREATE ROLE {self._quote(missing[0])}, or correct the name",
            )

    def as_held(
        self, value: Privileges, led: Callable[[str], str] = str, back: Callable[[str], str] = str
    ) -> Privileges:
        """Privileges of the models as the server writes them: ``ALL`` spelled out, a function with its types.

        :param led: leads names to scratch schemas. :param back: leads them back.
        :raises LookupError: the server has no such function. :raises ValueError: it has no such privilege.
        """
        granted = self._known(value)
        if value.id.kind == "default_privileges":
            current = self._connection.scalar(sa.text("SELECT current_user"))
            owner = None if value.owner == current else value.owner
            name = value.id.name.removeprefix(f"FOR ROLE {self._quote(str(current))} ")
            return replace(value, id=value.id._replace(name=name), owner=owner, granted=granted)
        target = value.target
        if value.on in ("FUNCTION", "PROCEDURE"):
            target = back(self._signature(value, led))
        return grant_of(value.on, value.id.schema, target, value.role, granted, self._quote)

    def _signature(self, value: Privileges, led: Callable[[str], str]) -> str:
        name, sign, arguments = value.target.partition("(")
        asked = format_name(self._preparer, name, value.id.schema) + sign + arguments
        oid = self._connection.scalar(_ROUTINE, {"name": led(asked)})
        if oid is None:
            raise LookupError(f"{value.on.lower()} {asked} does not exist, or is one of several")
        with fully_qualified(self._connection):
            return str(self._connection.scalar(_SIGNATURE, {"oid": oid}))

    def _known(self, value: Privileges) -> frozenset[Privilege]:
        """The privileges of ``value``, ``ALL`` spelled out."""
        on = {"PROCEDURE": "FUNCTION"}.get(value.on, value.on.removesuffix("S"))
        every = {word for each, word in self._connection.execute(_ALL) if each == on}
        granted: set[Privilege] = set()
        for each in value.granted:
            allowed = every if each.column is None else _OF_COLUMNS
            if each.word != "ALL" and each.word not in allowed:
                what = f"{on.lower()}s" if each.column is None else "columns"
                raise ValueError(f"there is no privilege {each.word} on {what}")
            granted |= {each._replace(word=word) for word in (allowed if each.word == "ALL" else {each.word})}
        return _strongest(granted)


def _privileges(listed: Sequence[str]) -> frozenset[Privilege]:
    found = set()
    for each in listed:
        word, _, column = each.partition(" ")
        found.add(Privilege(word.removesuffix("*"), column or None, word.endswith("*")))
    return _strongest(found)


def _strongest(found: set[Privilege]) -> frozenset[Privilege]:
    """Without those that are there with grant option too."""
    return frozenset(found - {each._replace(grantable=False) for each in found if each.grantable})


def _is_given(value: Privileges) -> bool:
    """Whether the server gives that to everybody by itself."""
    word = _OF_EVERYBODY.get(value.on)
    return value.role == PUBLIC and word is not None and value.granted == {Privilege(word)}
