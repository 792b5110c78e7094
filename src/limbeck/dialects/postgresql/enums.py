"""PostgreSQL's enum types: made, dropped, extended, renamed in part, and given other values as a whole."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import exc

from limbeck import sqla
from limbeck.ddl.base import quote_dotted
from limbeck.ddl.offline import no_database

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy.engine import Connection, Dialect


class EnumColumn(NamedTuple):
    """A column of the enum type.

    :param table: its table, quoted for SQL.
    :param column: its name, quoted for SQL.
    :param is_array: whether it holds arrays of the type.
    :param default: its default as SQL; None where it has none.
    """

    table: str
    column: str
    is_array: bool
    default: str | None


class Dependent(NamedTuple):
    """A check or an index that mentions the type.

    :param drop: the statement that takes it away.
    :param create: the statement that makes it again.
    """

    drop: str
    create: str


_TYPE = sa.text(
    "SELECT t.oid, t.typarray FROM pg_catalog.pg_type t WHERE t.oid = to_regtype(:name) AND t.typtype = 'e'"
)

_COLUMNS = sa.text("""
SELECT c.oid::regclass::text, quote_ident(a.attname), a.atttypid = :array, pg_get_expr(d.adbin, d.adrelid)
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'f')
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.atttypid IN (:type, :array) AND NOT a.attisdropped AND a.attinhcount = 0
ORDER BY 1, a.attnum
""")

_CHECKS = sa.text("""
SELECT DISTINCT k.conrelid::regclass::text, quote_ident(k.conname), pg_get_constraintdef(k.oid)
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
WHERE k.contype IN ('c', 'x') AND k.coninhcount = 0 AND a.atttypid IN (:type, :array)
ORDER BY 1, 2
""")

_INDEXES = sa.text("""
SELECT DISTINCT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND d.refclassid = 'pg_class'::regclass
    AND d.refobjid = i.indrelid AND d.refobjsubid = a.attnum
WHERE (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL) AND a.atttypid IN (:type, :array)
    AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid)
    AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_inherits h WHERE h.inhrelid = i.indexrelid)
