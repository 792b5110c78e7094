"""Who may do what, declared with a MetaData: grants, and default privileges (PostgreSQL)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from limbeck import sqla

from .declared import SchemaObject
from .definition import ObjectDefinition, ObjectId
from .statement import words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import MetaData
    from sqlalchemy.engine import Dialect

PUBLIC = "PUBLIC"
"""The role that is everybody."""

TARGETS = ("table", "sequence", "function", "procedure", "schema", "type")
"""What privileges are on; views count as tables."""


class Privilege(NamedTuple):
    """One privilege.

    :param word: ``SELECT``. :param column: the column that it is for; None: the whole object.
    :param grantable: whether the role may grant it to others.
    """

    word: str
    column: str | None = None
    grantable: bool = False


@dataclass(frozen=True)
class Privileges(ObjectDefinition):
    """The privileges that a role has on something, as a value.

    :param on: what it is, in capitals: ``TABLE``; of default privileges ``TABLES``.
    :param target: its name; a function's with the types of its arguments. Empty for default privileges.
    :param role: who has them. :param owner: the role whose future objects they are for; None: the connection's own.
    :param granted: the privileges.
    """

    on: str = ""
    target: str = ""
    role: str = PUBLIC
    owner: str | None = None
    granted: frozenset[Privilege] = frozenset()


def privileges_in(text: str, *, grantable: bool) -> frozenset[Privilege]:
    """The privileges of a list as ``GRANT`` has it: ``SELECT, INSERT (name)``."""
    found: set[Privilege] = set()
    word, columns, is_within = "", list[str](), False
    for each, is_quoted in [*words_of(text), (",", False)]:
        if is_quoted or each not in (",", "(", ")"):
            if is_within:
                columns.append(each)
            elif each.upper() != "PRIVILEGES":
                word = f"{word} {each.upper()}".strip()
        elif each in ("(", ")"):
            is_within = each == "("
        elif not is_within:
            if word:
                found |= {Privilege(word, each, grantable) for each in columns} or {Privilege(word, None, grantable)}
            word, columns = "", []
    return frozenset(found)


def spelled(granted: Iterable[Privilege], quote: Callable[[str], str]) -> str:
    """A list as ``GRANT`` has it, sorted."""
    columns: dict[str, list[str]] = {}
    for each in sorted(granted, key=str):
        columns.setdefault(each.word, []).extend([] if each.column is None else [quote(each.column)])
    whole = {each.word for each in granted if each.column is None}
    listed = [word for word in columns if word in whole]
    listed += [f"{word} ({', '.join(names)})" for word, names in columns.items() if names]
    return ", ".join(sorted(listed))


def granting(before: str, target: str, role: str, granted: Iterable[Privilege], quote: Callable[[str], str]) -> str:
    """The statements that grant, one for what may be granted on, one for the rest.

    :param before: what comes before ``GRANT``. :param target: what comes after ``ON``. :param role: quoted.
    """
    found = list(granted)
    statements = []
    for grantable, ending in ((False, ""), (True, " WITH GRANT OPTION")):
        words = spelled([each for each in found if each.grantable is grantable], quote)
        if words:
            statements.append(f"{before}GRANT {words} ON {target} TO {role}{ending}")
    return ";\n".join(statements)


class _Granted(SchemaObject):
    """Privileges of one role."""

    targets: ClassVar[tuple[str, ...]] = TARGETS

    def __init__(
        self,
        name: str,
        metadata: MetaData,
        privileges: str,
        *,
        to: str,
        on: str,
        with_grant_option: str = "",
        owner: str | None = None,
        schema: str | None = None,
        dialect: str | Sequence[str] | None = None,
    ) -> None:
        self.to, self.on, self.owner, self.with_grant_option = to, on, owner, with_grant_option
        super().__init__(name, metadata, privileges or with_grant_option, schema=schema, dialect=dialect)
        grantable = privileges_in(with_grant_option, grantable=True)
        stronger = {each._replace(grantable=False) for each in grantable}
        self.granted = (privileges_in(privileges, grantable=False) - stronger) | grantable

    def _check(self, metadata: object) -> None:
        what = f"{type(self).__name__} on {self.name!r}"
        if not isinstance(self.to, str) or not self.to:
            raise self.refused(f"{what}: 'to' is a role, not {self.to!r}", 'name one, or "PUBLIC"')
        if self.on not in self.targets:
            raise self.refused(f"{what}: there are no privileges on {self.on!r}", f"one of {', '.join(self.targets)}")
        super()._check(metadata)

    @property
    def role(self) -> str:
        """The role; `PUBLIC` in any case is everybody."""
        return PUBLIC if self.to.upper() == PUBLIC else self.to


class Grant(_Granted):
    """Privileges of a role (PostgreSQL): ``Grant("account", metadata, "SELECT, INSERT (name)", to="reader")``.

    What else the role has on that object is revoked; other roles and objects are left alone.

    :param name: the object; a function with the types of its arguments: ``touch(integer)``.
    :param metadata: the MetaData of the models that it belongs to.
    :param privileges: them, as in ``GRANT``: ``SELECT, INSERT (name)``, ``ALL``.
    :param to: the role; ``PUBLIC`` is everybody.
    :param on: ``table`` (default; views too), ``sequence``, ``function``, ``procedure``, ``schema`` or ``type``.
    :param with_grant_option: further privileges, which the role may grant to others.
    :param schema: the schema of the object; default: that of the MetaData.
    :param dialect: the name of the only dialect that it is for, or several; default: every one.
    :raises CommandError: the arguments are no such thing, or the MetaData has it already.
    """

    kind = "grant"

    def __init__(
        self,
        name: str,
        metadata: MetaData,
        privileges: str = "",
        *,
        to: str,
        on: str = "table",
        with_grant_option: str = "",
        schema: str | None = None,
        dialect: str | Sequence[str] | None = None,
    ) -> None:
        super().__init__(
            name,
            metadata,
            privileges,
            to=to,
            on=on,
            with_grant_option=with_grant_option,
            schema=schema,
            dialect=dialect,
        )

    @property
    def id(self) -> ObjectId:
        """What identifies it: the object and the role."""
        schema = None if self.on == "schema" else self.schema
        return ObjectId(self.kind, schema, f"{self.on.upper()} {self.name} TO {self.role}")

    def to_definition(self, dialect: Dialect) -> Privileges:
        """The privileges as a value."""
        quote = sqla.for_script(dialect).identifier_preparer.quote
        return grant_of(self.on.upper(), self.id.schema, self.name, self.role, self.granted, quote)


def grant_of(
    on: str, schema: str | None, target: str, role: str, granted: Iterable[Privilege], quote: Callable[[str], str]
) -> Privileges:
    """A grant as a value, named by what stands after ``ON``.

    :param on: ``TABLE`` and the like. :param target: its name; a function's with the types of its arguments.
    """
    name, sign, arguments = target.partition("(") if on in ("FUNCTION", "PROCEDURE") else (target, "", "")
    place = f"{quote(name)}{sign}{arguments}"
    whole = place if schema is None else f"{quote(schema)}.{place}"
    to = role if role == PUBLIC else quote(role)
    id_ = ObjectId("grant", schema, f"{on} {place} TO {to}")
    found = frozenset(granted)
    return Privileges(
        id_, granting("", f"{on} {whole}", to, found, quote), on=on, target=target, role=role, granted=found
    )


class DefaultPrivileges(_Granted):
    """Privileges on what a role creates later (PostgreSQL).

    ``DefaultPrivileges("tables", metadata, "SELECT", to="reader")``

    :param name: what: ``tables``, ``sequences``, ``functions``, ``types`` or ``schemas``.
    :param metadata: the MetaData of the models that it belongs to.
    :param privileges: them, as in ``GRANT``. :param to: the role; ``PUBLIC`` is everybody.
    :param owner: the role that creates the objects; default: that of the connection.
    :param with_grant_option: further privileges, which the role may grant to others.
    :param schema: the schema of the objects; default: that of the MetaData, or else every one.
    :param dialect: the name of the only dialect that it is for, or several; default: every one.
    :raises CommandError: the arguments are no such thing, or the MetaData has it already.
    """

    kind = "default_privileges"
    targets = ("tables", "sequences", "functions", "types", "schemas")

    def __init__(
        self,
        name: str,
        metadata: MetaData,
        privileges: str = "",
        *,
        to: str,
        owner: str | None = None,
        with_grant_option: str = "",
        schema: str | None = None,
        dialect: str | Sequence[str] | None = None,
    ) -> None:
        super().__init__(
            name,
            metadata,
            privileges,
            to=to,
            on=str(name).lower(),
            with_grant_option=with_grant_option,
            owner=owner,
            schema=schema,
            dialect=dialect,
        )

    @property
    def id(self) -> ObjectId:
        """What identifies it: whose objects, of which kind, and the role."""
        owner = "" if self.owner is None else f"FOR ROLE {self.owner} "
        place = "" if self.schema is None else f"IN SCHEMA {self.schema} "
        return ObjectId(self.kind, None, f"{owner}{place}ON {self.on.upper()} TO {self.role}")

    def to_definition(self, dialect: Dialect) -> Privileges:
        """The privileges as a value."""
        quote = sqla.for_script(dialect).identifier_preparer.quote
        return default_of(self.owner, self.schema, self.on.upper(), self.role, self.granted, quote)


def default_of(
    owner: str | None,
    schema: str | None,
    on: str,
    role: str,
    granted: Iterable[Privilege],
    quote: Callable[[str], str],
) -> Privileges:
    """Default privileges as a value, named by what stands after ``ALTER DEFAULT PRIVILEGES``.

    :param on: ``TABLES`` and the like.
    """
    scope = "" if owner is None else f"FOR ROLE {quote(owner)} "
    scope += "" if schema is None else f"IN SCHEMA {quote(schema)} "
    to = role if role == PUBLIC else quote(role)
    id_ = ObjectId("default_privileges", None, f"{scope}ON {on} TO {to}")
    found = frozenset(granted)
    sql = granting(f"ALTER DEFAULT PRIVILEGES {scope}", on, to, found, quote)
    return Privileges(id_, sql, on=on, role=role, owner=owner, granted=found)
