"""PostgreSQL's enum types: created, dropped, values added or renamed, and replaced to have other values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import sqlalchemy as sa

from limbeck import sqla
from limbeck.ddl.execution import Execution
from limbeck.ddl.offline import NoDatabaseError

from .type_replacement import columns_of, dependents_of, find_type, replacement, type_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .type_replacement import TypedColumn


class EnumTypes(Execution):
    """The primitives behind ``op.create_enum`` and its like."""

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

        The transaction that adds a value cannot use it (PostgreSQL manual, ALTER TYPE).
        """
        place = ""
        if before is not None or after is not None:
            word, other = ("BEFORE", before) if before is not None else ("AFTER", after)
            place = f" {word} {self._label(str(other))}"
        self.execute(f"ALTER TYPE {self._type_name(name, schema)} ADD VALUE {self._label(value)}{place}")

    def enum_values(self, name: str, schema: str | None = None) -> list[str] | None:
        """The values that the type has in the database, in their order; None if there is no such type."""
        labels = sa.text(
            "SELECT e.enumlabel FROM pg_catalog.pg_enum e WHERE e.enumtypid = to_regtype(:name) "
            "ORDER BY e.enumsortorder"
        )
        found = (
            self.require_connection("A type").execute(labels, {"name": self._type_name(name, schema)}).scalars().all()
        )
        return list(found) or None

    def rename_enum_value(self, name: str, old: str, new: str, *, schema: str | None = None) -> None:
        """Rename a value; rows, defaults and checks have the new name at once."""
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
        """Replace the type by one with other values, and cast all its columns.

        Defaults are kept; checks and indexes that mention the type are created again from the catalogue's text.

        :param mapping: the new value of each old one that is not among ``values``.

        The database refuses a row, default or check with an old value that is neither kept nor mapped. Raises
        `CommandError` in offline mode, since only the catalogue knows which columns have the type.
        """
        if self.as_sql:
            raise NoDatabaseError("replace_enum_values()")
        connection = self.require_connection("replace_enum_values()")
        qualified, mapped = self._type_name(name, schema), dict(mapping or {})
        ids = find_type(connection, qualified, "e")

        def relabelled(sql: str) -> str:
            return self._relabelled(sql, name, schema, mapped)

        for statement in replacement(
            self.dialect,
            name,
            schema,
            f"CREATE TYPE {qualified} AS ENUM ({', '.join(self._label(value) for value in values)})",
            columns_of(connection, ids),
            dependents_of(connection, ids, relabelled),
            cast=lambda column: self._cast(column, qualified, mapped),
            default=relabelled,
        ):
            self.execute(statement)

    def _cast(self, column: TypedColumn, target: str, mapping: dict[str, str]) -> str:
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
        names = "|".join(re.escape(self._type_name(name, qualifier)) for qualifier in {schema, None})
        for old, new in mapping.items():
            labelled = rf"{re.escape(self._label(old))}(?=::(?:{names})(?!\w|\[))"
            sql = self._label(new).join(re.split(labelled, sql))
        arrays = rf"'(\{{(?:[^']|'')*\}})'(?=::(?:{names})\[\])"
        return re.sub(arrays, lambda array: self._label(_relabelled_array(array[1].replace("''", "'"), mapping)), sql)

    def _label(self, value: str) -> str:
        return sqla.literal(sqla.for_script(self.dialect), value)

    def _type_name(self, name: str, schema: str | None) -> str:
        return type_name(self.dialect, name, schema)


def _relabelled_array(literal: str, mapping: Mapping[str, str]) -> str:
    """An array literal (``{a,"b c"}``) with mapped elements replaced."""

    def replaced(element: re.Match[str]) -> str:
        label = element[0] if element[1] is None else re.sub(r"\\(.)", r"\1", element[1])
        new = mapping.get(label)
        return element[0] if new is None else '"' + re.sub(r'(["\\])', r"\\\1", new) + '"'

    return re.sub(r'"((?:[^"\\]|\\.)*)"|[^{},"]+', replaced, literal)
