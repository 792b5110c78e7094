"""PostgreSQL's domains: their base type, default, NOT NULL and checks, as the database writes them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects.postgresql import DOMAIN

from limbeck import sqla
from limbeck.autogenerate.arrange.suspend_foreign_keys import each_of
from limbeck.errors import warn
from limbeck.operations.ops import (
    AlterColumnOp,
    AlterDomainOp,
    CreateDomainOp,
    DropDomainOp,
    MigrateOperation,
    ModifyTableOps,
    ReplaceDomainOp,
)

from .named_types import named_types_of_models

if TYPE_CHECKING:
    from limbeck.ddl.normalizer import Normalizer
    from limbeck.ddl.shape import DomainShape

    from ..context import AutogenContext

    Operations = list[MigrateOperation]

log = logging.getLogger("alembic.autogenerate.compare.exact")


def compare_domains(
    autogen_context: AutogenContext,
    shapes: Normalizer,
    everywhere: list[str | None],
    schemas: set[str | None],
    tables: Operations,
) -> tuple[Operations, Operations]:
    """What comes before the operations on tables, and what after them.

    :param everywhere: the schemas that the models mention too; of one that is not looked at, missing ones are created.
    :param schemas: those that are looked at.
    :param tables: those operations; where there are any, what rows have to pass comes after them, since rows that do
        not may go with them.
    """
    before: Operations = []
    after: Operations = []
    for schema in everywhere:
        mentioned = named_types_of_models(autogen_context, schema, DOMAIN)
        ours = {name: domain for name, domain in mentioned.items() if domain.create_type}
        there = shapes.domains(schema)
        made, refused = shapes.domains_of_models(list(ours.values())) if ours else ({}, [])
        if refused:
            warn(
                f"Not compared: domain {'; '.join(refused)}",
                code="compared-by-text",
                hint="the database refused a temporary domain: give the role the right to create temporary tables, or "
                "see what the model of that domain says that the database does not know",
                stacklevel=4,
            )
        for name, domain in ours.items():
            model = _Model(autogen_context, domain, made.get(name))
            if name not in there:
                before.append(CreateDomainOp(name, schema=schema, **model.definition()))
                log.info("Detected added domain %r", name)
            elif name in made and schema in schemas:
                _compare(schema, name, there[name], model, tables, before, after)
        for name in reversed(there) if schema in schemas else ():
            if name not in mentioned:
                after.append(DropDomainOp(name, schema=schema, **_definition(there[name])))
                log.info("Detected removed domain %r", name)
    return before, after


def _compare(
    schema: str | None,
    name: str,
    there: DomainShape,
    model: _Model,
    tables: Operations,
    before: Operations,
    after: Operations,
) -> None:
    ours = model.shape(there)
    if there == ours:
        return
    log.info("Detected domain %r changed from %r to %r", name, there, ours)
    if there.type_ != ours.type_:
        before += _defaults_aside(tables, name, schema)
        before.append(ReplaceDomainOp(name, schema=schema, existing=_definition(there), **model.definition()))
        return
    first, last = _Change(name, schema), _Change(name, schema)
    if not tables:
        last = first
    if there.default != ours.default:
        first.change(default=(_sql(there.default), model.default))
    if there.not_null != ours.not_null:
        (last if ours.not_null else first).change(not_null=(there.not_null, ours.not_null))
    for check, condition in there.checks.items():
        if ours.checks.get(check) != condition:
            first.checks(check, condition, None)
    for check, condition in ours.checks.items():
        if there.checks.get(check) != condition:
            last.checks(check, None, model.condition)
    before += first.operations()
    after += last.operations() if last is not first else []


def _defaults_aside(tables: Operations, domain: str, schema: str | None) -> Operations:
    """Drop the defaults of columns of the domain that change: neither type takes the other's."""
    dropped: Operations = []
    for op in each_of(tables):
        if not isinstance(op, AlterColumnOp) or op.modify_server_default is False or not op.existing_server_default:
            continue
        base = getattr(op.existing_type, "item_type", op.existing_type)
        if isinstance(base, DOMAIN) and (base.name, base.schema) == (domain, schema):
            existing, op.existing_server_default = op.existing_server_default, None
            drop = AlterColumnOp(
                op.table_name,
                op.column_name,
                schema=op.schema,
                modify_server_default=None,
                existing_type=op.existing_type,
                existing_nullable=op.existing_nullable,
                existing_server_default=existing,
            )
            dropped.append(ModifyTableOps(op.table_name, [drop], schema=op.schema))
    return dropped


class _Change:
    """What an alteration of a domain says."""

    def __init__(self, name: str, schema: str | None) -> None:
        self._place: dict[str, Any] = {"name": name, "schema": schema}
        self._new: dict[str, Any] = {}
        self._old: dict[str, Any] = {}

    def change(self, **options: tuple[Any, Any]) -> None:
        """Change options, each from the first value to the second."""
        for option, (old, new) in options.items():
            self._old[option], self._new[option] = old, new

    def checks(self, name: str, old: str | None, new: str | None) -> None:
        """Change a check; one that goes and comes again does both at once."""
        self._old.setdefault("checks", {}).setdefault(name, old)
        self._new.setdefault("checks", {})[name] = new

    def operations(self) -> Operations:
        """The operation, if there is anything to change."""
        return [AlterDomainOp(**self._place, **self._new, existing=self._old)] if self._new else []


class _Model:
    """A domain of the models.

    :param domain: as SQLAlchemy has it. :param made: what the database made of it; None where it refused.
    """

    def __init__(self, autogen_context: AutogenContext, domain: DOMAIN, made: DomainShape | None) -> None:
        self._impl = autogen_context.migration_context.impl
        self._domain = domain
        self._made = made
        self.default = domain.default

    @property
    def condition(self) -> str | None:
        """Its check, as the model says it."""
        check: Any = self._domain.check
        return None if check is None else self._impl.render_ddl_sql_expr(check)

    def shape(self, there: DomainShape) -> DomainShape:
        """What the database makes of it; a check without a name is any of its words that is there."""
        made: Any = self._made
        names = {sql: name for name, sql in there.checks.items()}
        if self._domain.constraint_name in made.checks:
            return made  # type: ignore[no-any-return]
        return made._replace(checks={names.get(sql, name): sql for name, sql in made.checks.items()})  # type: ignore[no-any-return]

    def definition(self) -> dict[str, Any]:
        """What the model says, as `CreateDomainOp` takes it; a check without a name gets that of the database."""
        checks = {}
        if self.condition is not None:
            chosen = next(iter(self._made.checks), None) if self._made else self._domain.constraint_name
            checks = {str(chosen or f"{self._domain.name}_check"): self.condition}
        return {
            "type_": self._base_type(),
            "default": self.default,
            "not_null": self._domain.not_null,
            "checks": checks,
        }

    def _base_type(self) -> Any:
        domain, dialect = self._domain, self._impl.dialect
        if domain.collation is None:
            return domain.data_type
        parts = filter(None, (getattr(domain, "collation_schema", None), domain.collation))
        collation = ".".join(map(dialect.identifier_preparer.quote, parts))
        return f"{dialect.type_compiler_instance.process(domain.data_type)} COLLATE {collation}"


def _definition(there: DomainShape) -> dict[str, Any]:
    """What is there, as `CreateDomainOp` takes it."""
    return {
        "type_": there.type_,
        "default": _sql(there.default),
        "not_null": there.not_null,
        "checks": dict(there.checks),
    }


def _sql(default: str | None) -> Any:
    return None if default is None else sqla.as_written(default)
