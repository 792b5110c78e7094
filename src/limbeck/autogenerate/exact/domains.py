"""Domains: their base type, default, NOT NULL and checks, as the database writes them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from limbeck import sqla
from limbeck.errors import warn
from limbeck.operations.columns import is_default
from limbeck.operations.containers import each_of
from limbeck.operations.ops import (
    AlterColumnOp,
    AlterDomainOp,
    CreateDomainOp,
    DropDomainOp,
    ModifyTableOps,
    ReplaceDomainOp,
)
from limbeck.types import SqlType

from .named_types import by_this_name, domains_of_models
from .table_pair import normalizer_of
from .unmentioned import is_wanted, named, to_drop

if TYPE_CHECKING:
    from collections.abc import Collection

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.autogenerate.read.names import TableName
    from limbeck.ddl.impl import DefaultImpl
    from limbeck.ddl.shape import DomainShape
    from limbeck.operations.ops import MigrateOperation

    from .named_types import DomainType

    Operations = list[MigrateOperation]

log = logging.getLogger("alembic.autogenerate.compare.exact")


def compare_domains(
    autogen_context: AutogenContext,
    everywhere: list[str | None],
    schemas: set[str | None],
    tables: Operations,
    replaced: Collection[TableName],
) -> tuple[Operations, Operations]:
    """The operations before those on tables, and the operations after them.

    :param everywhere: the schemas that are compared or that models mention; where a schema is not compared, missing
        domains are created and nothing else.
    :param schemas: those that are compared.
    :param tables: the operations on tables; where there are any, restrictions come after them, since they may move or
        drop the rows that do not satisfy these.
    :param replaced: names of what has another name here.
    """
    before: Operations = []
    after: Operations = []
    for schema in everywhere:
        first, last = _compare_schema(autogen_context, schema, tables, replaced, compared=schema in schemas)
        before += first
        after += last
    return before, after


def _compare_schema(
    autogen_context: AutogenContext,
    schema: str | None,
    tables: Operations,
    replaced: Collection[TableName],
    *,
    compared: bool,
) -> tuple[Operations, Operations]:
    normalizer = normalizer_of(autogen_context)
    mentioned = domains_of_models(autogen_context, schema)
    created = {name: domain for name, domain in mentioned.items() if domain.create_type}
    everything = by_this_name(schema, normalizer.domains(schema), replaced)
    database = named(autogen_context, "domain", schema, everything)
    shapes, refused = normalizer.domains_of_models(list(created.values())) if created else ({}, [])
    if refused:
        _warn_of_refused(refused)
    before: Operations = []
    after: Operations = []
    for name, domain in created.items():
        model = _Model(autogen_context.migration_context.impl, domain, shapes.get(name))
        if name not in everything:
            if is_wanted(autogen_context, "domain", name, domain):
                before.append(CreateDomainOp(name, schema=schema, **model.definition()))
                log.info("Detected added domain %r", name)
            continue
        is_compared = compared and name in shapes and name in database
        if is_compared and is_wanted(autogen_context, "domain", name, domain, _reflected(name, schema, database[name])):
            first, last = _changes(schema, name, database[name], model, tables)
            before += first
            after += last
    if compared:
        unmentioned = [name for name in reversed(database) if name not in mentioned]
        for name in to_drop(autogen_context, "domain", schema, unmentioned):  # each before those that it is based on
            if is_wanted(autogen_context, "domain", name, None, _reflected(name, schema, database[name])):
                after.append(DropDomainOp(name, schema=schema, **_definition(database[name])))
    return before, after


def _reflected(name: str, schema: str | None, shape: DomainShape) -> sqla.AnyType:
    return sqla.domain_type(name, SqlType(shape.type_), schema)


def _warn_of_refused(refused: list[str]) -> None:
    warn(
        f"Not compared: domain {'; '.join(refused)}",
        code="compared-by-text",
        hint="the database refused a temporary domain: give the role the right to create temporary tables, or "
        "see what the model of that domain says that the database does not know",
        stacklevel=6,
    )


def _changes(
    schema: str | None, name: str, database: DomainShape, model: _Model, tables: Operations
) -> tuple[Operations, Operations]:
    shape = model.shape(database)
    if database == shape:
        return [], []
    log.info("Detected domain %r changed from %r to %r", name, database, shape)
    if database.type_ != shape.type_:
        replace = ReplaceDomainOp(name, schema=schema, existing=_definition(database), **model.definition())
        return [*_drop_defaults(tables, name, schema), replace], []
    first = _Alteration(name, schema)
    last = _Alteration(name, schema) if tables else first
    if database.default != shape.default:
        first.change("default", _sql(database.default), model.default)
    if database.not_null != shape.not_null:
        (last if shape.not_null else first).change("not_null", database.not_null, shape.not_null)
    for check, condition in database.checks.items():
        if shape.checks.get(check) != condition:
            first.change_check(check, condition, None)
    for check, condition in shape.checks.items():
        if database.checks.get(check) != condition:
            last.change_check(check, None, model.condition)
    return first.operations(), last.operations() if last is not first else []


def _drop_defaults(tables: Operations, domain: str, schema: str | None) -> Operations:
    """Drop the defaults of columns of a replaced domain which get another type: neither type takes the other's default.

    The operations on these columns, in ``tables``, no longer state the default as existing.
    """
    dropped: Operations = []
    for op in each_of(tables):
        if not isinstance(op, AlterColumnOp) or op.modify_server_default is False:
            continue
        if not is_default(op.existing_server_default):
            continue
        base: Any = getattr(op.existing_type, "item_type", op.existing_type)
        if sqla.is_domain(base) and (base.name, base.schema) == (domain, schema):
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


class _Alteration:
    """An `AlterDomainOp` in the making."""

    def __init__(self, name: str, schema: str | None) -> None:
        self._name = name
        self._schema = schema
        self._new: dict[str, Any] = {}
        self._old: dict[str, Any] = {}

    def change(self, option: str, old: object, new: object) -> None:
        """Change an option."""
        self._old[option], self._new[option] = old, new

    def change_check(self, name: str, old: str | None, new: str | None) -> None:
        """Drop a check, add one, or exchange its condition: that is both, one call each."""
        self._old.setdefault("checks", {}).setdefault(name, old)
        self._new.setdefault("checks", {})[name] = new

    def operations(self) -> Operations:
        """The operation, if anything changes."""
        if not self._new:
            return []
        return [AlterDomainOp(self._name, schema=self._schema, **self._new, existing=self._old)]


@dataclass(frozen=True)
class _Model:
    """A domain of the models.

    :param domain: SQLAlchemy's object. :param made: what the database made of it; None where it refused.
    """

    impl: DefaultImpl
    domain: DomainType
    made: DomainShape | None

    @property
    def default(self) -> Any:
        """Its default."""
        return self.domain.default

    @property
    def condition(self) -> str | None:
        """Its check, as the model has it."""
        check: Any = self.domain.check
        return None if check is None else self.impl.render_ddl_sql_expr(check)

    def shape(self, database: DomainShape) -> DomainShape:
        """What the database made of it; an unnamed check has the name of that in ``database`` with the same condition.

        Only for a domain that the database did not refuse.
        """
        made: DomainShape = self.made  # type: ignore[assignment]
        if self.domain.constraint_name in made.checks:
            return made
        names = {condition: name for name, condition in database.checks.items()}
        return made._replace(checks={names.get(sql, name): sql for name, sql in made.checks.items()})

    def definition(self) -> dict[str, Any]:
        """What the model says, as `CreateDomainOp` takes it; an unnamed check has the name that the database gives."""
        checks = {}
        if self.condition is not None:
            name = next(iter(self.made.checks), None) if self.made else self.domain.constraint_name
            checks = {str(name or f"{self.domain.name}_check"): self.condition}
        return {
            "type_": self._base_type(),
            "default": self.default,
            "not_null": self.domain.not_null,
            "checks": checks,
        }

    def _base_type(self) -> sqla.AnyType | str:
        domain, dialect = self.domain, self.impl.dialect
        if domain.collation is None:
            return domain.data_type
        parts = filter(None, (getattr(domain, "collation_schema", None), domain.collation))
        collation = ".".join(map(dialect.identifier_preparer.quote, parts))
        return f"{dialect.type_compiler_instance.process(domain.data_type)} COLLATE {collation}"


def _definition(shape: DomainShape) -> dict[str, Any]:
    """A domain of the database, as `CreateDomainOp` takes it."""
    return {
        "type_": shape.type_,
        "default": _sql(shape.default),
        "not_null": shape.not_null,
        "checks": dict(shape.checks),
    }


def _sql(default: str | None) -> Any:
    return None if default is None else sqla.as_written(default)