ORDER BY 1
""")


class EnumTypes:
    """The primitives behind ``op.create_enum`` and its like."""

    dialect: Dialect
    as_sql: bool
    execute: Callable[..., None]
    _online: Callable[[str], Connection]

    def create_enum(self, name: str, values: Sequence[str], *, schema: str | None = None) -> None:
        """``CREATE TYPE name AS ENUM (values)``."""
        labels = ", ".join(self._label(value) for value in values)
        self.execute(f"CREATE TYPE {self._type_name(name, schema)} AS ENUM ({labels})")

    def drop_enum(self, name: str, *, schema: str | None = None) -> None:
        """``DROP TYPE name``."""
        self.execute(f"DROP TYPE {self._type_name(name, schema)}")

    def add_enum_value(
        self, name: str, value: str, *, before: str | None = None, after: str | None = None, schema: str | None = None
    ) -> None:
        """Add ``value`` before or after another one, or at the end.

        A transaction that adds a value cannot use it (PostgreSQL manual, ALTER TYPE): run it in a block of its own.
        """
        place = ""
        if before is not None or after is not None:
            word, other = ("BEFORE", before) if before is not None else ("AFTER", after)
            place = f" {word} {self._label(str(other))}"
        self.execute(f"ALTER TYPE {self._type_name(name, schema)} ADD VALUE {self._label(value)}{place}")

    def enum_values(self, name: str, schema: str | None = None) -> list[str] | None:
        """The values that the type has in the database, in their order; None where there is no such type."""
        labels = sa.text(
            "SELECT e.enumlabel FROM pg_catalog.pg_enum e WHERE e.enumtypid = to_regtype(:name) "
            "ORDER BY e.enumsortorder"
        )
        found = self._online("A type").execute(labels, {"name": self._type_name(name, schema)}).scalars().all()
        return list(found) or None

    def rename_enum_value(self, name: str, old: str, new: str, *, schema: str | None = None) -> None:
        """Rename a value; rows, defaults and checks follow by themselves."""
        renaming = f"RENAME VALUE {self._label(old)} TO {self._label(new)}"
        self.execute(f"ALTER TYPE {self._type_name(name, schema)} {renaming}")

    def replace_enum_values(
        self,
        name: str,
        values: Sequence[str],
        *,
        mapping: Mapping[str, str] | None = None,
        schema: str | None = None,
    ) -> None:
        """Give the type other values: a new type takes its name, and every column of it is cast.

        Defaults stay, checks and indexes that mention the type are made again from the catalogue's own text.

        :param mapping: new value of each old one that is not among ``values``.

        A row, default or check with an old value that is neither kept nor mapped makes the database refuse. Raises
        `CommandError` in offline mode: which columns have the type only the catalogue knows.
        """
        if self.as_sql:
            raise no_database("replace_enum_values()")
        connection = self._online("replace_enum_values()")
        qualified, mapped = self._type_name(name, schema), dict(mapping or {})
        found = connection.execute(_TYPE, {"name": qualified}).first()
        if found is None:
            raise exc.NoSuchTableError(f"enum type {qualified}")
        oids = {"type": found[0], "array": found[1]}
        columns = [EnumColumn(*row) for row in connection.execute(_COLUMNS, oids)]
        dependents = self._dependents(connection, oids, lambda sql: self._relabelled(sql, name, schema, mapped))
        for statement in self._replacement(name, schema, values, mapped, columns, dependents):
            self.execute(statement)

    def _dependents(
        self, connection: Connection, oids: dict[str, int], relabelled: Callable[[str], str]
    ) -> list[Dependent]:
        checks = [
            Dependent(
                f"ALTER TABLE {table} DROP CONSTRAINT {check}",
                f"ALTER TABLE {table} ADD CONSTRAINT {check} {relabelled(definition)}",
            )
            for table, check, definition in connection.execute(_CHECKS, oids)
        ]
        indexes = [
            Dependent(f"DROP INDEX {index}", relabelled(definition))
            for index, definition in connection.execute(_INDEXES, oids)
        ]
        return checks + indexes

    def _replacement(
        self,
        name: str,
        schema: str | None,
        values: Sequence[str],
        mapping: dict[str, str],
        columns: list[EnumColumn],
        dependents: list[Dependent],
    ) -> list[str]:
        """The statements, in order."""
        qualified = self._type_name(name, schema)
        outgoing = self._type_name(f"{name}__old"[-63:], schema)
        statements = [dependent.drop for dependent in dependents]
        statements += [f"ALTER TABLE {c.table} ALTER COLUMN {c.column} DROP DEFAULT" for c in columns if c.default]
        statements.append(f"ALTER TYPE {qualified} RENAME TO {outgoing.rpartition('.')[2]}")
        statements.append(f"CREATE TYPE {qualified} AS ENUM ({', '.join(self._label(value) for value in values)})")
        for c in columns:
            cast = self._cast(c, qualified, mapping)
            target = f"{qualified}[]" if c.is_array else qualified
            statements.append(f"ALTER TABLE {c.table} ALTER COLUMN {c.column} TYPE {target} USING {cast}")
        for c in columns:
            if c.default:
                default = self._relabelled(c.default, name, schema, mapping)
                statements.append(f"ALTER TABLE {c.table} ALTER COLUMN {c.column} SET DEFAULT {default}")
        return [*statements, *(dependent.create for dependent in dependents), f"DROP TYPE {outgoing}"]

    def _cast(self, column: EnumColumn, target: str, mapping: dict[str, str]) -> str:
        text = f"{column.column}::text" + ("[]" if column.is_array else "")
        if column.is_array:
            for old, new in mapping.items():
                text = f"array_replace({text}, {self._label(old)}, {self._label(new)})"
            return f"{text}::{target}[]"
        if mapping:
            cases = " ".join(f"WHEN {self._label(old)} THEN {self._label(new)}" for old, new in mapping.items())
            text = f"(CASE {text} {cases} ELSE {text} END)"
        return f"{text}::{target}"

    def _relabelled(self, sql: str, name: str, schema: str | None, mapping: Mapping[str, str]) -> str:
        """``sql``, text of the catalogue, with mapped labels of the type replaced, also inside array literals."""
        if not mapping:
            return sql
        spellings = "|".join(re.escape(self._type_name(name, qualifier)) for qualifier in {schema, None})
        for old, new in mapping.items():
            labelled = rf"{re.escape(self._label(old))}(?=::(?:{spellings})(?!\w|\[))"
            sql = self._label(new).join(re.split(labelled, sql))
        arrays = rf"'(\{{(?:[^']|'')*\}})'(?=::(?:{spellings})\[\])"
        return re.sub(arrays, lambda array: self._label(_relabelled_array(array[1].replace("''", "'"), mapping)), sql)

    def _label(self, value: str) -> str:
        return sqla.literal(sqla.for_script(self.dialect), value)

    def _type_name(self, name: str, schema: str | None) -> str:
        quote: Any = self.dialect.identifier_preparer.quote
        return f"{quote_dotted(schema, quote)}.{quote(name)}" if schema else str(quote(name))


def _relabelled_array(literal: str, mapping: Mapping[str, str]) -> str:
    """An array literal (``{a,"b c"}``) with mapped elements replaced."""

    def replaced(element: re.Match[str]) -> str:
        label = element[0] if element[1] is None else re.sub(r"\\(.)", r"\1", element[1])
        new = mapping.get(label)
        return element[0] if new is None else '"' + re.sub(r'(["\\])', r"\\\1", new) + '"'

    return re.sub(r'"((?:[^"\\]|\\.)*)"|[^{},"]+', replaced, literal)
