"""PostgreSQL's domains: created, dropped, changed in place, and replaced to have another base type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from limbeck import sqla
from limbeck.ddl.base import as_type
from limbeck.ddl.execution import Execution
from limbeck.ddl.offline import NoDatabaseError

from .type_replacement import columns_of, dependents_of, find_type, replacement, type_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Domains(Execution):
    """The primitives behind ``op.create_domain`` and its like."""

    def create_domain(
        self,
        name: str,
        *,
        type_: Any,
        schema: str | None = None,
        default: Any = None,
        not_null: bool = False,
        checks: Mapping[str, str] | None = None,
    ) -> None:
        """``CREATE DOMAIN name AS type_``."""
        self.execute(self._creation(name, schema, type_, default, not_null, checks or {}))

    def drop_domain(self, name: str, *, schema: str | None = None) -> None:
        """``DROP DOMAIN name``."""
        self.execute(f"DROP DOMAIN {type_name(self.dialect, name, schema)}")

    def alter_domain(
        self,
        name: str,
        *,
        schema: str | None = None,
        default: Any = False,
        not_null: bool | None = None,
        dropped: Iterable[str] = (),
        added: Mapping[str, str] | None = None,
    ) -> None:
        """Change a domain in place.

        :param default: the new default; None drops it, False leaves it. :param not_null: None leaves it.
        :param dropped: names of checks. :param added: conditions by name; added after the others are dropped.
        """
        changes = [
            f"DROP CONSTRAINT {sqla.for_script(self.dialect).identifier_preparer.quote(check)}" for check in dropped
        ]
        if default is not False:
            changes.append("DROP DEFAULT" if default is None else f"SET {self._default(default)}")
        if not_null is not None:
            changes.append("SET NOT NULL" if not_null else "DROP NOT NULL")
        changes += [f"ADD {self._check(*check)}" for check in (added or {}).items()]
        for change in changes:
            self.execute(f"ALTER DOMAIN {type_name(self.dialect, name, schema)} {change}")

    def replace_domain(
        self,
        name: str,
        *,
        type_: Any,
        schema: str | None = None,
        default: Any = None,
        not_null: bool = False,
        checks: Mapping[str, str] | None = None,
    ) -> None:
        """Replace the domain by one with another base type, and cast all its columns.

        The database refuses values that do not fit. Raises `CommandError` in offline mode, since only the catalogue
        knows which columns have the type.
        """
        if self.as_sql:
            raise NoDatabaseError("replace_domain()")
        connection = self.require_connection("replace_domain()")
        qualified = type_name(self.dialect, name, schema)
        ids = find_type(connection, qualified, "d")
        for statement in replacement(
            self.dialect,
            name,
            schema,
            self._creation(name, schema, type_, default, not_null, checks or {}),
            columns_of(connection, ids),
            dependents_of(connection, ids),
            cast=lambda column: f"{column.column}::{qualified}{'[]' if column.is_array else ''}",
        ):
            self.execute(statement)

    def _creation(
        self, name: str, schema: str | None, type_: Any, default: Any, not_null: bool, checks: Mapping[str, str]
    ) -> str:
        base = type_ if isinstance(type_, str) else self.dialect.type_compiler_instance.process(as_type(type_))
        words = [f"CREATE DOMAIN {type_name(self.dialect, name, schema)} AS {base}"]
        words += [] if default is None else [self._default(default)]
        words += ["NOT NULL"] if not_null else []
        return " ".join([*words, *(self._check(*check) for check in checks.items())])

    def _default(self, default: Any) -> str:
        if isinstance(default, str):
            return f"DEFAULT {sqla.literal(sqla.for_script(self.dialect), default)}"
        return f"DEFAULT {self.render_ddl_sql_expr(default, is_server_default=True)}"

    def _check(self, name: str, condition: str) -> str:
        return f"CONSTRAINT {sqla.for_script(self.dialect).identifier_preparer.quote(name)} CHECK ({condition})"
